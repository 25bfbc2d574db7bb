"""Options in links, on the command line and in files: one reading and one writing, by their fields.

What is at its default is left out of links and flags; a file holds every option that means something.
"""

from __future__ import annotations

from argparse import BooleanOptionalAction, Namespace, _ActionsContainer
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from explorer.backends.fields import Field
from explorer.backends.kinds import CHOICE, FLAG
from explorer.backends.layer_kinds import GROUPS, NAMES, RATIOS
from explorer.backends.options import OptionsT, parse_options

# How a flag's value is written
_SHAPES = {NAMES: "LAYER,…", RATIOS: "LAYER:RATIO,…", GROUPS: "LAYER,…;LAYER,…"}


def as_link(options: object, fields: Sequence[Field]) -> dict[str, list[str]]:
    """Parameters of a link to the library's page; a list of layers is a parameter given several times."""
    return {field.key: _linked(field, value) for field, value in _said(options, fields)}


def of_link(
    fields: Sequence[Field], kind: Callable[..., OptionsT], link: Mapping[str, Sequence[str]], of: str
) -> OptionsT:
    """Options that a link's parameters mean; others of its parameters are not looked at.

    Raises:
        ExplorerError: for the first parameter that means nothing; its `field` is the option.
    """
    loose = {field.name: _of_link(field, link[field.key]) for field in fields if field.key in link}
    return parse_options(fields, kind, loose, of)


def as_flags(options: object, fields: Sequence[Field]) -> list[str]:
    """Arguments of a command, e.g. ``["--round-to", "8"]``."""
    return [part for field, value in _said(options, fields) for part in _flagged(field, value)]


def add_flags(parser: _ActionsContainer, fields: Sequence[Field]) -> None:
    """Let a command take these options; `of_flags` reads what it was given."""
    for field in fields:
        if field.kind is FLAG:
            parser.add_argument(flag(field), dest=field.name, action=BooleanOptionalAction, help=field.label)
        else:
            known = ", ".join(choice.word for choice in field.choices)
            told = f"{field.label}: {known}" if known else field.label
            shape = _SHAPES.get(field.kind, "VALUE")
            parser.add_argument(flag(field), dest=field.name, metavar=shape, help=told.replace("%", "%%"))


def of_flags(fields: Sequence[Field], kind: Callable[..., OptionsT], given: Namespace, of: str) -> OptionsT:
    """Options that a command was given; raises as `of_link` does."""
    said = ((field, text) for field in fields if (text := getattr(given, field.name, None)) is not None)
    loose = {field.name: text if field.kind is FLAG else field.read(text) for field, text in said}
    return parse_options(fields, kind, loose, of)


def as_json(options: object, fields: Sequence[Field]) -> dict[str, Any]:
    """What a file holds: every option that means something, as plain values; `parse_options` reads them."""
    meant = (field for field in fields if field.matters(options))
    return {field.name: field.plain(getattr(options, field.name)) for field in meant}


def flag(field: Field) -> str:
    """The flag of an option."""
    return f"--{field.name.replace('_', '-')}"


def _said(options: object, fields: Sequence[Field]) -> Iterator[tuple[Field, Any]]:
    """Options that are not at their default, with their values."""
    for field in fields:
        value = getattr(options, field.name)
        if field.matters(options) and value != field.usual(options):
            yield field, value


def _flagged(field: Field, value: Any) -> list[str]:
    if field.kind is FLAG:
        return [flag(field) if value else f"--no-{flag(field)[2:]}"]
    return [flag(field), field.text(value)]


def _linked(field: Field, value: Any) -> list[str]:
    if field.kind is NAMES:
        return list(value) or [""]
    return [field.choice_of(value).label if field.kind is CHOICE else field.text(value)]


def _of_link(field: Field, texts: Sequence[str]) -> Any:
    if field.kind is NAMES:
        return field.parse([text for text in texts if text])
    return field.read(texts[-1])
