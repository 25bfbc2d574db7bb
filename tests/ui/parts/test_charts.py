"""What the charts show, before anything is drawn."""

from __future__ import annotations

from explorer.ui.parts.charts import NAME_ENDS, by_block
from explorer.ui.parts.live_charts import losing_most, widths
from explorer.values import GroupChange, LayerPlan, LayerRow


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


def test_long_names_keep_their_end_by_which_they_differ() -> None:
    named = {"x": widths([change("conv1", 64, 32)]), "y": losing_most([GroupChange(0, "conv1", 64, 32)])}
    for channel, figure in named.items():
        assert figure.spec["layer"][0]["encoding"][channel]["axis"]["labelExpr"] == NAME_ENDS


def test_the_axis_of_widths_stays_while_the_ratio_changes() -> None:
    dense, pruned = widths([change("conv1", 64, 64)]), widths([change("conv1", 64, 1)])
    assert dense.spec == pruned.spec


def test_the_groups_that_lose_most_channels_come_first() -> None:
    groups = [GroupChange(index, f"conv{index}", 100, removed) for index, removed in enumerate((5, 50, 20))]
    assert list(losing_most(groups, most=2).data["channels"]) == ["50 of 100", "20 of 100"]
