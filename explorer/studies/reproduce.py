"""Run the published numbers live: each experiment yields its figures under the names they were published by."""

from __future__ import annotations

import copy
import io
from collections.abc import Callable, Generator, Iterator, Mapping
from dataclasses import dataclass

import torch
from torch import nn
from torch.utils.flop_counter import FlopCounterMode

from explorer import sources
from explorer.anatomy.counting import total_macs, total_params
from explorer.anatomy.flops import fused_attention_off
from explorer.anatomy.inputs import call
from explorer.anatomy.network import Network
from explorer.backends.bench import Bench
from explorer.backends.depgraph.planner import DepGraphPlanner
from explorer.backends.depgraph.torch_pruning import Order, counter_reading, prune
from explorer.backends.native.planner import NativePlanner
from explorer.backends.native.torch_prune import make_permanent
from explorer.graph.build import dependency_graph
from explorer.values import Axis, ChannelOptions, ChannelScope, NativeOptions, NetworkSpec, Progress, Weights
from explorer.values.errors import ExplorerError
from explorer.values.reproducing import Experiment, Reproduced, Reproduction
from explorer.words.published import COUNTED, WIDE_RATIOS, published

STEPS = 20  # of ResNet-50's table
HALF = 0.5
Figures = Iterator[tuple[str, float]]  # (figure, found)


@dataclass(frozen=True)
class _Subject:
    """A network with what every experiment on it needs once."""

    net: Network

    @classmethod
    def load(cls, name: str) -> _Subject:
        """With random weights: nothing to download, and widths are all that counts."""
        return cls(sources.load_spec(NetworkSpec(name, Weights.RANDOM)))

    def their_macs(self, module: nn.Module) -> int:
        """MACs by Torch-Pruning's own counter."""
        return counter_reading(module, self.net.example_input, ()).macs


def reproduce(experiments: tuple[Experiment, ...]) -> Generator[Progress, None, Reproduction]:
    """Find every published number of these experiments again.

    Yields:
        What is being done, with all rows found so far.
    """
    rows: list[Reproduced] = []
    wanted = published(experiments)
    parts = list(dict.fromkeys((number.experiment, number.network) for number in wanted))
    for experiment, network in parts:
        numbers = {n.figure: n for n in wanted if (n.experiment, n.network) == (experiment, network)}
        doing = f"{network}: {experiment}"
        yield Progress(len(rows) / len(wanted), doing, rows=tuple(rows))
        try:
            for figure, found in EXPERIMENTS[experiment](_Subject.load(network)):
                if number := numbers.pop(figure, None):  # what nobody published has nothing to stand beside
                    rows.append(Reproduced(number, found))
                    yield Progress(len(rows) / len(wanted), doing, rows=tuple(rows))
            missing = "The experiment ran, and this figure was not found."
        except ExplorerError as error:
            missing = str(error)
        rows += [Reproduced(number, None, missing) for number in numbers.values()]
    return Reproduction(tuple(rows))


def _resnet18(subject: _Subject) -> Figures:
    net = subject.net
    yield "dense: MACs", subject.their_macs(net.module)
    yield "dense: parameters", total_params(net.module)
    planner = DepGraphPlanner(Bench(net), ChannelOptions(round_to=8))
    pruned = planner.carry_out(planner.plan(HALF))
    yield "ratio 0.50, round to 8: MACs", subject.their_macs(pruned)
    yield "ratio 0.50, round to 8: parameters", total_params(pruned)
    groups = dependency_graph(net).groups
    (stem,) = (group for group in groups if group.root == "conv1")
    yield "members of conv1's group", len(stem.members)
    yield "groups that can be pruned", sum(group.prunable for group in groups)


def _resnet50_steps(subject: _Subject) -> Figures:
    module, example = copy.deepcopy(subject.net.module), subject.net.example_input
    found: list[tuple[str, float]] = []

    def record(step: int) -> None:
        ratio = f"ratio {step / STEPS:.2f}"
        found.append((f"{ratio}: MACs", subject.their_macs(module) / 1e9))
        found.append((f"{ratio}: parameters", total_params(module) / 1e6))

    prune(module, example, Order(ChannelOptions(round_to=2, steps=STEPS), 1.0), after_step=record)
    yield from found


def _counted(subject: _Subject) -> Figures:
    planner = DepGraphPlanner(Bench(subject.net), ChannelOptions())
    for ratio in [ratio for name, ratio, *_ in COUNTED if name == subject.net.name]:
        pruned = planner.carry_out(planner.plan(ratio))
        yield f"ratio {ratio:.2f}: MACs", total_macs(pruned, subject.net.example_input)
        yield f"ratio {ratio:.2f}: MACs by Torch-Pruning", subject.their_macs(pruned)
        yield f"ratio {ratio:.2f}: parameters", total_params(pruned)


def _wide_scopes(subject: _Subject) -> Figures:
    net = subject.net
    bench = Bench(net)
    for scope in (ChannelScope.GLOBAL, ChannelScope.ISOMORPHIC):
        planner = DepGraphPlanner(bench, ChannelOptions(scope=scope))
        total = sum(group.channels for group in planner.ranked.groups)
        if scope is ChannelScope.GLOBAL:
            yield "channels that can go", total
        for ratio in WIDE_RATIOS:
            planner.carry_out(planner.plan(ratio))
            gone = sum(
                len(planner.removed.get((group.root, Axis.OUT), ())) for group in planner.ranked.groups
            )
            yield f"{scope}, ratio {ratio:.2f}: kept", total - gone


def _files(subject: _Subject) -> Figures:
    native = NativePlanner(Bench(subject.net), NativeOptions())
    masked = native.attach(native.plan(HALF))
    yield "dense", _megabytes(subject.net.module)
    yield "masks attached", _megabytes(masked)
    yield "after prune.remove", _megabytes(make_permanent(masked))
    depgraph = DepGraphPlanner(Bench(subject.net), ChannelOptions())
    yield "DepGraph, ratio 0.5", _megabytes(depgraph.carry_out(depgraph.plan(HALF)))


def _megabytes(module: nn.Module) -> float:
    """Size of what ``torch.save`` writes; it is written to memory and never read."""
    file = io.BytesIO()
    torch.save(module.state_dict(), file)
    return file.tell() / 1e6


def _blind_spots(subject: _Subject) -> Figures:
    module, example = subject.net.module, subject.net.example_input
    yield "all products counted", total_macs(module, example) / 1e9
    yield "FlopCounterMode / 2", _plain_counter(subject.net) / 1e9
    if subject.net.name == "vit_b_16":
        with fused_attention_off():
            yield "FlopCounterMode / 2, fused attention off", _plain_counter(subject.net) / 1e9
    yield "count_ops_and_params", subject.their_macs(module) / 1e9


@torch.no_grad()
def _plain_counter(net: Network) -> float:
    """As people commonly call it, in eval mode."""
    with FlopCounterMode(display=False) as counter:
        call(net.module, net.example_input)
    return counter.get_total_flops() / 2


EXPERIMENTS: Mapping[Experiment, Callable[[_Subject], Figures]] = {
    Experiment.RESNET18: _resnet18,
    Experiment.RESNET50_STEPS: _resnet50_steps,
    Experiment.COUNTED: _counted,
    Experiment.WIDE_SCOPES: _wide_scopes,
    Experiment.FILES: _files,
    Experiment.BLIND_SPOTS: _blind_spots,
}
