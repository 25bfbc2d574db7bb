"""What each pruning library can do, as a table; tests check every cell that code can check."""

from __future__ import annotations

import re
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

from explorer.schema.depgraph import Criterion, Scope
from explorer.schema.native import Pattern, WeightCriterion, WeightScope

_LOCK = Path(__file__).resolve().parents[1] / "requirements-sparseml.txt"


@dataclass(frozen=True)
class Feature:
    """One line of the table."""

    name: str
    native: str
    depgraph: str
    sparseml: str
    checked: bool  # whether a test holds the cells against the libraries


def features() -> tuple[Feature, ...]:
    """The whole table."""
    return (*_what_goes(), *_choices(), *_around())


def sparseml_version() -> str:
    """The release that the lock file names: the packages themselves may not be set up."""
    (found,) = re.findall(r"^sparseml==(\S+)", _LOCK.read_text("utf-8"), flags=re.MULTILINE)
    return str(found)


def _listed(values: object) -> str:
    return ", ".join(map(str, values))  # type: ignore[call-overload]


def _what_goes() -> tuple[Feature, ...]:
    return (
        Feature("removes channels", "no: writes zeros", "yes", "no: writes zeros", True),
        Feature("shrinks the saved file", "no; packed only", "yes", "no; packed only", True),
        Feature("lowers MACs of ordinary kernels", "no", "yes", "no", True),
        Feature(
            "structure-aware",
            "no: each layer by itself",
            "yes: coupled groups go together",
            "no; groups can be listed by hand",
            True,
        ),
    )


def _choices() -> tuple[Feature, ...]:
    return (
        Feature(
            "patterns",
            f"{_listed(Pattern)} (either axis)",
            "whole channels",
            "unstructured, blocks of 4, N:M on linear layers, filters, channels",
            True,
        ),
        Feature(
            "criteria",
            _listed(WeightCriterion),
            _listed(Criterion),
            "Magnitude, Movement, OBS, MFAC, RigL, TopKAST",
            True,
        ),
        Feature("scopes", _listed(WeightScope), _listed(Scope), "layer, global", True),
        Feature(
            "needs labelled data",
            "never",
            f"for {_listed(criterion for criterion in Criterion if criterion.needs_gradients)}",
            "for OBS, MFAC, RigL; and to train",
            True,
        ),
    )


def _around() -> tuple[Feature, ...]:
    return (
        Feature(
            "training-aware",
            "no; masks stay while one trains",
            "in steps, with training between them",
            "yes: a schedule over epochs",
            False,
        ),
        Feature(
            "what is saved",
            "the same tensors; fits the original class",
            "smaller tensors; needs the pruned module or its history",
            "the same tensors; fits the original class",
            True,
        ),
        Feature(
            "version",
            f"torch {version('torch')}",
            f"torch-pruning {version('torch-pruning')}",
            f"sparseml {sparseml_version()}",
            True,
        ),
        Feature("maintained", "yes, a part of PyTorch", "yes", "no: ended in June 2025", False),
    )
