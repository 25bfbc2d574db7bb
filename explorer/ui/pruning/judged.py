"""How well what a run would make does, while the slider of its library moves."""

from __future__ import annotations

from explorer.backends import backend_of
from explorer.ui.parts.live_slider import is_moving
from explorer.ui.parts.trailing import Judged, Position, judged, told
from explorer.ui.pruning.run import PruningRun


def judged_run(run: PruningRun) -> Judged:
    """How well the plan does; while the slider moves, that of a position before may be the last that is known."""
    slider = backend_of(run.backend).amount
    return judged(slider, run.asked[:3], Position(run.asked, told(run.amount), is_moving(slider)))
