"""What the architecture's picture shows, read from the sources: folders, what each is for, and who imports whom."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from tests.helpers.imports import folder_of, imports

PAGES = "One short script a page, read top to bottom."
OWN = ("explorer", "pages", "app")

Arrow = tuple[str, str]  # (who imports, what)


@dataclass(frozen=True)
class Folder:
    """A box of the picture."""

    name: str
    says: str  # what it is for: the first sentence of its docstring
    libraries: tuple[str, ...]  # what it imports that neither we nor Python's makers wrote


def folders(modules: Mapping[str, str]) -> list[Folder]:
    """All folders of some modules, given by dotted name with their sources."""
    names = dict.fromkeys(map(folder_of, modules))
    return [Folder(name, _says(name, modules), _libraries(name, modules)) for name in names]


def _says(name: str, modules: Mapping[str, str]) -> str:
    source = modules.get(f"explorer.{name}") or modules.get(name) or ""
    said = (ast.get_docstring(ast.parse(source)) or PAGES).partition("\n\n")[0]
    return said.replace("\n", " ").replace("``", "").partition(". ")[0].rstrip(".") + "."


def _libraries(name: str, modules: Mapping[str, str]) -> tuple[str, ...]:
    sources = [source for module, source in modules.items() if folder_of(module) == name]
    named = {one.partition(".")[0] for source in sources for one in imports(source, set())}
    return tuple(sorted(named - set(OWN) - set(sys.stdlib_module_names)))


def arrows(modules: Mapping[str, str]) -> set[Arrow]:
    """Every import of one folder by another."""
    found = {
        (folder_of(module), folder_of(name))
        for module, source in modules.items()
        for name in imports(source, set(modules))
        if name.partition(".")[0] in OWN
    }
    return {(who, what) for who, what in found if who != what and what not in OWN[:1]}


def below(name: str, arrows: Iterable[Arrow]) -> set[str]:
    """All that a folder reaches along arrows."""
    found, fresh = set[str](), {name}
    while fresh := {what for who, what in arrows if who in fresh} - found:
        found |= fresh
    return found


def drawn(arrows: set[Arrow]) -> set[Arrow]:
    """The arrows that no way along others stands for: the fewest that still reach the same."""
    return {arrow for arrow in arrows if arrow[1] not in below(arrow[0], arrows - {arrow})}


def rows(names: Iterable[str], arrows: set[Arrow]) -> dict[str, int]:
    """Row of each folder, 0 at the top: below all that import it, and no lower than that takes."""
    importers = {name: [who for who, what in arrows if what == name] for name in names}
    row: dict[str, int] = {}
    while len(row) < len(importers):
        ready = {name for name, above in importers.items() if name not in row and row.keys() >= set(above)}
        if not ready:
            raise ValueError(
                f"Folders import each other in a circle: {sorted(importers.keys() - row.keys())}."
            )
        row |= {name: 1 + max((row[who] for who in importers[name]), default=-1) for name in ready}
    return row
