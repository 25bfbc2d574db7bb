"""What pruning did to accuracy, and what it does when one thing is changed: the counterfactuals, run."""

from __future__ import annotations

import copy
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import count

from torch import nn

from explorer.anatomy.layers import layer_outcomes
from explorer.anatomy.network import Network
from explorer.backends.base import Listener, ignore
from explorer.backends.bench import Bench
from explorer.measuring.judging import Judge, judge_of
from explorer.studies.profile import removal
from explorer.values import (
    AccuracyFacts,
    ChannelOptions,
    ChannelPlan,
    ChannelScope,
    Judged,
    ProfileRequest,
    Progress,
)
from explorer.values.errors import PruningError
from explorer.why.accuracy import EMPTY
from explorer.why.judging import less_accurate

WIDE = 8  # channels that a layer has at least for this to be told of it
MOST_SPARED = 6  # groups that are kept whole, one at a time: each copy has to be judged


@dataclass(frozen=True)
class Trial:
    """The same pruning with one thing changed."""

    how: str
    options: ChannelOptions
    ratio: float


def accuracy_facts(
    bench: Bench, request: ProfileRequest, zeros: nn.Module | None, tell: Listener = ignore
) -> AccuracyFacts | None:
    """Measure how well it does as asked and under each counterfactual; None where it would mean nothing.

    Args:
        zeros: the network with torch.nn.utils.prune's zeros written into it; None: the library refused.
        tell: hears of each counterfactual before it is run.
    """
    judge = judge_of(bench.net)
    if judge is None:
        return None
    options, ratio = request.options, request.ratio
    tell(Progress(0.0, "Judging the network as it is, with zeros, and pruned as asked"))
    dense = judge.evaluate(bench.net.module)
    pruned = judged(bench, judge, Trial("as asked", options, ratio))
    fell = bool(pruned.best and less_accurate(pruned.best, dense).holds)
    lighter = {"": Trial("half the ratio", options, ratio / 2)}
    whole = _keeping(options, *pruned.collapsed)
    kept = {"": Trial("those layers kept whole", whole, ratio)} if pruned.collapsed else {}
    scopes = dict(_other_scopes(options, ratio)) if _asks_scopes(options, fell) else {}
    spared = dict(_spared(bench, options, ratio)) if fell else {}
    left, of = count(), len(lighter) + len(kept) + len(scopes) + len(spared)

    def run(trials: Mapping[str, Trial]) -> dict[str, Judged]:
        found = {}
        for name, trial in trials.items():
            done = next(left)
            tell(Progress((done + 1) / (of + 1), f"Counterfactual {done + 1} of {of}: {trial.how}"))
            found[name] = judged(bench, judge, trial)
        return found

    return AccuracyFacts(
        dense=dense,
        zeros=judge.evaluate(zeros) if zeros else None,
        pruned=pruned,
        lighter=run(lighter)[""],
        kept=run(kept).get(""),
        scopes=run(scopes),
        spared=run(spared),
    )


def judged(bench: Bench, judge: Judge, trial: Trial) -> Judged:
    """Prune a copy and measure how well it does, right after and with BatchNorm re-calibrated."""
    how, options, ratio = trial.how, trial.options, trial.ratio
    try:
        plan = removal.plan_of(bench, options, ratio)
        module = removal.sketch(bench, options, ratio)
    except PruningError as error:
        return Judged(how, ratio, None, None, None, None, str(error))
    raw, again = judge.evaluate(module), copy.deepcopy(module)
    recalibrated = judge.evaluate(again) if judge.recalibrate(again) else None
    widths = _widths(bench.net, module)
    return Judged(
        how=how,
        ratio=ratio,
        mass=importance_mass(plan, removal.planner_of(bench, options).scores()),
        narrowest=min(widths, key=lambda width: width[2] / width[1], default=None),
        raw=raw,
        recalibrated=recalibrated,
        collapsed=tuple(name for name, before, after in widths if after <= EMPTY * before),
        estimated=bool(plan.estimate),
        widths=tuple(widths),
    )


def importance_mass(plan: ChannelPlan, scores: dict[int, tuple[float, ...]]) -> float:
    """Share of all importance that the removed channels held: in each group the lowest ones go."""
    gone = sum(sum(sorted(scores[group.id])[: group.removed]) for group in plan.groups)
    total = sum(sum(scores[group.id]) for group in plan.groups)
    return gone / total if total else 0.0


def _other_scopes(options: ChannelOptions, ratio: float) -> Iterator[tuple[str, Trial]]:
    for scope in ChannelScope:
        if scope is not options.scope:
            yield str(scope), Trial(f"{scope} scope", replace(options, scope=scope), ratio)


def _asks_scopes(options: ChannelOptions, fell: bool) -> bool:
    """Whether other scopes are tried: a global ranking may empty a layer, and where accuracy fell any may help."""
    return fell or options.scope is ChannelScope.GLOBAL


def _spared(bench: Bench, options: ChannelOptions, ratio: float) -> Iterator[tuple[str, Trial]]:
    """One group kept whole at a time: of those that lose most channels in all."""
    groups = removal.plan_of(bench, options, ratio).groups
    losing = sorted((one for one in groups if one.removed), key=lambda one: -one.removed)[:MOST_SPARED]
    for group in losing if len(groups) > 1 else ():
        yield group.root, Trial(f"'{group.root}' kept whole", _keeping(options, group.root), ratio)


def _keeping(options: ChannelOptions, *layers: str) -> ChannelOptions:
    """The same options with layers kept whole; a ratio of their own would be refused beside it."""
    own = tuple((layer, share) for layer, share in options.overrides if layer not in layers)
    return replace(options, keep=tuple(dict.fromkeys((*options.keep, *layers))), overrides=own)


def _widths(net: Network, module: nn.Module) -> list[tuple[str, int, int]]:
    """Layers that compute and had channels to lose: width before and after, counted on the library's result."""
    after = {row.name: row.width for row in layer_outcomes(net, module)}
    wide = [row for row in layer_outcomes(net, net.module) if row.macs and row.width >= WIDE]
    return [(row.name, row.width, after[row.name]) for row in wide]
