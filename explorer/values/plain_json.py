"""Frozen values as plain JSON and back, each read by the type that its dataclass declares. Nothing is ever pickled.

A field at its default is left out. Where a declared type leaves open which class a value has, `CLASS` names it; only
classes that the caller's `known` hands out are ever made of it.
"""

from __future__ import annotations

import json
import math
from base64 import b64decode, b64encode
from collections.abc import Callable, Iterator, Mapping
from dataclasses import MISSING, Field, fields, is_dataclass
from enum import Enum
from functools import cache
from types import NoneType, UnionType
from typing import Any, NoReturn, Union, get_args, get_origin, get_type_hints

from explorer.values.errors import FormatError
from explorer.values.loose import shown

CLASS = "$class"  # "module:name"
_LARGEST = 1 << 63  # what tables and other programs hold as a whole number
_NAMES: Mapping[Any, str] = {
    str: "a text",
    int: "a whole number",
    float: "a number",
    bool: "true or false",
    bytes: "bytes",
}

Known = Callable[[str, str], type]  # from module and name; raises FormatError


def nothing_known(module: str, name: str) -> type:
    """For files of others: they name no classes."""
    raise FormatError(f"it names the class {shown(f'{module}:{name}')}; expected none")


def loads(text: str | bytes) -> Any:
    """JSON with finite numbers.

    Raises:
        FormatError: if it is none; what is wrong, as the end of a sentence.
    """
    try:
        return json.loads(text, parse_float=_finite, parse_int=_whole, parse_constant=_refuse_number)
    except (ValueError, RecursionError) as error:
        raise FormatError("it is not JSON") from error


def _finite(text: str) -> float:
    return number if math.isfinite(number := float(text)) else _refuse_number(text)


def _whole(text: str) -> int:
    return int(text) if len(text) <= 19 and abs(int(text)) < _LARGEST else _refuse_number(text)


def _refuse_number(text: str) -> NoReturn:
    raise FormatError(f"it holds {text[:20]}, which is no number that can be counted with")


def plain(value: Any, hint: Any = object) -> Any:
    """The JSON of a value.

    Args:
        value: of frozen dataclasses, enums, tuples, texts and numbers.
        hint: its declared type.
    """
    if isinstance(value, Enum):
        is_told = any(arm is type(value) for arm in _arms(hint))
        return value.value if is_told else {CLASS: _named(value), "value": value.value}
    if is_dataclass(value) and not isinstance(value, type):
        return _class_of(value, hint) | dict(_parts(value))
    if isinstance(value, tuple):
        return [plain(one, of) for one, of in zip(value, _items(hint, len(value)), strict=True)]
    if isinstance(value, Mapping):
        return {key: plain(one, _item(hint)) for key, one in value.items()}
    if isinstance(value, bytes) and bytes in _arms(hint):
        return b64encode(value).decode()
    return str(value) if isinstance(value, float) and not math.isfinite(value) else value


def _class_of(value: Any, hint: Any) -> dict[str, str]:
    """Names the class where the hint does not say which it is."""
    classes = [arm for arm in _arms(hint) if is_dataclass(arm)]
    return {} if classes == [type(value)] else {CLASS: _named(value)}


def _named(value: object) -> str:
    return f"{type(value).__module__}:{type(value).__qualname__}"


def _parts(value: Any) -> Iterator[tuple[str, Any]]:
    hints = _hints(value.__class__)
    for part in fields(value):
        if (held := getattr(value, part.name)) != _default(part):
            yield part.name, plain(held, hints[part.name])


def built(hint: Any, held: Any, where: str = "", known: Known = nothing_known) -> Any:
    """The value that JSON means.

    Args:
        hint: the declared type.
        held: what `loads` returned.
        where: this stands in the file, such as ``runs[2].params``.
        known: finds classes that the file names.

    Raises:
        FormatError: for the first part that is not of its type, as the end of a sentence.
    """
    arms = _arms(hint)
    if held is None and NoneType in arms:
        return None
    if object in arms or (isinstance(held, dict) and CLASS in held):
        return _open(arms, held, where, known)
    some = [arm for arm in arms if arm is not NoneType]
    for arm in some[:-1]:
        try:
            return _one(arm, held, where, known)
        except FormatError:
            continue
    return _one(some[-1], held, where, known)


