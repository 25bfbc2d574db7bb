"""Draws ``architecture.png`` from the imports of the code: a box is a folder, an arrow says who imports whom."""

from __future__ import annotations

import json
import textwrap
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt
from matplotlib.axes import Axes
from matplotlib.patches import FancyBboxPatch

from images.folders import Arrow, Folder, arrows, drawn, folders, rows
from tests.helpers.imports import modules

TARGET = Path(__file__).parent / "architecture.png"
DATA = "Imports"  # the entry of the file's metadata that says which imports the picture shows
INK, MUTED, EDGE = "#1f2937", "#6b7280", "#9ca3af"
PLAIN, TORCH = "#dbeafe", "#dcfce7"
MAIN, SIDE, GAP, ROW, HEIGHT = 5.0, 2.4, 0.25, 1.2, 0.9  # widths of the columns, and heights
LETTERS = 13.0  # that go into one unit of width
LEGEND = (
    "Blue imports no torch. Arrows are imports; where a way leads along several, there may be a direct import, too. "
    "Nothing points up."
)


@dataclass(frozen=True)
class Box:
    """A folder at its place; y counts down from the top."""

    folder: Folder
    x: float
    y: float
    width: float

    @property
    def middle(self) -> float:
        """Where its arrows start and end."""
        return self.x + self.width / 2

    @property
    def bottom(self) -> float:
        """Its lower edge."""
        return self.y + HEIGHT


def main() -> None:
    """Draw the picture, and write into the file what it shows."""
    sources = modules()
    shown = arrows(sources)
    boxes = placed(folders(sources), shown)
    width, height = (
        max(box.x + box.width for box in boxes.values()),
        max(box.bottom for box in boxes.values()),
    )
    figure, axes = plt.subplots(figsize=(width + 0.4, height + 0.8), dpi=90)
    axes.set_xlim(-0.2, width + 0.2)
    axes.set_ylim(height + 0.6, -0.2)
    axes.axis("off")
    for arrow in drawn(shown):
        _arrow(axes, *(boxes[name] for name in arrow))
    for box in boxes.values():
        _box(axes, box)
    axes.text(0, height + 0.4, LEGEND, fontsize=11, color=INK)
    figure.subplots_adjust(left=0.01, right=0.99, top=0.99, bottom=0.01)
    figure.savefig(TARGET, facecolor="white", metadata={DATA: json.dumps(sorted(shown))})
    plt.close(figure)
    print(f"wrote {TARGET}")


def placed(found: list[Folder], shown: set[Arrow]) -> dict[str, Box]:
    """Boxes by name: the longest chain of imports on the left, all others in columns of their own beside it.

    The lowest of the others stand nearest, so that no arrow crosses another; what ends the chain is as wide as all.
    """
    row = rows((folder.name for folder in found), shown)
    chain = longest_chain(row, shown)
    beside = sorted((name for name in row if name not in chain), key=lambda name: (-row[name], name))
    column = {name: MAIN + GAP + place * (SIDE + GAP) for place, name in enumerate(beside)}
    full = MAIN + len(beside) * (SIDE + GAP)
    width = dict.fromkeys(chain, MAIN) | dict.fromkeys(beside, SIDE) | {chain[-1]: full}
    return {
        one.name: Box(one, column.get(one.name, 0.0), row[one.name] * ROW, width[one.name]) for one in found
    }


def longest_chain(row: Mapping[str, int], shown: set[Arrow]) -> list[str]:
    """Folders from the top to the lowest row, each importing the next."""
    importing = Counter(who for who, _ in shown)
    chain = [max(sorted(row), key=lambda name: row[name])]
    while above := [who for who, what in shown if what == chain[0] and row[who] == row[what] - 1]:
        chain.insert(0, max(sorted(above), key=lambda name: importing[name]))
    return chain


def _box(axes: Axes, box: Box) -> None:
    folder = box.folder
    axes.add_patch(
        FancyBboxPatch(
            (box.x, box.y), box.width, HEIGHT, boxstyle="round,pad=0,rounding_size=0.1", zorder=2,
            facecolor=TORCH if "torch" in folder.libraries else PLAIN, edgecolor=EDGE, linewidth=1.0,
        )
    )  # fmt: skip
    says = textwrap.wrap(folder.says, int(box.width * LETTERS), max_lines=3)
    axes.text(box.x + 0.12, box.y + 0.26, folder.name, fontsize=12, color=INK, weight="bold", zorder=3)
    axes.text(box.x + 0.12, box.y + 0.36, "\n".join(says), fontsize=8.5, color=INK, va="top", zorder=3)
    if box.width > SIDE:
        libraries = ", ".join(folder.libraries)
        axes.text(
            box.x + box.width - 0.12, box.y + 0.26, libraries, fontsize=8.5, color=MUTED, ha="right", zorder=3
        )


def _arrow(axes: Axes, who: Box, what: Box) -> None:
    """Straight down where that leads into the box, else along one bend."""
    if what.x <= who.middle <= what.x + what.width:
        path = [(who.middle, who.bottom), (who.middle, what.y)]
    elif who.x < what.x:
        level = who.y + 0.65 * HEIGHT
        path = [(who.x + who.width, level), (what.middle, level), (what.middle, what.y)]
    else:
        level = what.y + 0.35 * HEIGHT
        path = [(who.middle, who.bottom), (who.middle, level), (what.x + what.width, level)]
    axes.plot(*zip(*path[:-1], strict=True), color=MUTED, linewidth=1.4, zorder=1)
    style = {"arrowstyle": "-|>", "color": MUTED, "linewidth": 1.4, "shrinkA": 0, "shrinkB": 0}
    axes.annotate("", xy=path[-1], xytext=path[-2], arrowprops=style, zorder=1)


if __name__ == "__main__":
    main()
