"""What every source of networks offers: a module with these functions."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from torch import nn

from explorer.anatomy.data import DataSet
from explorer.anatomy.inputs import Example
from explorer.sources.code import Code
from explorer.sources.download import Progress
from explorer.values import CatalogEntry, NetworkSpec

Card = Mapping[str, str | int | float]


class Source(Protocol):
    """One way in which networks come in."""

    def catalog(self) -> tuple[CatalogEntry, ...]:
        """Its networks, in the order in which they are offered; downloads and builds nothing."""
        ...

    def has(self, name: str) -> bool:
        """Whether a network is its own; told without importing anything heavy, where that can be."""
        ...

    def build(self, spec: NetworkSpec, progress: Progress | None) -> nn.Module:
        """A network in eval mode; random weights come from torch's current random state.

        Raises:
            DownloadError: if its weights cannot be fetched.
            NetworkError: if they are damaged.
        """
        ...

    def example(self, name: str, module: nn.Module) -> Example:
        """One input that the network accepts, which was just built; always the same."""
        ...

    def data(self, name: str) -> DataSet | None:
        """Labelled data that the network is judged on; None where there is none."""
        ...

    def needs_download(self, spec: NetworkSpec) -> bool:
        """Whether building it would fetch its weights first."""
        ...

    def card(self, name: str) -> Card | None:
        """What it is and how it was trained; None where nobody wrote it down."""
        ...

    def code_of(self, spec: NetworkSpec) -> Code | None:
        """How it is built where the explorer is not.

        A source may leave this out, or not know: its networks are then handed over.
        """
        ...
