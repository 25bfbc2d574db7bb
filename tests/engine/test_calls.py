"""The one table of calls: each entry is answered once, where it says, under its own name and signature."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from explorer.engine import calls
from explorer.engine.call import ENGINE, ISLAND, UPLOADS, Call, JobCall
from tests.helpers.paths import ROOT

Signature = list[tuple[str, str]]  # (argument, annotation)
ANSWERS = {
    ENGINE: "answers.py",
    ISLAND: "island_answers.py",
    UPLOADS: "upload_answers.py",
}


def functions(file: str) -> list[ast.FunctionDef]:
    """Of one file of the engine; SparseML's cannot be imported here."""
    tree = ast.parse(Path(ROOT, "explorer/engine", file).read_text())
    return [node for node in tree.body if isinstance(node, ast.FunctionDef)]


def signature(function: ast.FunctionDef) -> Signature:
    return [(one.arg, ast.unparse(one.annotation) if one.annotation else "") for one in function.args.args]


def answers(file: str) -> dict[str, ast.FunctionDef]:
    """Functions that say which entry they answer, by that entry."""
    marks = {ast.unparse(mark): function for function in functions(file) for mark in function.decorator_list}
    return {
        mark.split(".")[1]: function
        for mark, function in marks.items()
        if mark.startswith("calls.") and mark.endswith(".answered")
    }


@pytest.mark.parametrize("where", ANSWERS)
def test_every_entry_is_answered_where_it_says_with_its_own_signature(where: str) -> None:
    declared = {function.name: signature(function) for function in functions("calls.py")}
    found = answers(ANSWERS[where])
    assert set(found) == set(calls.answered_in(where))
    assert {name: function.name for name, function in found.items()} == {name: name for name in found}
    assert {name: signature(function) for name, function in found.items()} == {
        name: declared[name] for name in found
    }


def test_every_entry_says_what_it_is_for() -> None:
    entries = [entry for entry in vars(calls).values() if isinstance(entry, (Call, JobCall))]
    assert len(entries) > 20
    assert all(entry.__doc__ for entry in entries)
