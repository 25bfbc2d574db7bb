"""A recipe that somebody wrote, turned into options: from what a YAML parser made of it.

The parser runs in SparseML's worker only; here are plain mappings, lists, words and numbers.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from explorer.backends.sparseml.layers import ALL_PRUNABLE
from explorer.backends.sparseml.recipe_fields import FIXED, SPARSITY_FIELDS, fields_of
from explorer.backends.sparseml.tagged import RecipeFault, Tagged
from explorer.values import Interpolation, MaskType, Modifier, SparseOptions, WeightScope

EPOCHS = "EpochRangeModifier"
REFUSED = {
    "LayerPruningModifier": "it swaps layers for nothing and breaks those that change shape",
    "PowerPropagationModifier": "it makes no zeros",
    "ASRegModifier": "it fails on this torch",
}
MASKS = {(1, 4): MaskType.ONE_BY_FOUR, (4, 1): MaskType.FOUR_BY_ONE}
HAVE_DEFAULTS = ("mask_type", "inter_func", "global_sparsity", "param_groups", "params", "leave_enabled")


def options_of(document: object) -> SparseOptions:
    """Options that a recipe stands for; learning rate and seed, which no recipe holds, are the default ones.

    Raises:
        RecipeFault: where it is no recipe, or says what is not offered here.
    """
    epochs, pruning = _modifiers(document)
    modifier = _modifier(pruning.tag)
    _known_fields(modifier, pruning.fields)
    options = SparseOptions(modifier, modifier.traits.masks[0], epochs=_epochs(epochs))
    for name in fields_of(modifier):
        if name in pruning.fields:
            options = _with(options, name, pruning.fields[name])
        elif name not in HAVE_DEFAULTS:
            raise RecipeFault(_option(name), f"{pruning.tag} lacks '{name}'. Add it.")
    return _with(options, "params", pruning.fields.get("params", ALL_PRUNABLE))


def _modifiers(document: object) -> tuple[Tagged, Tagged]:
    listed = document.get("modifiers") if isinstance(document, Mapping) else None
    if not isinstance(listed, list) or not all(isinstance(one, Tagged) for one in listed):
        raise RecipeFault(
            "", "A recipe is a list named 'modifiers' of entries like '- !GMPruningModifier'; this is none."
        )
    if isinstance(document, Mapping) and (others := [name for name in document if name != "modifiers"]):
        raise RecipeFault("", f"The recipe holds '{others[0]}', but only 'modifiers' is taken. Remove it.")
    ranges = [one for one in listed if one.tag == EPOCHS]
    rest = [one for one in listed if one.tag != EPOCHS]
    if len(ranges) != 1 or len(rest) != 1:
        raise RecipeFault(
            "modifier",
            f"A recipe here has one {EPOCHS} and one pruning modifier, got {len(ranges)} and {len(rest)}. "
            "Keep one of each.",
        )
    return ranges[0], rest[0]


def _modifier(tag: str) -> Modifier:
    for modifier in Modifier:
        if modifier.tag == tag:
            return modifier
    why = REFUSED.get(tag, "it is not among the pruning modifiers that work")
    offered = ", ".join(modifier.tag for modifier in Modifier)
    raise RecipeFault("modifier", f"'{tag}' is not offered: {why}. Choose {offered}.")


def _epochs(tagged: Tagged) -> float:
    if tagged.fields.get("start_epoch", 0.0) != 0 or set(tagged.fields) - {"start_epoch", "end_epoch"}:
        raise RecipeFault("epochs", f"{EPOCHS} has start_epoch 0.0 and an end_epoch, and nothing else.")
    return _number("epochs", tagged.fields.get("end_epoch"))


def _known_fields(modifier: Modifier, given: Mapping[str, Any]) -> None:
    fixed = {"leave_enabled": True} | FIXED.get(modifier, {})
    known = ("params", *fields_of(modifier), *fixed)
    for name, value in given.items():
        if name not in known:
            raise RecipeFault("", f"{modifier.tag} has no field '{name}' here. Known: {', '.join(known)}.")
        if name in fixed and value != fixed[name]:
            raise RecipeFault("", f"'{name}' must be {fixed[name]} here, got {value!r}.")
    for name in FIXED.get(modifier, {}):
        if name not in given:
            raise RecipeFault("", f"{modifier.tag} needs '{name}: {fixed[name]}' here. Add it.")


def _option(name: str) -> str:
    """The option that a recipe's field sets."""
    return {"inter_func": "interpolation", "global_sparsity": "scope", "params": "layers"}.get(
        name, SPARSITY_FIELDS.get(name, name)
    )


