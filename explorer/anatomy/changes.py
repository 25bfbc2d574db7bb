"""Numbers that the modules of a network store otherwise than those of another of the same classes."""

from __future__ import annotations

from typing import Any

from torch import nn

NUMBERS = (bool, int, float)


def attributes(base: nn.Module, changed: nn.Module) -> dict[str, dict[str, Any]]:
    """What `changed` stores now, by the module's dotted path; tuples of numbers as lists."""
    others = dict(changed.named_modules())
    found = {path: _differing(module, others[path]) for path, module in base.named_modules()}
    return {path: numbers for path, numbers in found.items() if numbers}


def _differing(module: nn.Module, other: nn.Module) -> dict[str, Any]:
    now = vars(other)
    return {
        name: _plain(now[name]) for name, old in vars(module).items() if _differs(name, old, now.get(name))
    }


def _differs(name: str, old: object, new: object) -> bool:
    return name != "training" and _is_number(old) and _is_number(new) and old != new


def _is_number(value: object) -> bool:
    if isinstance(value, (tuple, list)):
        return all(isinstance(part, NUMBERS) for part in value)
    return isinstance(value, NUMBERS)


def _plain(value: Any) -> Any:
    return list(value) if isinstance(value, (tuple, list)) else value
