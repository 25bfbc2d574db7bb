"""How a function of one's own builds its network where the explorer is not: its file goes along, or it is imported."""

from __future__ import annotations

import ast
import keyword
import re
import sys
import sysconfig
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

from torch import nn

from explorer.sources import vision
from explorer.sources.code import Code
from explorer.sources.own import code
from explorer.values.own import folder

ALIAS = "own_code"  # in scripts, which have a `net` of their own
OURS = ("load", "prune")  # names of the scripts that would import it
_INSTALLED = tuple(sysconfig.get_path(name) for name in ("purelib", "platlib"))


def code_of(reference: str) -> Code | None:
    """Lines that call ``./file.py:function`` or ``package.module:function``.

    Returns:
        None where other files of the person's own would have to come along.
    """
    place, _, name = reference.rpartition(":")
    call = name if isinstance(code.find(reference), nn.Module) else f"{name}()"
    file = _file(place)
    if file is None:
        return None
    if _is_installed(file):
        return Code(f"{vision.IMPORT}\nimport {place}", f"net = {place}.{call}")
    text, is_package = file.read_text(encoding="utf-8"), not place.endswith(".py") and "." in place
    if is_package or any(_is_beside(file, module) for module in _imported(text)):
        return None
    module = _module(file.stem)
    imports = f"{_first(text)}\nimport {module} as {ALIAS}".strip()
    return Code(imports, f"net = {ALIAS}.{call}", files={f"{module}.py": text})


def _file(place: str) -> Path | None:
    if place.endswith(".py"):
        return (folder() / place).resolve()
    found = find_spec(place)
    return Path(found.origin) if found and found.origin and found.origin.endswith(".py") else None


def _is_installed(file: Path) -> bool:
    return any(file.is_relative_to(place) for place in _INSTALLED)


def _first(text: str) -> str:
    """torchvision's own import, where a file seems to need it: on a CPU-only torch it needs help."""
    return vision.IMPORT if "torchvision" in text or "timm" in text else ""


def _imported(text: str) -> Iterator[str]:
    """First names of all that a file imports, wherever that stands; "" for what is relative to it."""
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Import):
            yield from (one.name.partition(".")[0] for one in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield "" if node.level else (node.module or "").partition(".")[0]


def _is_beside(file: Path, module: str) -> bool:
    """Whether a module is one of the person's own: beside the file, or where the app was started."""
    return not module or any(
        (place / f"{module}.py").is_file() or (place / module).is_dir() for place in (file.parent, folder())
    )


def _module(stem: str) -> str:
    """A name under which the copy can be imported, and nothing else is."""
    taken = stem in (*OURS, *sys.stdlib_module_names) or keyword.iskeyword(stem) or not stem.isidentifier()
    return "own_" + re.sub(r"\W", "_", stem) if taken else stem
