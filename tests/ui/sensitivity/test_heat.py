"""Colours laid over the dependency graph: which number a box shows, and in which colour."""

from __future__ import annotations

from itertools import pairwise

import pytest

from explorer.drawing.heat import DARK, LIGHT, Scale, handed_on
from explorer.engine import calls
from explorer.ui.parts.heat import heat_of
from explorer.ui.parts.sensitivity_metrics import cost, metrics_of
from explorer.values import (
    Evaluation,
    GroupSensitivity,
    LayerGraph,
    NetworkSpec,
    NodeKind,
    Sensitivity,
    SensitivityPoint,
    SweepOptions,
    Weights,
)

RESNET = NetworkSpec("digits-resnet", Weights.TRAINED)
DENSENET = NetworkSpec("digits-densenet", Weights.TRAINED)


def luminance(colour: str) -> float:
    """Relative luminance as WCAG 2 defines it."""
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    dark, light = sorted((luminance(one), luminance(other)))
    return (light + 0.05) / (dark + 0.05)


def sensitivity(graph_id: int, spec: NetworkSpec = RESNET) -> Sensitivity:
    """One measured group that loses 0.2 and 0.6 of accuracy, and adds 0.5 and 2.5 of loss."""
    points = (SensitivityPoint(0.3, 3, 0.8, 1.5), SensitivityPoint(0.7, 7, 0.4, 3.5))
    dense = Evaluation(1.0, 1.0, 100)
    options = SweepOptions(ratios=(0.3, 0.7))
    return Sensitivity(
        spec, options, dense, (GroupSensitivity(graph_id, "a", True, 10, points),), 0.0, "here"
    )


ACCURACY, LOSS = metrics_of(sensitivity(0))


def group_made_by(graph: LayerGraph, node: str) -> int:
    return handed_on(graph)[node]


@pytest.mark.parametrize(
    ("number", "colour"),
    [
        (0.0, "#dbe4ea"),
        (-0.5, "#dbe4ea"),
        (0.2, "#f2d09b"),
        (0.35, "#ecbc80"),  # a quarter of the way from f2d09b at 0.2 to d9812e at 0.8
        (2.0, "#9e2a2b"),
        (9.0, "#9e2a2b"),
    ],
)
def test_a_number_has_the_colour_between_its_neighbours(number: float, colour: str) -> None:
    assert Scale(2.0).colour(number) == colour


def test_colours_get_darker_all_the_way_so_lightness_alone_tells_them_apart() -> None:
    lightness = [luminance(Scale(1.0).colour(step / 50)) for step in range(51)]
    assert all(lower < higher for higher, lower in pairwise(lightness))


def test_text_can_be_read_on_every_colour() -> None:
    scale = Scale(1.0)
    pairs = [(scale.colour(step / 50), scale.ink(step / 50)) for step in range(51)]
    assert {ink for _, ink in pairs} == {DARK, LIGHT}
    assert min(contrast(*pair) for pair in pairs) > 3.5


def test_a_layer_shows_the_group_that_it_makes_and_not_the_one_that_it_reads() -> None:
    graph = calls.graph(RESNET)
    made = handed_on(graph)
    reads, makes = made["stem.conv"], made["stage2.block0.conv1"]
    assert reads != makes
    node = graph.node("stage2.block0.conv1")
    assert {reads, makes} == set(node.groups)
    assert made["stage1.block0.conv2"] == made["stem.conv"]  # joined by a sum


def test_what_hands_on_channels_of_several_groups_shows_none() -> None:
    graph = calls.graph(DENSENET)
    made = handed_on(graph)
    joins = [node for node in graph.nodes if node.kind is NodeKind.CONCAT]
    assert joins
    several = [node.id for node in joins if len(node.groups) > 1]
    assert several
    assert not set(several) & set(made)


def test_the_cost_of_a_group_is_a_mean_or_one_ratio() -> None:
    found = sensitivity(0)
    (group,) = found.groups
    assert cost(found, group, ACCURACY) == pytest.approx((0.2 + 0.6) / 2)
    assert cost(found, group, ACCURACY, 0.7) == pytest.approx(0.6)
    assert cost(found, group, LOSS) == pytest.approx((0.5 + 2.5) / 2)
    assert cost(found, group, LOSS, 0.3) == pytest.approx(0.5)


def test_the_overlay_colours_every_node_that_makes_the_group_and_no_other() -> None:
    graph = calls.graph(RESNET)
    group = group_made_by(graph, "stem.conv")
    overlay = heat_of(sensitivity(group), graph, ACCURACY, 0.7)
    coloured = {graph.nodes[int(number)].id for number in overlay["nodes"]}
    assert coloured == {node for node, made in handed_on(graph).items() if made == group}
    assert {"stem.conv", "stage1.block0.conv2"} <= coloured
    assert "stage1.block0.conv1" not in coloured
    assert overlay["groups"] == {
        str(group): [Scale(1.0).colour(0.6), DARK, "60.0 points of accuracy lost, at ratio 0.7"]
    }
    assert overlay["title"] == "accuracy lost, at ratio 0.7"


def test_the_overlay_of_loss_has_its_own_scale() -> None:
    graph = calls.graph(RESNET)
    overlay = heat_of(sensitivity(0), graph, LOSS)
    assert overlay["groups"]["0"] == [Scale(3.0).colour(1.5), DARK, "loss 1.50 higher, mean of 2 ratios"]
    assert overlay["ticks"] == ["0", "0.3", "1.2", "3 or more"]
    assert [at for at, _ in overlay["stops"]] == [0, pytest.approx(0.1), pytest.approx(0.4), 1]


def test_what_rises_is_called_a_gain() -> None:
    assert ACCURACY.words(-0.004) == "0.4 points of accuracy won"
    assert LOSS.words(-0.25) == "loss 0.25 lower"
