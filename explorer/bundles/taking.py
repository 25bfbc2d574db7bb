"""A job that makes a bundle for a download: prune, train where that is asked, check, and pack."""

from __future__ import annotations

from collections.abc import Generator
from pathlib import Path
from typing import Any

from explorer.backends import backend_of, resolved
from explorer.backends.base import Planner
from explorer.bundles.dense import Dense
from explorer.bundles.making import bundle_in_steps
from explorer.bundles.texts import prune_script
from explorer.exports.bundle import folder_name, written_zip
from explorer.process.steps import retold
from explorer.studies.apply import plan_at
from explorer.studies.recover import check_trainable, fine_tuned
from explorer.values import Asked, FineTune, Plan, Progress
from explorer.values.bundle import Taken
from explorer.values.page import Page

TRAINED = 0.6  # of a run that trains: when training is done


def take_away(
    planner: Planner[Any],
    amount: Asked | None,
    settings: FineTune | None,
    path: str,
    page: Page,
) -> Generator[Progress, None, Taken]:
    """Write the zip of a pruned network.

    Args:
        planner: ranked or not.
        amount: a ratio, what else the library takes, or None for what the options say.
        settings: of the training afterwards; None: nothing is trained.
        path: of the zip, which appears when it is complete.
        page: what the report is to say.

    Yields:
        What is being done.
    """
    for told in planner.rank():
        yield told.within(0.0, 0.1)
    plan, module, at = plan_at(planner, amount), None, 0.1
    if settings is not None:
        yield Progress(at, f"Pruning a copy with {backend_of(planner.backend).library}")
        check_trainable(planner.net)
        module, _ = yield from fine_tuned(planner.apply(plan), planner.net, settings, at, TRAINED - at)
        at = TRAINED
    steps = bundle_in_steps(planner, plan, module, page)
    bundle = yield from retold(steps, lambda told: told.within(at, 1 - at))
    size = written_zip(bundle, Path(path))
    names = tuple(name for name, _ in bundle.files)
    return Taken(
        f"{folder_name(bundle.name)}.zip", path, size, names, bundle.failed, bundle.notes, bundle.onward
    )


def code_of(dense: Dense, planner: Planner[Any], plan: Plan) -> str:
    """The script that a folder of this plan starts with, before anybody has run it; "" where a library has none."""
    known = backend_of(planner.backend)
    scripts = resolved(known.scripts)(planner, plan) if known.scripts else ()
    return prune_script(known, dense, scripts[0 if dense.code else -1]) if scripts else ""
