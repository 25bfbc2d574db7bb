"""What each pruning library can do, as a table; tests hold every cell against the library, but those with a source."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from importlib.metadata import version

from explorer.values import places
from explorer.values.depgraph import ChannelCriterion, ChannelScope
from explorer.values.named import Named
from explorer.values.native import Pattern, WeightCriterion, WeightScope
from explorer.values.sparseml import MaskType, Modifier

LIBRARIES = ("native", "depgraph", "sparseml")  # in the order of the columns


@dataclass(frozen=True)
class Cell:
    """What one library does."""

    text: str
    source: str = ""  # address of what states it, where no code can check it; "": a test does
    seen: str = ""  # when the source said so


@dataclass(frozen=True)
class Feature:
    """One line of the table."""

    name: str
    cells: Mapping[str, Cell]


def features() -> tuple[Feature, ...]:
    """The whole table."""
    return (*_what_goes(), *_choices(), *_training(), *_around())


def sparseml_version() -> str:
    """The release that the lock file names: the packages themselves may not be set up."""
    (found,) = re.findall(r"^sparseml==(\S+)", places.ISLAND_LOCK.read_text("utf-8"), flags=re.MULTILINE)
    return str(found)


def _row(name: str, native: str | Cell, depgraph: str | Cell, sparseml: str | Cell) -> Feature:
    cells = (cell if isinstance(cell, Cell) else Cell(cell) for cell in (native, depgraph, sparseml))
    return Feature(name, dict(zip(LIBRARIES, cells, strict=True)))


def _called(values: Iterable[Named]) -> str:
    """As the pages call them."""
    return _listed(value.label for value in values)


def _listed(values: Iterable[object]) -> str:
    return ", ".join(map(str, values))


def _what_goes() -> tuple[Feature, ...]:
    alone = "no: each layer by itself"
    return (
        _row("removes channels", "no: writes zeros", "yes", "no: writes zeros"),
        _row("shrinks the saved file", "no; packed only", "yes", "no; packed only"),
        _row("lowers MACs of ordinary kernels", "no", "yes", "no"),
        _row(
            "structure-aware",
            alone,
            "yes: coupled groups go together",
            f"{alone}, unless a group is listed by hand",
        ),
    )


def _choices() -> tuple[Feature, ...]:
    by_gradients = [modifier for modifier in Modifier if not modifier.by_magnitude]
    return (
        _row(
            "patterns",
            f"{_listed(Pattern)} (either axis)",
            "whole channels",
            f"{_listed(MaskType)} (N:M on linear layers only)",
        ),
        _row(
            "criteria",
            _called(WeightCriterion),
            _called(ChannelCriterion),
            _listed([Modifier.MAGNITUDE, *by_gradients]),
        ),
        _row("scopes", _listed(WeightScope), _listed(ChannelScope), _listed(WeightScope)),
        _row(
            "needs labelled data",
            "never",
            f"for {_called(criterion for criterion in ChannelCriterion if criterion.needs_gradients)}",
            f"to train; for {_listed(one for one in Modifier if one.traits.gradients)} to score, too",
        ),
    )


def _training() -> tuple[Feature, ...]:
    return (
        _row(
            "training-aware",
            "no: masks stay fixed during training",
            "in steps, with training in between",
            "yes: masks grow on a schedule",
        ),
        _row(
            "what is saved",
            "the same tensors; fits the original class",
            "smaller tensors; needs the pruned module or its history",
            "the same tensors; fits the original class",
        ),
        _row("export to ONNX", "yes, as large as dense", "yes, smaller", "yes, as large as dense"),
    )


def _around() -> tuple[Feature, ...]:
    return (
        _row(
            "version",
            f"torch {version('torch')}",
            f"torch-pruning {version('torch-pruning')}; its import says 1.6.0",
            f"sparseml {sparseml_version()}",
        ),
        _row("allows Python 3.12 and NumPy 2", "yes", "yes", "no: needs its own packages"),
        _row(
            "maintained",
            "released with torch itself",
            Cell(
                "last release in September 2025",
                "https://github.com/VainF/Torch-Pruning/releases/tag/v1.6.1",
                "November 2026",
            ),
            Cell(
                "no: ended on 2 June 2025",
                "https://github.com/neuralmagic/sparseml#readme",
                "November 2026",
            ),
        ),
    )
