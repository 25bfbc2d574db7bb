"""What the panel says of a group, on members whose answer is known by hand."""

from __future__ import annotations

from dataclasses import replace

import pytest

from explorer.ui.graph.group_facts import (
    in_short,
    member_rows,
    reason_counts,
    removal_rows,
    removed_channels,
    sentence,
    shape_after,
    spans,
    taken,
    together,
    unscored,
)
from explorer.values import Axis, ChannelCriterion, Group, IndexMap, Member, ReasonKind


def member(
    layer: str, axis: Axis, width: int, schema: tuple[str, ...], index_map: IndexMap | None = None
) -> Member:
    reason = ReasonKind.CONSUMER if axis is Axis.IN else ReasonKind.ROOT
    index_map = index_map or IndexMap()
    return Member(layer, layer, axis, "prune", width, index_map, reason, "why", layer, True, schema)


CONV = member("conv", Axis.OUT, 4, ("4*", "3", "3", "3"))
CONCAT = member("after", Axis.IN, 10, ("5", "10*", "1", "1"), IndexMap(offset=6))
FLATTEN = member("head", Axis.IN, 4 * 49, ("10", "196*"), IndexMap(repeat=49))
ADD = member("add:block", Axis.OUT, 0, ())
GROUP = Group(0, "conv", 4, 1, (ADD, CONV, CONCAT, FLATTEN))


def test_removing_a_channel_takes_the_members_own_indices() -> None:
    assert taken(CONV, [2]) == [2]
    assert taken(CONCAT, [0, 2]) == [6 + 0, 6 + 2]
    assert taken(FLATTEN, [1]) == list(range(49, 2 * 49))


def test_the_removal_table_shows_shapes_before_and_after() -> None:
    assert [(row["layer"], row["shape"], row["channels"]) for row in removal_rows(GROUP, (1,))] == [
        ("conv", "4×3×3×3 → 3×3×3×3", "1"),
        ("after", "5×10×1×1 → 5×9×1×1", str(6 + 1)),
        ("head", "10×196 → 10×147", "49–97"),
    ]


def test_a_shape_shrinks_in_proportion_where_a_conv_group_stores_a_part() -> None:
    grouped = member("grouped", Axis.IN, 8, ("8", "4*", "3", "3"))  # two conv groups of 4 input channels
    assert shape_after(grouped, 4) == "8×2×3×3"
    attention = member("attention", Axis.OUT, 768, ("3x768*", "768*"))
    assert shape_after(attention, 12) == f"3x{768 - 12}×{768 - 12}"


def test_heads_lose_the_same_position_each() -> None:
    heads = Group(1, "attention", 12, 3, ())  # 3 heads of 4
    assert together(heads, 1) == together(heads, 5) == (1, 5, 9)
    assert together(GROUP, 3) == (3,)


def test_channels_of_a_plan_are_read_off_a_layer_of_the_group() -> None:
    assert removed_channels(GROUP, {"conv": (0, 3), "elsewhere": (1,)}) == (0, 3)
    assert removed_channels(GROUP, {"elsewhere": (1,)}) == ()


@pytest.mark.parametrize(
    "indices, written",
    [
        ([], ""),
        ([3], "3"),
        ([0, 1, 2, 5], "0–2, 5"),
        (list(range(0, 20, 2)), "0, 2, 4, 6, 8, 10, and 4 more"),
    ],
)
def test_indices_are_written_as_spans(indices: list[int], written: str) -> None:
    assert spans(indices) == written


def test_the_sentence_counts_layers_and_axes() -> None:
    assert sentence(GROUP) == (
        "Removing one of these 4 channels takes it from **3 layers** at once: "
        "from the outputs of 1, from the inputs of 2."
    )


def test_of_a_group_that_stays_whole_nothing_is_said_to_go() -> None:
    whole = replace(GROUP, kept_because="It is to be kept.")
    assert sentence(whole) == "**3 layers** share these 4 channels."


def test_layers_with_weights_come_before_operations() -> None:
    rows = member_rows(GROUP)
    assert [row["layer"] for row in rows] == ["conv", "after", "head", "add:block"]
    assert rows[1]["schema"] == "5×10*×1×1"
    assert dict(reason_counts(GROUP)) == {"starting point": 2, "reads these channels": 2}


def test_importance_in_short_names_the_extremes_and_the_silent() -> None:
    assert in_short([1.5, 0.001, 0.4, 2.099]) == (
        "1 of 4 channels score below 0.01. Channel 1 matters least (below 0.01), "
        "channel 3 most (2.10); a score of 1 is the group's mean."
    )


def test_what_a_score_of_one_means_depends_on_the_criterion() -> None:
    assert in_short([1.0, 0.5], ChannelCriterion.FPGM).endswith("; a score of 1 is the group's mean.")
    assert in_short([1.0, 0.5], ChannelCriterion.LAMP).endswith("; a score of 1 is the maximum.")


def test_a_group_without_scores_says_whether_it_stays_whole_or_the_criterion_finds_nothing() -> None:
    whole = replace(GROUP, kept_because="It is the output.")
    assert unscored(whole, ChannelCriterion.L2).endswith("It is the output.")
    assert unscored(GROUP, ChannelCriterion.BN_SCALE) == (
        "No layer of this group has what BN scale scores. Pick another criterion."
    )
