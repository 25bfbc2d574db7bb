"""A run's network, made once more and kept, so that it can be pruned again on every page."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

from torch import nn

from explorer import sources
from explorer.anatomy.counting import total_macs, total_params
from explorer.anatomy.network import Network
from explorer.backends import backend_of
from explorer.backends.base import Planner
from explorer.bundles.checking import answers_same
from explorer.bundles.structure import removed_of, structure_of
from explorer.measuring.judging import judge_of
from explorer.sources.pruned import written
from explorer.studies.apply import plan_at
from explorer.studies.recover import check_trainable, fine_tuned
from explorer.values import Asked, NetworkSpec, Origin, Plan, Progress
from explorer.values.again import Left
from explorer.values.errors import PruningError
from explorer.values.whole import appearing

PRUNED, TRAINED = 0.2, 0.9  # of a run that trains: when each is done


def left_by(
    planner: Planner[Any], amount: Asked | None, wanted: Left
) -> Generator[Progress, None, NetworkSpec]:
    """Prune a copy as a run did, bring it back as that did, and write it.

    Returns:
        What any process loads it by, at `wanted.path`.

    Raises:
        PruningError: if the library refuses, or the file does not give the same network.
    """
    for told in planner.rank():
        yield told.within(0.0, PRUNED / 2)
    yield Progress(PRUNED / 2, f"Pruning a copy with {backend_of(planner.backend).library}")
    plan = plan_at(planner, amount)
    module = yield from _brought_back(planner.net, _applied(planner, plan, wanted), wanted)
    yield Progress(TRAINED, "Writing the network, and reading it again")
    base = sources.load_bare(planner.net.spec)
    structure = structure_of(planner.net.spec, base, module, removed_of(planner, plan))
    spec = _spec(planner.net, base, wanted)
    with appearing(Path(wanted.path)) as new:
        new.write_bytes(written(module, structure))
        again = sources.load_spec(replace(spec, upload=str(new))).module
        if not answers_same(again, module, planner.net.example_input):
            raise PruningError(
                f"'{wanted.name}' answers otherwise once it is read again, so it is not offered."
            )
    return spec


def _applied(planner: Any, plan: Plan, wanted: Left) -> nn.Module:
    apply = partial(planner.apply, mode=wanted.mode) if wanted.mode else planner.apply
    module: nn.Module = apply(plan)
    return module.eval()


def _brought_back(net: Network, module: nn.Module, wanted: Left) -> Generator[Progress, None, nn.Module]:
    """Trained on, or re-calibrated, where the run was."""
    if wanted.fine_tune:
        check_trainable(net)
        module, _ = yield from fine_tuned(module, net, wanted.fine_tune, PRUNED, TRAINED - PRUNED)
    elif wanted.recalibrated and (judge := judge_of(net)):
        yield Progress(PRUNED, "Re-calibrating BatchNorm")
        judge.recalibrate(module)
    return module


def _spec(net: Network, base: nn.Module, wanted: Left) -> NetworkSpec:
    before = net.spec.origin
    params = before.params if before else total_params(base)
    macs = before.macs if before else total_macs(base, net.example_input)
    origin = Origin(net.spec.base, wanted.told, wanted.run, params, macs)
    return NetworkSpec(wanted.name, net.spec.weights, net.spec.seed, net.spec.version, wanted.path, origin)
