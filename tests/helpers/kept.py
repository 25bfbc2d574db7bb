"""A small project, whose numbers are all different."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from explorer.values import AppliedRun, Evaluation, FineTune, NetworkSpec, Timing, Weights, Yardstick
from explorer.values.project import Kept, Project, Wanted

CNN = NetworkSpec("digits-cnn", Weights.TRAINED, seed=3)
AGREEMENT = Yardstick("agreement", "agreement", "agree", "closer", is_share=True)


def run(run_id: str, **how: Any) -> AppliedRun:
    """A run with numbers that are all different."""
    dense, pruned = Evaluation(0.99, 0.03125, 450), Evaluation(0.75, 1.5, 450)
    made = AppliedRun(
        run_id, "DepGraph", CNN, "L2, local", 0.5, 101, 202, 99, 303, 404, 301, 505, dense, pruned, 0.25, True
    )
    return replace(made, **how)


WANTED = Wanted("depgraph", {"criterion": "l2", "keep": ["conv1"], "round_to": None}, 0.5)
PRUNED = Kept(run("a"), WANTED, name="first", note="two\nlines, 3 < 4", pinned=True)
TRAINED = Kept(
    run("b", fine_tuned=Evaluation(0.96875, 0.1, 450), latency=Timing(2e-3, 1e-3, 3e-3, 30), amount=3),
    replace(WANTED, fine_tune=FineTune(2, 0.01, 7), amount=(("conv1", (0, 3)),)),
    parent="a",
)
JUDGED = Kept(run("c", dense=Evaluation(0.5, 0.0, 64, AGREEMENT, 0.125), pruned=None), parent="b")
PROJECT = Project((PRUNED, TRAINED, JUDGED))
