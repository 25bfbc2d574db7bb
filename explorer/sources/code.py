"""How a network is built where the explorer is not: lines of Python, and the files that these import."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib import import_module
from inspect import getsource

OURS = "explorer."


@dataclass(frozen=True)
class Code:
    """Lines that build one network; they leave it in `net`."""

    imports: str
    build: str  # of the right class, with any weights
    weights: str = ""  # the lines that do so with the dense weights; "": these lie in dense.safetensors
    files: Mapping[str, str] = field(default_factory=dict)  # name -> source, beside the script


def source_alone(module: str) -> str:
    """A module's source with that of every module of ours that it imports before it, so that it needs none of them."""
    tree = ast.parse(getsource(import_module(module)))
    theirs: list[str] = []
    parts = _parts(module, set(), theirs)
    docstring = f'"""{ast.get_docstring(tree)}"""'
    imports = "\n".join(dict.fromkeys(theirs))
    return "\n\n".join([docstring, "from __future__ import annotations", imports, *parts]) + "\n"


def _parts(module: str, seen: set[str], theirs: list[str]) -> list[str]:
    """Classes and functions of a module, those that it needs first; imports of packages go into `theirs`."""
    seen.add(module)
    text = getsource(import_module(module))
    found: list[str] = []
    own: list[str] = []
    for node in ast.parse(text).body:
        name = node.module or "" if isinstance(node, ast.ImportFrom) else ""
        if name.startswith(OURS):
            found += [] if name in seen else _parts(name, seen, theirs)
        elif isinstance(node, (ast.Import, ast.ImportFrom)):
            theirs += [] if name == "__future__" else [ast.unparse(node)]
        elif not _is_docstring(node):
            own.append(_text(text, node))
    return [*found, *own]


def _is_docstring(node: ast.stmt) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)


def _text(text: str, node: ast.stmt) -> str:
    """A statement as it was written, with its decorators."""
    decorators: list[ast.expr] = getattr(node, "decorator_list", [])
    first = min([node.lineno, *(one.lineno for one in decorators)])
    return "\n".join(text.splitlines()[first - 1 : node.end_lineno])
