"""The project file: a project as JSON, written for any server and read from anybody."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import fields
from typing import Any

from explorer.values import Evaluation, Timing
from explorer.values.errors import FormatError
from explorer.values.loose import shown
from explorer.values.plain_json import built, loads, plain
from explorer.values.project import LONGEST_NAME, LONGEST_NOTE, MOST_RUNS, Kept, Project

FORMAT, VERSION = "pruning-explorer project", 2
READS = (1, VERSION)  # 1 has no non-zeros and no effective MACs of dense networks
LARGEST = 8_000_000  # bytes
_LONGEST = 20_000  # characters of options in words: they may name many layers
NAMED = f"at most {LONGEST_NAME} letters in one line, without < and >"
_REMEDY = "Pick a file that “Save the project” wrote."


def text(project: Project) -> str:
    """The whole file; what is at its default is left out."""
    held = {"format": FORMAT, "version": VERSION, **plain(project, Project)}
    return json.dumps(held, indent=1, ensure_ascii=False, allow_nan=False) + "\n"


def read(content: str | bytes) -> Project:
    """The project that a file holds; nothing in it is trusted.

    Raises:
        FormatError: in one sentence, if it is no such file, of another version, too large, or damaged.
    """
    if len(content) > LARGEST:
        size = f"{len(content) / 1e6:.1f} MB"
        raise FormatError(f"The file has {size}; a project file has at most {LARGEST / 1e6:g} MB. {_REMEDY}")
    try:
        return _checked(built(Project, {"runs": _runs(loads(content))}))
    except FormatError as error:
        raise FormatError(f"The project file cannot be opened: {error}. {_REMEDY}") from error


def _runs(held: Any) -> Any:
    """What stands in it, once it is known to be of this format and version."""
    if not isinstance(held, dict) or held.get("format") != FORMAT:
        raise FormatError("it does not say that it is one")
    if (version := held.get("version")) not in READS or isinstance(version, bool):
        known = " and ".join(map(str, READS))
        raise FormatError(f"it is of version {shown(version)}, and this explorer reads {known}")
    if unknown := held.keys() - {"format", "version", "runs"}:
        raise FormatError(f"it has an unknown part {shown(min(unknown))}")
    return held.get("runs", [])


def _checked(project: Project) -> Project:
    if len(project.runs) > MOST_RUNS:
        raise FormatError(f"it holds {len(project.runs)} runs; expected at most {MOST_RUNS}")
    before: set[str] = {""}
    for number, kept in enumerate(project.runs, 1):
        for wrong in (*_names(kept), *_numbers(kept), *_place(kept, before)):
            raise FormatError(f"it says of run {number} {wrong}")
        before.add(kept.id)
    return project


def _place(kept: Kept, before: set[str]) -> Iterator[str]:
    if kept.id in before:
        yield f"that its id is {shown(kept.id)}, which is empty or another run's"
    if kept.parent not in before:
        yield f"that it goes on from {shown(kept.parent)}, and no run before it is called so"


def is_name(name: str) -> bool:
    """Whether something may be called so: other programs show it, too."""
    return name.isprintable() and len(name) <= LONGEST_NAME and not set("<>") & set(name)


def _names(kept: Kept) -> Iterator[str]:
    """What names and texts may not be."""
    run = kept.run
    for name in (run.id, run.library, run.network.name, kept.name):
        if not is_name(name):
            yield f"the name {shown(name)}; expected {NAMED}"
    if len(kept.note) > LONGEST_NOTE or not kept.note.replace("\n", "").isprintable():
        yield f"a note of {len(kept.note):,} characters; expected at most {LONGEST_NOTE:,}, all printable"
    if len(run.options) > _LONGEST or not run.options.isprintable():
        yield "its options in words that are too long, or not printable"


def _numbers(kept: Kept) -> Iterator[str]:
    """What no count and no measurement can be."""
    for part in fields(kept.run):
        value = getattr(kept.run, part.name)
        if isinstance(value, int | float) and value < 0:
            yield f"that {part.name} is {value}, which is below 0"
        if isinstance(value, Evaluation) and not (value.examples > 0 and _is_possible(value)):
            yield f"that {part.name} is {value.value:g} on {value.examples} examples, which cannot be"
        if isinstance(value, Timing) and not 0 < value.low <= value.median <= value.high:
            yield f"that {part.name} is {value.median:g} s, outside its own interval"


def _is_possible(found: Evaluation) -> bool:
    return not found.by.is_share or 0 <= found.value <= 1
