"""What a run would make, measured while the slider of its library moves."""

from __future__ import annotations

from typing import Any

from explorer.backends import backend_of
from explorer.engine import calls
from explorer.ui.parts.live_slider import is_moving
from explorer.ui.parts.trailing import F_co, Followed, Judged, Measure, Position, followed, told
from explorer.ui.pruning.run import PruningRun


def judged_run(run: PruningRun, patience: float = 0.0) -> Judged:
    """How well the plan does; while the slider moves, that of a position before may be the last that is known."""
    return followed_run("", run, calls.live_accuracy, patience=patience)


def followed_run(
    name: str, run: PruningRun, measure: Measure[F_co], *further: Any, patience: float = 0.0
) -> Followed[F_co]:
    """What a call finds of the plan; see `judged_run`.

    Args:
        name: of what is found; others may be measured behind the same slider.
        run: what is planned.
        measure: the call; takes what is asked of the library first.
        further: what it takes behind that.
        patience: see `Position`.
    """
    slider = backend_of(run.backend).amount
    at = Position(measure, (*run.asked, *further), told(run.amount), is_moving(slider), patience)
    return followed(f"{name}_{slider}", (run.asked[:3], *further), at)
