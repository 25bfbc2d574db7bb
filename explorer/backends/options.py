"""All options of a library by their fields: from loose words, checked, and back in words."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import TypeVar

from explorer.backends.fields import Field, Problem
from explorer.values.errors import ExplorerError, UnknownNameError

OptionsT = TypeVar("OptionsT")


def parse_options(
    fields: Sequence[Field], kind: Callable[..., OptionsT], loose: Mapping[str, object], of: str
) -> OptionsT:
    """Options from loose words, as notebooks, flags and files give them.

    Args:
        fields: of the library; what decides on the default of another stands before it.
        kind: the frozen dataclass of its options.
        loose: by the names of the options; None is the default.
        of: the library's name.

    Raises:
        UnknownNameError: for an option or a word that does not exist.
        PruningError: for a number out of its bounds.
    """
    known = [field.name for field in fields]
    for name in loose:
        if name not in known:
            raise UnknownNameError(f"Unknown option {name!r} of {of}. Known: {', '.join(known)}.").about(name)
    options = kind()
    for field in fields:
        given = loose.get(field.name)
        value = field.usual(options) if given is None else field.parse(given)
        options = replace(options, **{field.name: value})  # type: ignore[type-var]
    return settled(options, fields)


def settled(options: OptionsT, fields: Sequence[Field]) -> OptionsT:
    """The same options with what means nothing beside the others at its default."""
    for field in fields:
        if not field.matters(options) and not (field.when and field.when.refusal):
            options = replace(options, **{field.name: field.usual(options)})  # type: ignore[type-var]
    return options


def problems(options: object, fields: Sequence[Field]) -> Iterator[Problem]:
    """What is wrong with each option: its value, that it is set at all, or that it does not go with another."""
    for field in fields:
        value = getattr(options, field.name)
        try:
            field.parse(value)
        except ExplorerError as error:
            yield Problem(field.name, str(error), type(error))
            continue
        if field.when and field.when.refusal and value != field.default and not field.matters(options):
            yield Problem(field.name, field.when.refusal(options))
        if field.offer and value is not None and value not in field.offer.among(options):
            yield Problem(field.name, field.offer.refusal(options))


def refuse(found: Iterable[Problem]) -> None:
    """Raise the first problem, if there is one."""
    for problem in found:
        raise problem.raised()


def words(options: object, fields: Sequence[Field], always: Collection[str] = ()) -> list[str]:
    """Every option that says something, as a phrase: the first ones always, the others beside their default."""
    said = (field for field in fields if field.matters(options) and not field.live)
    return [
        field.told(getattr(options, field.name))
        for field in said
        if field.always or field.name in always or getattr(options, field.name) != field.usual(options)
    ]
