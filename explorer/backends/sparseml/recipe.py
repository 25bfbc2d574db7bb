"""SparseML's recipes, written from options."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Any

from explorer.anatomy.network import Network
from explorer.backends.sparseml.layers import params_of
from explorer.backends.sparseml.options import scope_of
from explorer.backends.sparseml.recipe_fields import FIXED, SPARSITY_FIELDS, YAML_MASKS, fields_of
from explorer.values import Modifier, SparseOptions, WeightScope


def write_recipe(net: Network, options: SparseOptions) -> str:
    """The recipe as YAML: how long, and one pruning modifier."""
    lines = [
        "modifiers:",
        "  - !EpochRangeModifier",
        "      start_epoch: 0.0",
        f"      end_epoch: {_number(options.epochs)}",
        "",
        f"  - !{options.modifier.tag}",
    ]
    return "\n".join([*lines, *(f"      {name}: {value}" for name, value in _fields(net, options))]) + "\n"


def _fields(net: Network, options: SparseOptions) -> Iterator[tuple[str, str]]:
    yield "params", _names(params_of(net.module, options))
    for field in fields_of(options.modifier):
        yield field, _value(field, options)
    for field, value in FIXED.get(options.modifier, {}).items():
        yield field, _word(value)


def _value(field: str, options: SparseOptions) -> str:
    if field == "mask_type":
        return YAML_MASKS[options.mask_type]
    if field == "inter_func":
        return options.interpolation.value
    if field == "global_sparsity":
        return _word(scope_of(options) is WeightScope.GLOBAL)
    if field == "param_groups":
        return json.dumps([[f"{name}.weight" for name in group] for group in options.param_groups])
    if field == "end_epoch" and options.modifier is Modifier.CONSTANT:
        return _number(-1)  # masks hold until the run ends: afterwards training would fill the zeros
    return _number(getattr(options, SPARSITY_FIELDS.get(field, field)))


def _names(params: str | Sequence[str]) -> str:
    return params if isinstance(params, str) else json.dumps(list(params), ensure_ascii=False)


def _number(value: float) -> str:
    """A YAML float: with a point, and without an exponent, which YAML would take for a word."""
    text = repr(float(value))
    return f"{value:.12f}".rstrip("0") if "e" in text else text


def _word(value: Any) -> str:
    return json.dumps(value) if isinstance(value, (bool, int)) else str(value)
