"""Runs that are compared: which of a library's options they can set, and what links and people call them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from explorer.backends.fields import Field
from explorer.backends.options import words
from explorer.backends.table import BACKENDS, backend_of, fields_of, parsed
from explorer.values.comparing import Contender

DEFAULT_RATIO = 0.5
DEFAULTS = tuple(Contender(library, parsed(library, {}), DEFAULT_RATIO) for library in BACKENDS)


def compared(library: str) -> tuple[Field, ...]:
    """Options that runs of a library can set; the others keep their defaults, and its own page has all of them."""
    return tuple(map(_narrowed, filter(_is_compared, fields_of(library))))


def words_of(contender: Contender) -> list[str]:
    """What it says of each of them, as links write it."""
    return [option.text(getattr(contender.options, option.name)) for option in compared(contender.library)]


def options_of(library: str, texts: Sequence[str]) -> Any:
    """The options that such words mean, one for each of `compared`.

    Raises:
        ExplorerError: for a word that means nothing.
    """
    read = {option.name: option.read(text) for option, text in zip(compared(library), texts, strict=True)}
    return parsed(library, read)


def describe(contender: Contender) -> str:
    """A run in a few words, e.g. ``DepGraph · L2 · global · 0.5``."""
    return " · ".join((title_of(contender), *told(contender), f"{contender.ratio:.4g}"))


def title_of(contender: Contender) -> str:
    """Its library."""
    return backend_of(contender.library).name


def told(contender: Contender) -> list[str]:
    """Its options in words."""
    return words(contender.options, fields_of(contender.library))


def _is_compared(option: Field) -> bool:
    return bool(option.compared)


def _narrowed(option: Field) -> Field:
    """With the choices that are compared; each opens as a list."""
    narrowed = option.only(option.compared) if isinstance(option.compared, tuple) else option
    return replace(narrowed, opens=True)