def _with(options: SparseOptions, name: str, value: Any) -> SparseOptions:
    option = _option(name)
    if option == "end_epoch" and options.modifier is Modifier.CONSTANT:
        if value != -1:
            raise RecipeFault(
                "end_epoch",
                f"end_epoch must be -1 for {options.modifier.tag}, got {value!r}: masks end there, and training "
                "would fill the zeros.",
            )
        return options
    read = _READERS.get(option)
    if option == "layers":
        return replace(options, **_params(value))
    change: dict[str, Any] = {option: read(value) if read else _number(option, value)}
    return replace(options, **change)


def _number(option: str, value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise RecipeFault(option, f"{option} must be a number, got {value!r}. Write for instance 0.5.")
    return float(value)


def _params(value: Any) -> dict[str, Any]:
    if value == ALL_PRUNABLE:
        return {}
    listed = [value] if isinstance(value, str) else value
    if not isinstance(listed, list) or not listed or not all(isinstance(name, str) for name in listed):
        raise RecipeFault("layers", f"params must be {ALL_PRUNABLE} or a list of names, got {value!r}.")
    patterns = [name.removeprefix("re:") for name in listed if name.startswith("re:")]
    if patterns and len(listed) > 1:
        raise RecipeFault(
            "pattern", f"params takes one pattern or names, got {len(listed)} of both. Join them."
        )
    return {"pattern": patterns[0]} if patterns else {"layers": tuple(map(_layer, listed))}


def _layer(parameter: str) -> str:
    layer, dot, name = parameter.rpartition(".")
    if not dot or name != "weight":
        raise RecipeFault(
            "layers", f"params names '{parameter}', but only weights are pruned: '{parameter}.weight'?"
        )
    return layer


def _mask_type(value: Any) -> MaskType:
    if isinstance(value, list):
        if tuple(value) not in MASKS:
            raise RecipeFault(
                "mask_type", f"mask_type {value} is not offered: [2, 2] and the like act as [1, 4]."
            )
        return MASKS[tuple(value)]
    if value not in [mask.value for mask in MaskType if mask not in MASKS.values()]:
        hint = " Write N:M in quotes." if isinstance(value, int) else ""
        raise RecipeFault("mask_type", f"mask_type {value!r} is unknown. Known: {', '.join(MaskType)}.{hint}")
    return MaskType(value)


def _interpolation(value: Any) -> Interpolation:
    if value not in list(Interpolation):
        raise RecipeFault(
            "interpolation", f"inter_func {value!r} is unknown. Known: {', '.join(Interpolation)}."
        )
    return Interpolation(value)


def _scope(value: Any) -> WeightScope:
    if not isinstance(value, bool):
        raise RecipeFault("scope", f"global_sparsity must be true or false, got {value!r}.")
    return WeightScope.GLOBAL if value else WeightScope.LAYER


def _param_groups(value: Any) -> tuple[tuple[str, ...], ...]:
    rows: Sequence[Any] = value if isinstance(value, list) else [None]
    if not all(isinstance(row, list) and all(isinstance(name, str) for name in row) for row in rows):
        raise RecipeFault("param_groups", f"param_groups must be a list of lists of names, got {value!r}.")
    return tuple(tuple(map(_layer, row)) for row in rows)


_READERS: dict[str, Callable[[Any], Any]] = {
    "mask_type": _mask_type,
    "interpolation": _interpolation,
    "scope": _scope,
    "param_groups": _param_groups,
}
