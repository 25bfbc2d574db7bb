"""Networks of one's own, named where the app is started: ``pruning-explorer --model ./net.py:build --input …``.

The flags are read once, by the process that serves pages. Engines find them in the environment that they inherit, so
that flags of somebody's own script, in which the explorer is imported, are never taken for ours.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path
from typing import Any

from explorer.values import tables
from explorer.values.errors import FlagError

VARIABLE = "PRUNING_EXPLORER_OWN"  # what was parsed, as JSON
FORMS = "timm:NAME, torchvision:NAME, hf:FOLDER_OR_ID, package.module:function or ./file.py:function"
STARTER = "PRUNING_EXPLORER_STARTER"  # folder of the process that opened the app on a module in hand
LIBRARIES = ("timm", "torchvision", "hf")
AGAIN = "press Reload, or run the command again"  # after files of one's own changed
HANDED = "handed"  # a module in hand, behind which a folder stands: no flag can say that
_DOTTED = re.compile(r"[^\W\d]\w*(\.[^\W\d]\w*)*")


@dataclass(frozen=True, slots=True)
class Own:
    """One ``--model`` with the flags that belong to it, each as it was typed; None where it was not given."""

    name: str  # in the picker and in links; no other network of this server has it
    model: str
    classes: str | None = None  # that a library's network is built for; None: as many as it has
    checkpoint: str | None = None
    strip: str | None = None  # stands before every name in the checkpoint, and not in the network
    input: str | None = None
    data: str | None = None
    metric: str | None = None
    loss: str | None = None

    @property
    def kind(self) -> str:
        """One of `LIBRARIES`, or "handed"; "code" for a function of a module or a file."""
        before, _, behind = self.model.partition(":")
        return before if before in LIBRARIES or (before == HANDED and "/" in behind) else "code"

    @property
    def target(self) -> str:
        """What stands behind the library's name; all of it where a function is named."""
        return self.model if self.kind == "code" else self.model.partition(":")[2]

    @property
    def sizes(self) -> dict[str, int]:
        """What the library's builder is told of its classes; nothing where they stay as they are."""
        return {"num_classes": int(self.classes)} if self.classes else {}


MODEL = "--model"
CLASSES = "--classes"
SIZED = ("timm", "torchvision")  # libraries that build a network for any number of classes
FLAGS = tuple(f"--{part.name}" for part in fields(Own) if part.name != "name")


def parsed(flags: Sequence[str]) -> tuple[Own, ...]:
    """The networks that flags name, in their order; other flags are passed over.

    Raises:
        FlagError: if a flag has no value, stands before the first ``--model`` or twice behind one, or if what
            ``--model`` names has none of the forms.
    """
    found: list[Own] = []
    for flag, value in _pairs(flags):
        if flag == MODEL:
            found.append(Own(_name(value, {own.name for own in found}), value))
        else:
            found[-1:] = [_with(found, flag, value)]
    for one in found:
        if one.strip and not one.checkpoint:
            raise FlagError(
                f"--strip {one.strip} takes something off a checkpoint's names, and --model {one.model} has none. Add "
                "--checkpoint FILE, or leave it out."
            )
    return tuple(found)


def remember(flags: Sequence[str], folder: Path) -> tuple[Own, ...]:
    """Parse what the app was started with, for this process and all that it starts; raises as `parsed` does.

    Args:
        folder: from which files and modules are named.
    """
    if networks := parsed(flags):
        os.environ[VARIABLE] = as_text(networks, folder)
    return networks


def as_text(networks: Sequence[Own], folder: Path, paths: Sequence[str] = ()) -> str:
    """What the variable holds for processes that are to know of these networks.

    Args:
        networks: in the order of the picker.
        folder: see `remember`.
        paths: where else modules are looked for.
    """
    told = {"folder": str(folder), "paths": [*paths], "networks": [asdict(own) for own in networks]}
    return json.dumps(told)


def networks() -> tuple[Own, ...]:
    """The networks that this process was told of, in the order of the command line."""
    return tuple(Own(**own) for own in _told().get("networks", ()))


