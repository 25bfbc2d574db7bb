"""What imports what, read from the sources: nothing of the app is imported for it."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from tests.helpers.paths import ROOT


def modules() -> dict[str, str]:
    """Source of every module of the app, by dotted name."""
    scripts = [ROOT / "app.py", *ROOT.glob("pages/*.py"), *ROOT.glob("explorer/[!_]*.py")]
    paths = [*scripts, *ROOT.glob("explorer/*/**/*.py")]
    names = [".".join(path.relative_to(ROOT).with_suffix("").parts) for path in paths]
    return {name.removesuffix(".__init__"): path.read_text() for name, path in zip(names, paths, strict=True)}


def imports(source: str, known: set[str]) -> Iterator[str]:
    """Every module that a source imports, however deep in its functions, and also by name as a string."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            for alias in node.names:
                full = f"{node.module}.{alias.name}"
                yield full if full in known else str(node.module)
        elif isinstance(node, ast.Call) and ast.unparse(node.func).endswith(("import_module", "__import__")):
            yield from (str(word.value) for word in node.args if isinstance(word, ast.Constant))


def folder_of(module: str) -> str:
    """The folder of `explorer/` that a module lies in, or the folder or file at the top of the repository."""
    return module.removeprefix("explorer.").partition(".")[0]
