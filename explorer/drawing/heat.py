"""Colours for numbers, and which group's number a node shows. Values only; joined to the drawing by node id."""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from dataclasses import dataclass

from explorer.values import Axis, LayerGraph

# From what the page looks like to what stands out most, so that lightness alone tells them apart, whoever looks.
_STOPS = (0.0, "#dbe4ea"), (0.1, "#f2d09b"), (0.4, "#d9812e"), (1.0, "#9e2a2b")  # share of the top, colour
_ON_DARK = (0.0, "#2a3744"), (0.1, "#6e4526"), (0.4, "#cf7a33"), (1.0, "#ffc9b0")
DARK, LIGHT = "#1b262c", "#ffffff"  # text on them
_TURNS, _TURNS_ON_DARK = 0.6, 0.33  # of the top: from here on the other text is read more easily


@dataclass(frozen=True, slots=True)
class Scale:
    """Numbers from 0 to a top → colours; what lies beyond has the colour of the nearer end."""

    top: float
    on_dark: bool = False  # of the page

    @property
    def stops(self) -> tuple[tuple[float, str], ...]:
        """Numbers with a colour of their own; between two, red, green and blue follow a straight line.

        Close together near 0: that is where groups differ in what matters.
        """
        return tuple((share * self.top, colour) for share, colour in (_ON_DARK if self.on_dark else _STOPS))

    def colour(self, number: float) -> str:
        """As ``#rrggbb``."""
        numbers, colours = zip(*self.stops, strict=True)
        held = min(max(number, 0.0), self.top)
        place = min(bisect_right(numbers, held), len(numbers) - 1)
        share = (held - numbers[place - 1]) / (numbers[place] - numbers[place - 1])
        pairs = zip(_parts(colours[place - 1]), _parts(colours[place]), strict=True)
        return "#" + "".join(f"{round(low + share * (high - low)):02x}" for low, high in pairs)

    @property
    def turn(self) -> float:
        """Text on colours of larger numbers is the other of `inks`."""
        return (_TURNS_ON_DARK if self.on_dark else _TURNS) * self.top

    @property
    def inks(self) -> tuple[str, str]:
        """Text on colours of numbers up to `turn`, and beyond."""
        return (LIGHT, DARK) if self.on_dark else (DARK, LIGHT)

    def ink(self, number: float) -> str:
        """Colour of text on that colour."""
        return self.inks[number > self.turn]


def handed_on(graph: LayerGraph) -> dict[str, int]:
    """Node id → the group whose channels the node hands on.

    A convolution reads one group's channels and makes another's: it belongs to the one that it makes. What hands on
    channels of several groups, such as a concatenation, belongs to none.
    """
    groups: defaultdict[str, set[int]] = defaultdict(set)
    for group in graph.groups:
        for member in group.members:
            if member.axis is Axis.OUT:
                groups[member.node].add(group.id)
    return {node: min(found) for node, found in groups.items() if len(found) == 1}


def _parts(colour: str) -> tuple[int, int, int]:
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)
