"""The options of each library that can be set where runs are compared, as data: for widgets, names and links.

The other options keep their defaults; a library's own page has all of them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from explorer.values import (
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
from explorer.values.comparing import AnyOptions, Contender
from explorer.values.sparseml import BLOCKS
from explorer.words.option_words import CRITERIA, WEIGHT_CRITERIA


@dataclass(frozen=True)
class Field:
    """One option: its name in the options, its label, its choices by their words in links, and its term."""

    name: str
    label: str
    choices: Mapping[str, object]
    term: str
    labels: Mapping[str, str] = field(default_factory=dict)  # of choices that a person reads otherwise

    def label_of(self, word: str) -> str:
        """What a person reads of a choice, as on the library's own page."""
        return self.labels.get(word, word)


@dataclass(frozen=True)
class Kind:
    """One library where runs are compared."""

    title: str
    defaults: AnyOptions
    fields: tuple[Field, ...]


def _words(values: Iterable[object]) -> dict[str, object]:
    return {str(value): value for value in values}


def _criterion(named: Mapping[str, Criterion] | Mapping[str, WeightCriterion], term: str) -> Field:
    labels = {str(criterion): label for label, criterion in named.items()}
    return Field("criterion", "Criterion", _words(named.values()), term, labels)


KINDS: Mapping[str, Kind] = {
    "native": Kind(
        "PyTorch native",
        NativeOptions(),
        (
            Field("pattern", "Pattern", _words(Pattern), "pattern"),
            _criterion(WEIGHT_CRITERIA, "weight criterion"),
            Field("scope", "Scope", _words(WeightScope), "weight scope"),
            Field("axis", "Axis", _words(Axis), "axis"),
        ),
    ),
    "depgraph": Kind(
        "DepGraph",
        PruningOptions(),
        (
            _criterion(CRITERIA, "criterion"),
            Field("scope", "Scope", _words(Scope), "scope"),
            Field("round_to", "Round to", {"1": None, "2": 2, "4": 4, "8": 8, "16": 16}, "round to"),
        ),
    ),
    "sparseml": Kind(
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


def words_of(options: AnyOptions, library: str) -> dict[str, str]:
    """What is picked in every field, as links say it, by the field's name."""
    return {
        field.name: next(
            text for text, value in field.choices.items() if value == getattr(options, field.name)
        )
        for field in KINDS[library].fields
    }


def options_of(library: str, words: Mapping[str, str]) -> AnyOptions:
    """The options that these words mean; KeyError for a word that is none of a field's choices."""
    kind = KINDS[library]
    picked: dict[str, Any] = {field.name: field.choices[words[field.name]] for field in kind.fields}
    return replace(kind.defaults, **picked)


def describe(contender: Contender) -> str:
    """A run in a few words, e.g. ``DepGraph · L2 · global · 0.5``."""
    title = KINDS[contender.library].title
    return " · ".join((title, *options_told(contender), f"{contender.ratio:.4g}"))


def options_told(contender: Contender) -> list[str]:
    """Its options as a person reads them; what is left at its default is left out, but for the first two."""
    kind = KINDS[contender.library]
    words, usual = (words_of(options, contender.library) for options in (contender.options, kind.defaults))
    return [
        f"{field.label.lower()} {word}" if word.isdigit() else field.label_of(word)
        for position, field in enumerate(kind.fields)
        if (word := words[field.name]) != usual[field.name] or position < 2
    ]
