"""Which parts of a network its code names: what no code names, no run can reach."""

from __future__ import annotations

from collections.abc import Iterator
from types import CodeType, FunctionType, MethodType, ModuleType
from typing import Any

from torch import nn

_LISTS = (nn.ModuleList, nn.ModuleDict, nn.Sequential)
_BY_VALUE = {"getattr", "attrgetter", "vars", "eval", "exec", "_modules", "__dict__", "get_submodule"}
_ANY = _BY_VALUE | {
    "children",
    "named_children",
    "modules",
    "named_modules",
}  # these reach parts without their names
_UNRUN = {"__init__", "__new__", "__repr__", "__str__", "__setstate__", "__getstate__", "__deepcopy__"}


class Naming:
    """All names in the code that a run may come to: from `forward` on, through whatever is called by its name.

    Args:
        module: the network.
    """

    def __init__(self, module: nn.Module) -> None:
        self._module = module
        self._methods: dict[str, list[FunctionType]] = {}
        pending: list[FunctionType] = []
        for part in module.modules():
            hooks = (part._forward_hooks, part._forward_pre_hooks)
            for value in (*vars(part).values(), *(hook for held in hooks for hook in held.values())):
                pending += _functions(value)
        for kind in {
            kind for part in module.modules() for kind in type(part).__mro__ if not _is_torchs(kind)
        }:
            for name, value in vars(kind).items():
                self._methods.setdefault(name, []).extend(_functions(value))
        implied = [name for name in self._methods if name[:2] == "__" and name not in _UNRUN]
        for name in ("forward", *implied):
            pending += self._methods.get(name, ())
        self._names = self._read(pending)

    def leaves_out(self, path: str) -> bool:
        """Whether nothing names a part, or something that it is in, by its dotted path."""
        owner, *steps = self._module, *path.split(".")
        if self._names & _ANY:
            return False
        for step in steps:
            if not (isinstance(owner, _LISTS) or _is_torchs(type(owner)) or step in self._names):
                return True
            owner = owner.get_submodule(step)
        return False

    def _read(self, pending: list[FunctionType]) -> set[str]:
        found, seen = set[str](), set[FunctionType]()
        while pending:
            function = pending.pop()
            if function in seen:
                continue
            seen.add(function)
            fresh = set(_names(function.__code__))
            found |= fresh
            for name in fresh:
                pending += self._methods.get(name, ())
            for value in _meant(function, fresh):
                pending += _functions(value)
        return found


def _names(code: CodeType) -> Iterator[str]:
    yield from code.co_names
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _names(constant)


def _meant(function: FunctionType, names: set[str]) -> Iterator[Any]:
    """What a function's names stand for outside of it, in imported modules, too, and what it closes over."""
    for cell in function.__closure__ or ():
        try:
            yield cell.cell_contents
        except ValueError:  # it is filled later
            continue
    for value in (function.__globals__[name] for name in names if name in function.__globals__):
        yield value
        if isinstance(value, ModuleType) and not _is_torchs(value):
            yield from (vars(value)[name] for name in names if name in vars(value))


def _functions(value: Any) -> Iterator[FunctionType]:
    """The functions behind a method, a property, a decorator or a class of one's own."""
    if isinstance(value, FunctionType) and not _is_torchs(value):
        yield value
        yield from _functions(getattr(value, "__wrapped__", None))
    elif isinstance(value, (MethodType, staticmethod, classmethod)):
        yield from _functions(value.__func__)
    elif isinstance(value, property):
        yield from _functions(value.fget)
    elif isinstance(value, type) and not issubclass(value, nn.Module) and not _is_torchs(value):
        for held in list(vars(value).values()):
            if not isinstance(held, type):
                yield from _functions(held)


def _is_torchs(value: Any) -> bool:
    name = value.__name__ if isinstance(value, ModuleType) else getattr(value, "__module__", None)
    return str(name or "").partition(".")[0] in ("torch", "builtins")