def folder() -> Path:
    """The folder in which the app was started: relative paths count from there, and modules are found in it."""
    return Path(_told().get("folder", "."))


def paths() -> tuple[str, ...]:
    """Where else modules are looked for: where the process did that opened the app."""
    return tuple(_told().get("paths", ()))


def own(name: str) -> Own | None:
    """The network of that name; None if the server was started without it."""
    return next((one for one in networks() if one.name == name), None)


def split(flags: Sequence[str]) -> tuple[list[str], list[str]]:
    """Flags of others, and those that the app reads itself, each as two words; `--flag=value` becomes two."""
    theirs, ours, rest = list[str](), list[str](), iter(flags)
    for word in rest:
        flag, given, value = word.partition("=")
        if flag not in (*FLAGS, tables.FLAG):
            theirs.append(word)
        else:
            ours += [flag, value] if given else [flag, *_next(rest)]
    return theirs, ours


def _next(words: Iterator[str]) -> list[str]:
    return [word for word in [next(words, None)] if word is not None]


def _pairs(flags: Sequence[str]) -> Iterator[tuple[str, str]]:
    """Our flags with their values, written as ``--flag value`` or ``--flag=value``."""
    words = iter(split(flags)[1])
    for flag in words:
        value = next(words, "")
        if flag == tables.FLAG:
            continue
        if not value or value.startswith("--"):
            got = f"'{value}'" if value else "nothing"
            raise FlagError(f"{flag} needs a value behind it, got {got}. {_example(flag)}")
        yield flag, value


def _with(found: list[Own], flag: str, value: str) -> Own:
    """The last network with one more of its parts."""
    if not found:
        raise FlagError(
            f"{flag} {value} stands before any --model, so it belongs to no network. Put it behind its --model."
        )
    last, part = found[-1], flag.removeprefix("--")
    if (given := getattr(last, part)) is not None:
        raise FlagError(
            f"{flag} is given twice for --model {last.model}: '{given}' and '{value}'. Give it once."
        )
    if flag == CLASSES:
        _check_classes(last, value)
    return replace(last, **{part: value})


def _check_classes(own: Own, value: str) -> None:
    if own.kind not in SIZED:
        raise FlagError(
            f"{CLASSES} {value} belongs to networks of {' and '.join(SIZED)}, and --model {own.model} is none. Let "
            "what it names build as many outputs."
        )
    if not (value.isascii() and value.isdigit() and int(value) >= 2):
        raise FlagError(f"{CLASSES} must be a whole number from 2, got '{value}'. {_example(CLASSES)}")


def _name(model: str, taken: set[str]) -> str:
    """What the picker calls it: without folders, and with a number where the same is named again."""
    if not _has_form(model):
        raise FlagError(f"--model must be {FORMS}, got '{model}'. {_example(MODEL)}")
    name, count = _short(model), 1
    while name in taken:
        name, count = f"{_short(model)} ({count + 1})", count + 1
    return name


def _has_form(model: str) -> bool:
    before, _, behind = model.partition(":")
    if before in LIBRARIES:
        return bool(behind)
    place, _, function = model.rpartition(":")
    return function.isidentifier() and (place.endswith(".py") or bool(_DOTTED.fullmatch(place)))


def _short(model: str) -> str:
    before, _, behind = model.partition(":")
    if before == "hf":
        return f"hf:{Path(behind).name or behind}"
    return model if before in LIBRARIES else Path(model).name


def _example(flag: str) -> str:
    examples = {
        MODEL: "./net.py:build",
        CLASSES: "3",
        "--checkpoint": "weights.safetensors",
        "--strip": "module.",
        "--input": "1,3,224,224",
        "--data": "imagefolder:pictures",
        "--metric": "./net.py:score",
        "--loss": "./net.py:loss",
    }
    return f"Write e.g. {flag} {examples[flag]}."


def _told() -> dict[str, Any]:
    told: dict[str, Any] = json.loads(os.environ.get(VARIABLE, "{}"))
    return told
