"""Sparse training: accuracy at one ratio with it and without it, right after, re-calibrated and fine-tuned."""

from __future__ import annotations

from dataclasses import replace

import torch

from benchmarks.measuring import title
from explorer import sources
from explorer.anatomy.copies import copied
from explorer.anatomy.network import Network
from explorer.backends.bench import Bench
from explorer.backends.depgraph.planner import DepGraphPlanner
from explorer.measuring.judging import evaluate, judge_of
from explorer.measuring.training import fine_tune
from explorer.process.steps import finished
from explorer.studies.sparse_training import trained_sparsely
from explorer.values import ChannelOptions, FineTune
from explorer.values.sparse_training import SparseTraining

NETWORKS = ("mnist-resnet", "digits-cnn", "digits-resnet", "digits-mobilenet")
RATIO, SPARSE, TUNE = 0.5, SparseTraining(), FineTune(epochs=3)


def main() -> None:
    """Print two rows a network, on one thread."""
    torch.set_num_threads(1)
    title(
        f"DepGraph at {RATIO}, local L2, with sparse training ({SPARSE.epochs} epochs, {SPARSE.regularizer.label} at "
        f"{SPARSE.pull:g}) and without; fine-tuned for {TUNE.epochs} epochs",
        "network",
        "trained",
        "channels faded",
        "dense",
        "right after",
        "re-calibrated",
        "fine-tuned",
        "MACs",
    )
    for name in NETWORKS:
        net = sources.load(name)
        module, found = finished(trained_sparsely(net, SPARSE))
        print(f"| {name} | as shipped | – | {_pruned(net)} |", flush=True)
        faded = f"{found.faded} of {found.channels}"
        print(f"| {name} | sparsely | {faded} | {_pruned(replace(net, module=module))} |", flush=True)


def _pruned(net: Network) -> str:
    planner, judge = DepGraphPlanner(Bench(net), ChannelOptions()), judge_of(net)
    assert judge
    plan = planner.plan(RATIO)
    pruned = planner.apply(plan)
    again, tuned = copied(pruned), copied(pruned)
    judge.recalibrate(again)
    list(fine_tune(tuned, net, TUNE.epochs, TUNE.learning_rate))
    steps = [evaluate(module, net).value for module in (net.module, pruned, again, tuned)]
    return " | ".join(
        [*(f"{100 * one:.1f} %" for one in steps), f"{100 * plan.macs / plan.macs_before:.0f} %"]
    )
