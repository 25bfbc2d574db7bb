"""The options of each library that can be set where runs are compared, as data: for widgets, names and links.

The other options keep their defaults; a library's own page has all of them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from explorer.schema import (
    Axis,
    Criterion,
    MaskType,
    Modifier,
    NativeOptions,
    Pattern,
    PruningOptions,
    Scope,
    SparseOptions,
    WeightCriterion,
    WeightScope,
)
from explorer.schema.comparing import AnyOptions, Contender, Library
from explorer.schema.sparseml import BLOCKS


@dataclass(frozen=True)
class Field:
    """One option: its name in the options, its label, its choices by what a person reads, and its term."""

    name: str
    label: str
    choices: Mapping[str, object]
    term: str


@dataclass(frozen=True)
class Kind:
    """One library where runs are compared."""

    title: str
    defaults: AnyOptions
    fields: tuple[Field, ...]


def _words(values: Any) -> dict[str, object]:
    return {str(value): value for value in values}


KINDS: Mapping[Library, Kind] = {
    Library.NATIVE: Kind(
        "PyTorch native",
        NativeOptions(),
        (
            Field("pattern", "Pattern", _words(Pattern), "pattern"),
            Field("criterion", "Criterion", _words(WeightCriterion), "weight criterion"),
            Field("scope", "Scope", _words(WeightScope), "weight scope"),
            Field("axis", "Axis", _words(Axis), "axis"),
        ),
    ),
    Library.DEPGRAPH: Kind(
        "DepGraph",
        PruningOptions(),
        (
            Field("criterion", "Criterion", _words(sorted(Criterion, key=lambda c: c != "l2")), "criterion"),
            Field("scope", "Scope", _words(Scope), "scope"),
            Field("round_to", "Round to", {"1": None, "2": 2, "4": 4, "8": 8, "16": 16}, "round to"),
        ),
    ),
    Library.SPARSEML: Kind(
        "SparseML",
        SparseOptions(),
        (
            Field(
                "modifier",
                "Modifier",
                _words((Modifier.GM, Modifier.GLOBAL_MAGNITUDE, Modifier.STRUCTURED)),
                "modifier",
            ),
            # N:M masks have one sparsity only, so they meet no budget and have no curve.
            Field(
                "mask_type", "Mask type", _words((*BLOCKS, MaskType.FILTER, MaskType.CHANNEL)), "mask type"
            ),
        ),
    ),
}
DEFAULT_RATIO = 0.5
DEFAULTS = tuple(Contender(library, kind.defaults, DEFAULT_RATIO) for library, kind in KINDS.items())


def words_of(options: AnyOptions, library: Library) -> dict[str, str]:
    """What is picked in every field, as a person reads it, by the field's name."""
    return {
        field.name: next(
            text for text, value in field.choices.items() if value == getattr(options, field.name)
        )
        for field in KINDS[library].fields
    }


def options_of(library: Library, words: Mapping[str, str]) -> AnyOptions:
    """The options that these words mean; KeyError for a word that is none of a field's choices."""
    kind = KINDS[library]
    picked: dict[str, Any] = {field.name: field.choices[words[field.name]] for field in kind.fields}
    return replace(kind.defaults, **picked)


def describe(contender: Contender) -> str:
    """A run in a few words, e.g. ``DepGraph · l2 · global · 0.50``; what is left at its default is left out."""
    kind = KINDS[contender.library]
    words, usual = (words_of(options, contender.library) for options in (contender.options, kind.defaults))
    shown = [
        f"{field.label.lower()} {words[field.name]}" if words[field.name].isdigit() else words[field.name]
        for position, field in enumerate(kind.fields)
        if position < 2 or words[field.name] != usual[field.name]
    ]
    return " · ".join((kind.title, *shown, f"{contender.ratio:.4g}"))
