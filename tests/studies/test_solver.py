"""The solver: budgets are met to the letter, by ratios that the library turns into the same channels."""

from __future__ import annotations

import math
from dataclasses import replace
from functools import cache, partial

import numpy as np
import pytest
import torch

import explorer
from explorer.measuring.timing import once
from explorer.studies.sensitivity.curves import Curve, curve
from explorer.studies.sensitivity.layer_latency import LatencyModel, Lines
from explorer.studies.sensitivity.solver import Solver
from explorer.studies.sensitivity.sweep import measure_sensitivity
from explorer.values import (
    BudgetKind,
    ChannelOptions,
    CostBudget,
    Evaluation,
    GroupSensitivity,
    Sensitivity,
    SensitivityPoint,
    Solution,
)
from explorer.values.errors import PruningError, UnknownNameError
from tests.helpers.machines import Speed, planted
from tests.helpers.planning import planner_of, report

DENSE = Evaluation(1.0, 0.1, 100)
EXACT = [BudgetKind.MACS, BudgetKind.PARAMS, BudgetKind.BYTES]


@cache
def sensitivity(name: str) -> Sensitivity:
    return measure_sensitivity(explorer.load(name), ratios=(0.2, 0.5, 0.8))


@cache
def solver(name: str) -> Solver:
    return Solver(planner_of(name), sensitivity(name))


def solve(name: str, kind: BudgetKind, share: float) -> Solution:
    return solver(name).solve(CostBudget(kind, share))


@pytest.mark.large
@pytest.mark.parametrize("name", ["digits-resnet", "digits-mobilenet", "digits-densenet"])
@pytest.mark.parametrize("kind", EXACT)
@pytest.mark.parametrize("share", [0.35, 0.6, 0.93])
def test_a_budget_is_met_by_ratios_that_mean_the_same_to_the_planner(
    name: str, kind: BudgetKind, share: float
) -> None:
    solution = solve(name, kind, share)
    solved = solution.solved
    plan = planner_of(name, ChannelOptions(overrides=solved.overrides)).plan(0.0)
    assert (plan.params, plan.macs, plan.bytes) == (solved.params, solved.macs, solved.bytes)
    assert plan.lost == tuple(group.removed for group in solved.groups)
    cost = {BudgetKind.MACS: plan.macs, BudgetKind.PARAMS: plan.params, BudgetKind.BYTES: plan.bytes}[kind]
    assert solved.cost == cost <= solution.limit == share * solution.dense_cost


@pytest.mark.large
@pytest.mark.parametrize("kind", EXACT)
@pytest.mark.parametrize("share", [0.35, 0.6, 0.93])
def test_no_more_loss_is_expected_than_of_one_ratio_for_all(kind: BudgetKind, share: float) -> None:
    solution = solve("digits-resnet", kind, share)
    assert solution.uniform
    assert solution.solved.expected_loss is not None
    assert solution.uniform.expected_loss is not None
    assert solution.solved.expected_loss <= solution.uniform.expected_loss
    assert solution.uniform.cost <= solution.limit


def test_one_ratio_for_all_is_the_lowest_that_meets_the_budget() -> None:
    solution = solve("digits-resnet", BudgetKind.MACS, 0.5)
    planner = planner_of("digits-resnet")
    assert solution.uniform
    assert solution.uniform_ratio
    assert planner.plan(solution.uniform_ratio).macs == solution.uniform.macs <= solution.limit
    assert planner.plan(solution.uniform_ratio - 0.01).macs > solution.limit


def test_the_library_leaves_what_was_solved() -> None:
    solved = solve("digits-mobilenet", BudgetKind.PARAMS, 0.5).solved
    done = report(planner_of("digits-mobilenet", ChannelOptions(overrides=solved.overrides)), 0.0)
    assert done.plan_is_library
    pruned = done.pruned
    assert (pruned.params, pruned.macs, pruned.bytes) == (solved.params, solved.macs, solved.bytes)
    assert pruned.pruned == solved.measured


