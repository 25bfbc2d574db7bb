"""Draws ``architecture.png``: which part may ask which, and where the process boundary runs."""

from __future__ import annotations

from pathlib import Path

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt
from matplotlib.axes import Axes
from matplotlib.patches import FancyBboxPatch

TARGET = Path(__file__).parent / "architecture.png"
INK, MUTED = "#1f2937", "#6b7280"
SERVER, ENGINE, LIBRARY = "#dbeafe", "#dcfce7", "#fef3c7"

# (x, y, width, title, what it does); y counts down from the top
BOXES = (
    (0.5, 0.9, 3.2, "app.py, pages/", "one script a page, read top to bottom", SERVER),
    (0.5, 2.3, 3.2, "explorer/ui", "shell, shared parts, a folder for each page", SERVER),
    (0.5, 3.7, 3.2, "explorer/drawing", "fixed layout, SVG, standalone HTML", SERVER),
    (0.5, 5.1, 3.2, "explorer/engine/calls.py", "names in, frozen results out", SERVER),
    (5.6, 0.9, 3.6, "engine/answers.py", "what may be called; bounded caches", ENGINE),
    (5.6, 2.3, 3.6, "backends/", "plan in integers, apply with the library", ENGINE),
    (5.6, 3.7, 3.6, "graph, anatomy", "groups, reasons, MACs, slicing", ENGINE),
    (5.6, 5.1, 3.6, "sources, measuring", "networks, digits, accuracy", ENGINE),
    (10.6, 2.3, 3.0, "depgraph/torch_pruning/", "the one folder that imports Torch-Pruning", LIBRARY),
    (10.6, 5.1, 3.0, "sources/vision.py", "the one file that imports torchvision", LIBRARY),
)
ARROWS = (
    ((2.1, 1.8), (2.1, 2.3)),
    ((2.1, 3.2), (2.1, 3.7)),
    ((0.5, 2.75), (0.5, 5.55)),
    ((7.4, 1.8), (7.4, 2.3)),
    ((7.4, 3.2), (7.4, 3.7)),
    ((7.4, 4.6), (7.4, 5.1)),
    ((9.2, 2.75), (10.6, 2.75)),
    ((9.2, 5.55), (10.6, 5.55)),
)


def main() -> None:
    """Draw the picture."""
    figure, axes = plt.subplots(figsize=(14, 7.4), dpi=100)
    axes.set_xlim(0, 14)
    axes.set_ylim(7.6, 0)
    axes.axis("off")
    _frame(axes, 0.15, 0.25, 4.0, 6.1, "Streamlit process · imports no torch")
    _frame(axes, 5.25, 0.25, 8.6, 6.1, "Engine processes, and one process for each long run")
    for box in BOXES:
        _box(axes, *box)
    for start, end in ARROWS:
        bow = "arc3,rad=0.25" if start[0] == end[0] == 0.5 else "arc3"
        _arrow(axes, start, end, bow)
    _arrow(axes, (3.7, 5.55), (5.6, 1.35), "arc3,rad=-0.12")
    axes.text(
        4.7, 4.9, "frozen plain\nvalues, time\nand memory\nlimits", ha="center", fontsize=10, color=MUTED
    )
    axes.text(
        0.15, 6.95,
        "values and words are known to all. Arrows are imports and calls: nothing points up.",
        fontsize=11, color=INK,
    )  # fmt: skip
    figure.subplots_adjust(left=0.01, right=0.99, top=0.99, bottom=0.01)
    figure.savefig(TARGET, facecolor="white")
    print(f"wrote {TARGET}")


def _frame(axes: Axes, x: float, y: float, width: float, height: float, title: str) -> None:
    axes.add_patch(
        FancyBboxPatch(
            (x, y), width, height, boxstyle="round,pad=0,rounding_size=0.15",
            facecolor="#f9fafb", edgecolor="#d1d5db", linewidth=1.2,
        )
    )  # fmt: skip
    axes.text(x + 0.2, y + 0.38, title, fontsize=11.5, color=MUTED)


def _box(axes: Axes, x: float, y: float, width: float, title: str, role: str, colour: str) -> None:
    axes.add_patch(
        FancyBboxPatch(
            (x, y), width, 0.9, boxstyle="round,pad=0,rounding_size=0.1",
            facecolor=colour, edgecolor="#9ca3af", linewidth=1.0, zorder=2,
        )
    )  # fmt: skip
    axes.text(x + 0.15, y + 0.36, title, fontsize=12, color=INK, weight="bold", zorder=3)
    axes.text(x + 0.15, y + 0.68, role, fontsize=9.5, color=INK, zorder=3)


def _arrow(axes: Axes, start: tuple[float, float], end: tuple[float, float], bow: str) -> None:
    style = {"arrowstyle": "-|>", "color": MUTED, "linewidth": 1.4, "connectionstyle": bow}
    axes.annotate("", xy=end, xytext=start, arrowprops=style, zorder=1)


if __name__ == "__main__":
    main()
