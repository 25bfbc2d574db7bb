"""What a pruning run is started with, whichever library does it."""

from __future__ import annotations

from dataclasses import dataclass

from explorer.backends import backend_of, fields_of
from explorer.backends.options import words
from explorer.values import Asked, FineTune, NetworkSpec
from explorer.values.by_hand import channels_text
from explorer.values.comparing import AnyOptions


@dataclass(frozen=True)
class PruningRun:
    """What is asked of a library."""

    spec: NetworkSpec
    backend: str
    options: AnyOptions
    amount: Asked | None  # None: the options say it
    told: str = ""  # how it is run, where there is more than one way
    unsaid: tuple[str, ...] = ()  # options that this says already, or that mean nothing so
    settings: FineTune | None = None  # None: nothing is trained afterwards

    @property
    def asked(self) -> tuple[NetworkSpec, str, AnyOptions, Asked | None]:
        """The arguments of a call."""
        return self.spec, self.backend, self.options, self.amount

    @property
    def options_text(self) -> str:
        """All options in words, without the amount."""
        return ", ".join(filter(None, (self._by_hand, *self._said, self.told, self._trained)))

    @property
    def _by_hand(self) -> str:
        if not isinstance(self.amount, tuple):
            return ""
        return "channels " + " and ".join(f"{channels_text(at)} of {layer}" for layer, at in self.amount)

    @property
    def _said(self) -> list[str]:
        return words(self.options, [one for one in fields_of(self.backend) if one.name not in self.unsaid])

    @property
    def _trained(self) -> str:
        if self.settings is None:
            return ""
        epochs = self.settings.epochs
        return f"{epochs} epoch{'' if epochs == 1 else 's'} at {self.settings.learning_rate:g}"

    def __str__(self) -> str:
        said = filter(None, (self._asked, self.options_text))
        return f"{self.spec.name} with {self.spec.weights} weights, {', '.join(said)}"

    @property
    def _asked(self) -> str:
        if isinstance(self.amount, int):
            return f"count {self.amount}"
        if isinstance(self.amount, tuple):
            return ""
        of_options = f"{getattr(self.options, 'final_sparsity', 0.0):g}"
        return (
            f"{backend_of(self.backend).asked} {of_options if self.amount is None else f'{self.amount:.2f}'}"
        )