def _open(arms: tuple[Any, ...], held: Any, where: str, known: Known) -> Any:
    """A value whose class the file names, or a simple one."""
    if isinstance(held, list):
        return tuple(built(object, one, f"{where}[{number}]", known) for number, one in enumerate(held))
    if not isinstance(held, dict):
        return held
    module, _, name = str(held.get(CLASS)).partition(":")
    rest = {key: one for key, one in held.items() if key != CLASS}
    kind = known(module, name)
    return _one(kind, rest["value"] if issubclass(kind, Enum) and "value" in rest else rest, where, known)


def _one(kind: Any, held: Any, where: str, known: Known) -> Any:
    """A value of one type that is no union."""
    if kind is Any:
        return held
    origin = get_origin(kind)
    if origin is tuple:
        return _tuple(kind, held, where, known)
    if origin and issubclass(origin, Mapping):
        return _mapping(kind, held, where, known)
    if is_dataclass(kind):
        return _dataclass(kind, held, where, known)
    if issubclass(kind, Enum):
        return _word(kind, held, where)
    return _simple(kind, held, where)


def _tuple(kind: Any, held: Any, where: str, known: Known) -> tuple[Any, ...]:
    if not isinstance(held, list):
        _refuse(where, held, "a list")
    items = _items(kind, len(held))
    if len(items) != len(held):
        _refuse(where, held, f"a list of {len(items)}")
    return tuple(
        built(of, one, f"{where}[{at}]", known) for at, (of, one) in enumerate(zip(items, held, strict=True))
    )


def _mapping(kind: Any, held: Any, where: str, known: Known) -> dict[str, Any]:
    if not isinstance(held, dict):
        _refuse(where, held, "an object")
    return {key: built(_item(kind), one, f"{where}.{key}", known) for key, one in held.items()}


def _dataclass(kind: Any, held: Any, where: str, known: Known) -> Any:
    if not isinstance(held, dict):
        _refuse(where, held, "an object")
    hints, parts = _hints(kind), {part.name: part for part in fields(kind)}
    if unknown := [key for key in held if key not in parts]:
        raise FormatError(f"{where} has an unknown part {shown(unknown[0])}")
    if lacking := [name for name, part in parts.items() if name not in held and _default(part) is MISSING]:
        raise FormatError(f"{where} lacks {shown(lacking[0])}")
    dot = f"{where}." if where else ""
    return kind(**{name: built(hints[name], one, f"{dot}{name}", known) for name, one in held.items()})


def _word(kind: type[Enum], held: Any, where: str) -> Enum:
    words = {member.value: member for member in kind}
    if not isinstance(held, str | int) or held not in words:
        _refuse(where, held, f"one of {', '.join(map(str, words))}")
    return words[held]


def _simple(kind: Any, held: Any, where: str) -> Any:
    if kind is float and held in ("inf", "-inf", "nan"):
        return float(held)
    if kind is bytes and isinstance(held, str):
        return b64decode(held)
    wanted = (int, float) if kind is float else kind
    if not isinstance(held, wanted) or (isinstance(held, bool) and kind is not bool):
        _refuse(where, held, _NAMES[kind])
    return held


def _refuse(where: str, held: object, expected: str) -> NoReturn:
    raise FormatError(f"{where} is {shown(held)}; expected {expected}")


def _arms(hint: Any) -> tuple[Any, ...]:
    return get_args(hint) if get_origin(hint) in (Union, UnionType) else (hint,)


def _items(hint: Any, count: int) -> tuple[Any, ...]:
    """The declared type of each item of a tuple."""
    of = next((get_args(arm) for arm in _arms(hint) if get_origin(arm) is tuple), (object, ...))
    return (of[0],) * count if of[1:] == (...,) else of


def _item(hint: Any) -> Any:
    """The declared type of a mapping's values."""
    return next((get_args(arm)[1] for arm in _arms(hint) if get_origin(arm) not in (None, tuple)), object)


@cache
def _hints(kind: type) -> dict[str, Any]:
    return get_type_hints(kind)


def _default(part: Field[Any]) -> Any:
    return part.default if part.default_factory is MISSING else part.default_factory()
