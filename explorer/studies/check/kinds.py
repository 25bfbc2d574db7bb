"""The kinds of findings: each one function, and one entry of `KINDS`."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from explorer.studies.check import of_graph, of_module
from explorer.studies.check.facts import Facts
from explorer.studies.check.found import Found

KINDS: Mapping[str, Callable[[Facts], Found]] = {  # in the order in which they are shown
    "coverage": of_graph.coverage,
    "output layers": of_graph.output_layers,
    "walls": of_graph.walls,
    "left whole": of_graph.left_whole,
    "tied weights": of_module.tied_weights,
    "parts that only training uses": of_module.training_parts,
    "number type": of_module.number_type,
    "MAC counters": of_module.mac_counters,
    "trial": of_module.trial,
}
