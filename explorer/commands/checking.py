"""``check``: hold the runs of a file against limits; the exit status tells CI."""

from __future__ import annotations

from argparse import Namespace
from pathlib import Path

from explorer.commands.answer import DONE, MISSED, Answer
from explorer.commands.held import Held, held_in
from explorer.commands.limits import LIMITS, Limit
from explorer.commands.telling import Teller
from explorer.values.errors import PruningError


def check(given: Namespace, teller: Teller) -> Answer:
    """The pinned runs, or all where none is."""
    limits = [Limit(flag, text) for flag in LIMITS if (text := getattr(given, flag)) is not None]
    if not limits:
        raise PruningError("No limit is given. Give one or more, such as --min-accuracy 97% --max-macs 60%.")
    runs = held_in(Path(given.file).expanduser())
    runs = tuple(run for run in runs if run.pinned) or runs
    missed = [(run, _missed(run, limits)) for run in runs]
    met = not any(why for _, why in missed)
    value = {
        "file": given.file,
        "limits": {limit.flag: limit.text for limit in limits},
        "runs": [{"run": run.name, "met": not why, "missed": why} for run, why in missed],
        "met": met,
    }
    lines = [f"{run.name}: {' '.join(why) or 'keeps to all limits'}" for run, why in missed]
    return Answer(value, "\n".join(lines), DONE if met else MISSED)


def _missed(run: Held, limits: list[Limit]) -> list[str]:
    if run.problem:
        return [f"It has no figures: {run.problem}"]
    return [why for limit in limits if (why := limit.missed(run.figures, run.dense))]
