"""What the charts show, before anything is drawn."""

from __future__ import annotations

import ast
from typing import Any

import pytest

from explorer.ui.extras.native.charts import histogram
from explorer.ui.graph.group_charts import ranking
from explorer.ui.parts.charts import NAME_ENDS, accuracies, by_block, where_it_sits
from explorer.ui.parts.live_charts import widths
from explorer.ui.parts.training_charts import stages
from explorer.values import Evaluation, LayerPlan, LayerRow, MaskSteps
from explorer.words import formats


def layer(name: str, kind: str = "Conv2d", params: int = 10, macs: int = 100) -> LayerRow:
    """A layer whose shapes do not matter."""
    return LayerRow(name, kind, None, None, params, macs)


def change(name: str, before: int, after: int, kind: str = "Conv2d") -> LayerPlan:
    """A layer whose counts do not matter."""
    return LayerPlan(name, kind, before, after, 0, 0, 0, 0, 0, 0)


def test_blocks_are_as_fine_as_the_rows_allow_and_lose_nothing() -> None:
    layers = [layer(f"stage{stage}.block{block}.conv") for stage in range(4) for block in range(3)]
    assert len(by_block(layers, most=12)) == 4 * 3
    assert by_block(layers, most=11) == [(f"stage{stage}", 3 * 10, 3 * 100) for stage in range(4)]


def test_a_flat_network_shows_its_largest_layers_and_the_rest_in_one_row() -> None:
    layers = [layer(f"conv{index}", params=index) for index in range(1, 7)]
    blocks = by_block(layers, most=3)
    assert [name for name, _, _ in blocks] == ["conv5", "conv6", "4 others"]
    assert sum(params for _, params, _ in blocks) == 1 + 2 + 3 + 4 + 5 + 6


def test_a_norm_that_stands_alone_counts_with_the_layer_before_it() -> None:
    layers = [layer("conv1"), layer("bn1", "BatchNorm2d", params=4, macs=0), layer("fc")]
    assert by_block(layers) == [("conv1", 14, 100), ("fc", 10, 100)]


def test_widths_leave_out_norms_which_are_as_wide_as_the_layer_before_them() -> None:
    figure = widths(
        [change("conv1", 64, 32), change("bn1", 64, 32, "BatchNorm2d"), change("fc", 10, 10, "Linear")]
    )
    assert list(figure.data["layer"]) == ["conv1", "fc"]
    assert list(figure.data["after"]) == [32, 10]


def test_long_names_keep_their_end_by_which_they_differ_and_lie_flat() -> None:
    axis = widths([change("conv1", 64, 32)]).spec["layer"][0]["encoding"]["y"]["axis"]
    assert axis["labelExpr"] == NAME_ENDS
    assert "labelAngle" not in axis


def test_a_classifier_wider_than_all_before_it_is_named_instead_of_drawn() -> None:
    figure = widths([change("conv1", 64, 32), change("conv2", 128, 64), change("fc", 1000, 1000, "Linear")])
    assert list(figure.data["layer"]) == ["conv1", "conv2"]
    numbers = figure.spec["layer"][0]["encoding"]["x"]
    assert numbers["scale"]["domain"] == [0, 128]
    assert numbers["title"] == ["output channels", "(not drawn: fc, 1,000)"]


def test_of_many_layers_what_is_not_drawn_stands_below_the_chart_where_there_is_room() -> None:
    many = [change(f"conv{place}", 64, 32) for place in range(40)]
    layers = widths([*many, change("fc", 1000, 1000, "Linear")]).spec["layer"][0]["encoding"]
    assert layers["y"]["title"] == ["output channels"]
    assert "not drawn: fc, 1,000" in layers["x"]["title"]
    assert (
        max(map(len, layers["x"]["title"])) < 40
    )  # a longer line takes the room of the bars where that is narrow


def test_the_axis_of_widths_stays_while_the_ratio_changes() -> None:
    dense, pruned = widths([change("conv1", 64, 64)]), widths([change("conv1", 64, 1)])
    assert dense.spec == pruned.spec


def test_the_curve_of_accuracies_shows_each_step_with_its_interval_and_no_other() -> None:
    steps = [("dense", Evaluation(0.9, 0.1, 100)), ("right after", Evaluation(0.2, 2.0, 100, half=0.05))]
    drawn = stages(steps).to_dict()
    rules = [layer for layer in drawn["layer"] if "y2" in layer["encoding"]]
    assert [rule["encoding"]["y"]["field"] for rule in rules] == ["low"]
    rows = drawn["datasets"][rules[0]["data"]["name"]]
    assert [(row["step"], round(row["low"], 3), round(row["high"], 3)) for row in rows] == [
        ("dense", 0.826, 0.945),  # Wilson's interval of 90 of 100
        ("right after", 0.15, 0.25),
    ]


def test_both_layers_of_a_ranking_title_the_axis_as_ranks() -> None:
    layers = ranking([0.5, 0.1, 0.9], removed={1}).to_dict()["layer"]
    titles = {layer["encoding"]["x"]["title"] for layer in layers}  # one that is None would win
    assert len(titles) == 1
    assert "rank" in titles.pop()


def test_ticks_of_a_histogram_say_different_scores() -> None:
    edges = tuple(0.0201 + 0.0001 * step for step in range(9))
    steps = MaskSteps("conv", (8, 1), "weight", 8, 4, 0.0205, edges, (1,) * 8, (), (), 0.0, 0.0, 0.0, 8)
    axis = histogram(steps).spec["layer"][0]["encoding"]["x"]["axis"]
    told = ast.literal_eval(axis["labelExpr"].removesuffix("[datum.value]"))
    assert len({told[tick] for tick in axis["values"]}) == len(axis["values"]) == 5


def test_an_axis_of_scores_begins_at_0_where_its_first_edge_is_nearly_nothing() -> None:
    edges = (2e-6, *(0.02 * step for step in range(1, 9)))
    steps = MaskSteps("conv", (8, 1), "weight", 8, 4, 0.08, edges, (1,) * 8, (), (), 0.0, 0.0, 0.0, 8)
    told = ast.literal_eval(
        histogram(steps).spec["layer"][0]["encoding"]["x"]["axis"]["labelExpr"].removesuffix("[datum.value]")
    )
    assert told[0] == "0"


@pytest.mark.parametrize(
    "spec", [where_it_sits([layer("conv")]).to_dict(), widths([change("conv", 8, 4)]).spec]
)
def test_every_chart_writes_shares_as_the_pages_do(spec: dict[str, Any]) -> None:
    sign = spec["config"]["locale"]["number"]["percent"]
    assert f"50{sign}" == formats.unbroken(formats.share(1, 2))


def test_the_number_of_a_short_bar_stands_beside_it() -> None:
    drawn = accuracies([("dense", Evaluation(0.9, 0.1, 100)), ("right after", Evaluation(0.1, 2.0, 100))])
    rows = next(iter(drawn.to_dict()["datasets"].values()))
    assert [row["short"] for row in rows] == [False, True]
