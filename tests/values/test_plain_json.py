"""Frozen values as JSON: every class of the schema comes back as it was."""

from __future__ import annotations

import importlib
import json
import pkgutil
from collections.abc import Mapping
from dataclasses import dataclass, fields, is_dataclass
from enum import Enum
from types import NoneType
from typing import Any, get_args, get_origin, get_type_hints

import pytest

from explorer import values
from explorer.process.keeping import plain_class
from explorer.values import Amount, ChannelOptions, NativeOptions, NetworkSpec, Weights
from explorer.values.errors import FormatError
from explorer.values.plain_json import built, loads, plain

MODULES = [
    importlib.import_module(f"explorer.values.{one.name}") for one in pkgutil.iter_modules(values.__path__)
]
KINDS = [
    kind
    for module in MODULES
    for kind in vars(module).values()
    if is_dataclass(kind) and isinstance(kind, type) and kind.__module__ == module.__name__
]
SIMPLE: Mapping[Any, object] = {
    str: "é\n",
    int: 7,
    float: 0.1,
    bool: True,
    bytes: b"\xff",
    object: NetworkSpec("x", Weights.OWN),
}


def sample(hint: Any) -> Any:
    """Any value of a type: of a union one that is not None, of many things one."""
    arms = [arm for arm in get_args(hint) if arm is not NoneType]
    if hint in SIMPLE:
        return SIMPLE[hint]
    if get_origin(hint) is tuple:
        return tuple(sample(arm) for arm in arms if arm is not Ellipsis)
    if get_origin(hint) is not None and issubclass(get_origin(hint), Mapping):
        return {"key": 1 if arms[1] is Any else sample(arms[1])}
    if arms:
        return sample(arms[-1])
    if issubclass(hint, Enum):
        return list(hint)[-1]
    hints = get_type_hints(hint)
    return hint(**{part.name: sample(hints[part.name]) for part in fields(hint)})


def back(value: Any, hint: Any) -> Any:
    return built(hint, loads(json.dumps(plain(value, hint))), "it", plain_class)


@pytest.mark.parametrize("kind", KINDS)
def test_every_value_comes_back_as_it_was(kind: Any) -> None:
    made = sample(kind)
    assert back(made, kind) == made
    assert back((made, None, "x", 0.5), object) == (made, None, "x", 0.5)


def test_bytes_are_no_plain_value_where_they_are_not_declared() -> None:
    with pytest.raises(TypeError, match="bytes"):
        json.dumps(plain(b"x"))


@dataclass(frozen=True)
class Held:
    """What may be one of several things."""

    options: ChannelOptions | NativeOptions | None = None
    amount: Amount = 0.5
    worst: float = 0.0


@pytest.mark.parametrize(
    "held",
    [
        Held(),
        Held(NativeOptions(seed=1)),
        Held(ChannelOptions(), 1),
        Held(None, 1.0),
        Held(worst=float("-inf")),
    ],
)
def test_what_may_be_one_of_several_things_stays_what_it_is(held: Held) -> None:
    found = back(held, Held)
    assert found == held
    assert type(found.amount) is type(held.amount)


@pytest.mark.parametrize(
    ("held", "told"),
    [
        ({"$class": "os:system"}, "it names the class 'os:system'; expected one of the explorer's values"),
        ({"$class": "explorer.values.own:os"}, "it names 'os', which is no class"),
        ({"$class": "explorer.values.own:Path"}, "it names 'Path', which is no class"),
        ({"$class": "explorer.values.gone:Plan"}, "it names the class 'Plan', which is no more"),
        ({"$class": "explorer.values.network:NetworkSpec", "weights": "own"}, "it lacks 'name'"),
        ({}, "it names the class 'None:'"),
    ],
)
def test_only_plain_values_are_made_of_a_file_that_names_classes(held: object, told: str) -> None:
    with pytest.raises(FormatError, match=told):
        built(object, held, "it", plain_class)
