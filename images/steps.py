"""Draws ``depgraph_pruning_step.png``: DepGraph's three steps on one real group of digits-resnet."""

from __future__ import annotations

from pathlib import Path

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.patches import FancyBboxPatch
from numpy.typing import NDArray

from explorer import sources
from explorer.anatomy.network import Network
from explorer.backends.bench import Bench
from explorer.backends.depgraph.planner import DepGraphPlanner
from explorer.drawing.highlight import highlights
from explorer.drawing.layout import layout
from explorer.drawing.shapes import Box
from explorer.graph.build import dependency_graph
from explorer.values import Axis, ChannelOptions, Group, LayerGraph

TARGET = Path(__file__).parent / "depgraph_pruning_step.png"
RATIO = 0.5
INK, MUTED, FAINT, ACCENT, GONE = "#1f2937", "#6b7280", "#e5e7eb", "#2563eb", "#dc2626"


def main() -> None:
    """Draw the picture from a network loaded and ranked just now."""
    net = sources.load("digits-resnet")
    graph = dependency_graph(net)
    group = _widest_residual(graph)
    planner = DepGraphPlanner(Bench(net), ChannelOptions())
    scores = np.array(planner.scores()[group.id])
    gone = np.array(planner.plan(RATIO).removed[group.root])
    figure, (left, middle, right) = plt.subplots(
        1, 3, figsize=(16, 7), width_ratios=(1.0, 1.15, 1.35), dpi=100
    )
    _grouping(left, graph, group)
    _importance(middle, scores, gone)
    _removal(right, net, group, gone)
    figure.suptitle(
        f"How DepGraph prunes · {net.name}, the group of '{group.root}', pruning ratio {RATIO:g}",
        x=0.02, ha="left", fontsize=16, color=INK, weight="bold",
    )  # fmt: skip
    figure.subplots_adjust(left=0.02, right=0.985, top=0.82, bottom=0.08, wspace=0.16)
    figure.savefig(TARGET, facecolor="white")
    print(f"wrote {TARGET}")


def _widest_residual(graph: LayerGraph) -> Group:
    """The prunable group with most layers: the one that residual sums hold together."""
    return max((group for group in graph.groups if group.prunable), key=lambda group: len(group.layers))


def _title(axes: Axes, step: str, sentence: str) -> None:
    axes.set_title(step, loc="left", fontsize=13, color=INK, weight="bold", pad=30)
    axes.text(0, 1.02, sentence, transform=axes.transAxes, fontsize=10.5, color=MUTED, va="bottom")


def _grouping(axes: Axes, graph: LayerGraph, group: Group) -> None:
    """Boxes of the group in the drawing of the whole network; what it does not touch is left pale."""
    _title(
        axes,
        "1 · Grouping",
        f"{len(group.layers)} layers must lose the same of their {group.channels} channels",
    )
    drawing = layout(graph, canvas=(200.0, 4000.0))
    lit = highlights(graph, drawing)[group.id]
    inside = [box for box in drawing.boxes if any(node in lit.outputs | lit.inputs for node in box.nodes)]
    top, bottom = min(box.y for box in inside) - 26, max(box.y + box.h for box in inside) + 26
    for number, line in enumerate(drawing.lines):
        x, y = zip(*((px, py) for px, py, _ in line.points), strict=True)
        style = "--" if line.shortcut else "-"
        axes.plot(x, y, style, color=ACCENT if number in lit.lines else FAINT, linewidth=1.4, zorder=1)
    for box in drawing.boxes:
        _box(axes, box, any(n in lit.outputs for n in box.nodes), any(n in lit.inputs for n in box.nodes))
    axes.set_xlim(min(box.x for box in drawing.boxes) - 30, max(box.x + box.w for box in drawing.boxes) + 16)
    axes.set_ylim(bottom, top)
    axes.axis("off")
    axes.text(
        0, -0.05, "filled: output channels go · outlined: input channels go",
        transform=axes.transAxes, fontsize=9.5, color=MUTED,
    )  # fmt: skip


def _box(axes: Axes, box: Box, loses_outputs: bool, loses_inputs: bool) -> None:
    edge = ACCENT if loses_outputs or loses_inputs else FAINT
    face, ink = ("#dbeafe", INK) if loses_outputs else ("white", INK if loses_inputs else MUTED)
    axes.add_patch(
        FancyBboxPatch(
            (box.x, box.y), box.w, box.h, zorder=2, facecolor=face, edgecolor=edge, linewidth=1.3,
            boxstyle=f"round,pad=0,rounding_size={box.h / 2 if box.circle else 5}",
            linestyle="-" if loses_outputs or not loses_inputs else "--",
        )
    )  # fmt: skip
    text = f"{box.label}  {box.sublabel}" if box.sublabel else box.label
    axes.text(
        box.x + box.w / 2, box.y + box.h / 2, text,
        ha="center", va="center", fontsize=8.5, color=ink, zorder=3, clip_on=True,
    )  # fmt: skip


def _importance(axes: Axes, scores: NDArray[np.float64], gone: NDArray[np.int64]) -> None:
    _title(
        axes, "2 · Importance", f"one score for each of the {len(scores)} channels, over all members together"
    )
    colours = np.where(np.isin(np.arange(len(scores)), gone), GONE, ACCENT)
    axes.bar(np.arange(len(scores)), scores, color=colours.tolist(), width=0.82)
    axes.axhline(scores[gone].max(), color=GONE, linewidth=1, linestyle="--")
    axes.set_ylim(0, scores.max() * 1.12)
    axes.text(
        len(scores) - 0.5,
        scores.max() * 1.06,
        f"red: the {len(gone)} lowest go",
        ha="right",
        fontsize=10,
        color=GONE,
    )
    axes.set_xlabel("channel", color=MUTED)
    axes.set_ylabel("importance (squared L2, the group's mean is 1)", color=MUTED)
    axes.spines[["top", "right"]].set_visible(False)
    axes.tick_params(colors=MUTED)


def _removal(axes: Axes, net: Network, group: Group, gone: NDArray[np.int64]) -> None:
    """Real weights of four members, each with the rows or columns that go."""
    _title(axes, "3 · Removal", f"the same {len(gone)} channels go everywhere: as rows (out) or columns (in)")
    axes.axis("off")
    members = [m for m in group.members if m.width and len(m.schema) == 4]
    outputs = [m for m in members if m.axis is Axis.OUT][:2]
    shown = outputs + [m for m in members if m.axis is Axis.IN][:2]
    for position, member in enumerate(shown):
        weight = net.module.get_parameter(f"{member.layer}.weight").detach().abs().mean((2, 3)).numpy()
        place = axes.inset_axes((0.52 * (position % 2), 0.53 * (1 - position // 2), 0.46, 0.40))
        place.imshow(weight, cmap="Greys", aspect="auto", interpolation="nearest")
        span = place.axhspan if member.axis is Axis.OUT else place.axvspan
        for channel in gone:
            span(channel - 0.5, channel + 0.5, color=GONE, alpha=0.45, linewidth=0)
        rows, columns = weight.shape
        left = (rows - len(gone), columns) if member.axis is Axis.OUT else (rows, columns - len(gone))
        place.set_title(
            f"{member.layer}\n{rows}×{columns} → {left[0]}×{left[1]}", fontsize=9.5, color=INK, loc="left"
        )
        place.set_xticks([])
        place.set_yticks([])


if __name__ == "__main__":
    main()