def test_measured_accuracy_beats_one_ratio_for_all_where_groups_differ_much() -> None:
    solution = solve("digits-mobilenet-lasso", BudgetKind.MACS, 0.5)
    assert solution.uniform
    assert solution.solved.measured.accuracy > solution.uniform.measured.accuracy + 0.2


def test_only_the_group_that_costs_nothing_is_pruned_while_that_suffices() -> None:
    name = "digits-cnn"
    planner = planner_of(name)
    free = next(n for n, group in enumerate(planner.ranked.groups) if group.root == "block3.conv")
    planted = Sensitivity(
        planner.net.spec,
        sensitivity(name).options,
        DENSE,
        tuple(
            replace(group, points=(point(group.channels // 2, 0.1 if n == free else 2.0),))
            for n, group in enumerate(sensitivity(name).groups)
        ),
        0.0,
        "here",
    )
    solved = Solver(planner, planted).solve(CostBudget(BudgetKind.MACS, 0.9)).solved
    assert [group.layer for group in solved.groups if group.removed] == ["block3.conv"]
    assert solved.expected_loss == pytest.approx(evaluated(name).loss)


def evaluated(name: str) -> Evaluation:
    net = explorer.load(name)
    return explorer.evaluate(net.module, net.data)


def point(removed: int, loss: float, accuracy: float = 1.0) -> SensitivityPoint:
    return SensitivityPoint(0.5, removed, accuracy, loss)


def made_of(*points: SensitivityPoint, nameable: bool = True) -> GroupSensitivity:
    return GroupSensitivity(1, "conv", nameable, 10, points)


def test_between_measured_points_a_curve_is_a_line_and_beyond_them_it_ends() -> None:
    found = curve(made_of(point(4, 0.5, 0.8), point(8, 2.5, 0.4)), 10, 1, DENSE)
    assert found.levels.tolist() == list(range(9))
    assert [found.added(count) for count in range(9)] == pytest.approx(
        [0, 0.1, 0.2, 0.3, 0.4, 0.9, 1.4, 1.9, 2.4]
    )
    assert [1 - found.took(count) for count in range(9)] == pytest.approx(
        [1, 0.95, 0.9, 0.85, 0.8, 0.7, 0.6, 0.5, 0.4]
    )
    assert found.slopes.tolist() == pytest.approx([0.1] * 4 + [0.5] * 4)
    assert [found.reaches(count) for count in (8, 9)] == [True, False]


def test_behind_a_cliff_the_plain_counts() -> None:
    found = curve(made_of(point(2, 1.1), point(8, 1.1)), 10, 1, DENSE)
    assert found.slopes.tolist() == pytest.approx([1.0 / 8] * 8)


def test_levels_are_what_ratios_of_two_digits_can_say() -> None:
    found = curve(made_of(point(290, 0.2)), 300, 1, DENSE)
    assert found.levels.tolist() == sorted({300 - int(300 * (1 - step / 100)) for step in range(96)})
    assert all(300 - int(300 * (1 - ratio)) == n for ratio, n in zip(found.ratios, found.levels, strict=True))


def test_heads_lose_channels_together() -> None:
    assert curve(made_of(point(8, 0.5)), 5, 2, DENSE).levels.tolist() == [0, 1, 2, 3, 4]


def test_a_group_that_no_layer_names_stays_whole() -> None:
    assert unnamed().levels.tolist() == [0]


def test_what_was_measured_of_a_group_that_no_layer_names_still_counts() -> None:
    assert [unnamed().added(count) for count in (0, 2, 4)] == pytest.approx([0, 0.2, 0.4])
    assert [1 - unnamed().took(count) for count in (0, 2, 4)] == pytest.approx([1, 0.75, 0.5])
    assert [unnamed().reaches(count) for count in (4, 5)] == [True, False]


def unnamed() -> Curve:
    return curve(made_of(point(4, 0.5, 0.5), nameable=False), 10, 1, DENSE)


def test_beyond_what_was_measured_nothing_is_expected() -> None:
    name = "digits-cnn"
    measured = sensitivity(name)
    first, *others = measured.groups
    planted = replace(measured, groups=(replace(first, points=first.points[:1]), *others))
    solution = Solver(planner_of(name), planted).solve(CostBudget(BudgetKind.MACS, 0.5))
    assert solution.uniform
    assert solution.uniform_ratio
    assert solution.uniform_ratio > first.points[0].ratio
    assert (solution.uniform.expected_loss, solution.uniform.expected_value) == (None, None)
    assert solution.solved.expected_loss is not None
    assert solution.solved.expected_value is not None


def test_a_budget_out_of_reach_is_refused_with_what_can_be_had() -> None:
    with pytest.raises(PruningError, match=r"^This budget is 1\.0 % of the dense network, and .* leaves \d"):
        solve("digits-resnet", BudgetKind.MACS, 0.01)


@pytest.mark.parametrize("share", [0.0, -0.5, 1.5, 50])
def test_what_is_no_share_is_refused(share: float) -> None:
    with pytest.raises(PruningError, match=rf"^A budget is a share .* in \(0, 1\], got {share}\."):
        solve("digits-resnet", BudgetKind.MACS, share)


def test_a_notebook_spends_a_budget_in_one_call() -> None:
    net = explorer.load("digits-cnn")
    found = explorer.measure_sensitivity(net, "random", ratios=(0.3, 0.6, 0.9), seed=3)
    spent = explorer.spend_budget(net, found, "parameters", 0.6)
    assert spent.solved.params <= 0.6 * sum(p.numel() for p in net.module.parameters())
    own = dict(spent.solved.overrides)
    plan = explorer.planner(net, "depgraph", criterion="random", seed=3, overrides=own).plan(0)
    assert (plan.params, plan.macs) == (spent.solved.params, spent.solved.macs)


def test_a_budget_of_something_else_or_of_another_network_is_refused() -> None:
    net, other = explorer.load("digits-cnn"), explorer.load("digits-mobilenet")
    found = explorer.measure_sensitivity(net, ratios=(0.5,))
    with pytest.raises(UnknownNameError, match="Unknown budget 'FLOPs'. Known: MACs, parameters"):
        explorer.spend_budget(net, found, "FLOPs")
    with pytest.raises(
        PruningError, match="measured on 'digits-cnn' with trained weights, and the network is"
    ):
        explorer.spend_budget(other, found)


def test_milliseconds_are_estimated_then_measured() -> None:
    solution = solve("digits-cnn", BudgetKind.MILLISECONDS, 0.9)
    assert solution.solved.cost <= solution.limit
    assert solution.solved.latency
    assert solution.dense_latency
    assert solution.solved.latency.runs == solution.dense_latency.runs >= 5
    assert solution.model_error is not None
    assert solution.solved.macs < planner_of("digits-cnn").plan(0.0).macs


def test_a_line_goes_through_its_points_and_never_falls() -> None:
    x = np.array([[0.0, 0.0], [1.0, 1.0], [2.0, 2.0]])
    found = Lines.through(x, np.array([[3.0, 5.0], [5.0, 4.0], [7.0, 3.0]]))
    assert found.at(np.array([10.0, 10.0])).tolist() == [3 + 2 * 10, 4]
    assert Lines.through(np.ones((3, 1)), np.ones((3, 1))).slope.tolist() == [0]


def test_where_time_follows_macs_the_estimate_is_the_time_itself() -> None:
    """On a machine that moves bytes for nothing, straight lines over MACs are the truth, between their points, too."""
    planner = planner_of("digits-cnn")
    example = planner.net.example_input
    with planted(Speed(bytes=math.inf)):
        model = LatencyModel(planner)
        for ratio in (0.0, 0.3, 0.7):
            copied = planner.sketch(planner.plan(ratio)).eval()
            with torch.no_grad():
                taken = once(partial(copied, example))
            assert model.seconds(planner.ranked.left(planner.positions_at(ratio))) == pytest.approx(taken)
    assert model.error < 1e-6
