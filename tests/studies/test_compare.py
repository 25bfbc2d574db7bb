"""One budget for all libraries, and everything measured on what they left: counted by hand on toys."""

from __future__ import annotations

import time
from dataclasses import replace
from functools import cache
from typing import Any

import pytest
import torch
import torch_pruning as tp
from torch import nn
from torch.nn.utils import prune as torch_prune

import explorer
from explorer.anatomy.counting import state_bytes, total_macs, total_nonzero, total_params
from explorer.anatomy.layers import layer_outcomes
from explorer.anatomy.network import Network
from explorer.backends.base import Planner
from explorer.backends.bench import Bench
from explorer.backends.depgraph import planner as depgraph_planner
from explorer.backends.depgraph.couplings import checked
from explorer.backends.depgraph.torch_pruning import trace
from explorer.backends.native.planner import NativePlanner
from explorer.backends.sparseml import planner as sparseml_planner
from explorer.measuring.memory import peak_forward_bytes
from explorer.measuring.saving import saved
from explorer.process import island
from explorer.process.steps import finished
from explorer.studies.compare import measuring
from explorer.studies.compare.budget import CLOSE, given, solve
from explorer.studies.compare.measuring import compare
from explorer.studies.recover import fine_tuned, zeros_kept
from explorer.values import (
    Budget,
    ChannelCriterion,
    ChannelOptions,
    ChannelScope,
    FineTune,
    NativeOptions,
    Pattern,
    SparseOptions,
    WeightScope,
)
from explorer.values.comparing import CompareRequest, Comparison, Contender
from explorer.values.errors import PruningError
from tests.helpers import awkward, toys
from tests.helpers.planning import depgraph
from tests.helpers.present import present

NATIVE = Contender("native", NativeOptions(), 0.5)
DEPGRAPH = Contender("depgraph", ChannelOptions(scope=ChannelScope.GLOBAL), 0.5)
SPARSEML = Contender("sparseml", SparseOptions(), 0.5)
BYTES = 4  # of one weight

needs_island = pytest.mark.skipif(bool(island.why_missing()), reason="SparseML is not set up")


@cache
def network() -> Network:
    return explorer.load("digits-cnn")


@cache
def planner(run: Contender) -> Planner[Any]:
    return Bench(network()).planner(run.library, run.options)


def pruned(run: Contender, ratio: float = 0.5) -> nn.Module:
    """What the library leaves."""
    return planner(run).apply(planner(run).plan(ratio))


def quick(monkeypatch: pytest.MonkeyPatch, *contenders: Contender, **more: Any) -> Comparison:
    monkeypatch.setattr(measuring, "SECONDS", 0.0)
    return finished(compare(network(), CompareRequest(network().spec, contenders, **more)))


# --- budgets -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("keep", [0.3, 0.5, 0.7])
@pytest.mark.parametrize("budget", [b for b in Budget if b is not Budget.RATIO])
def test_depgraph_meets_every_budget_as_nearly_as_channels_allow(budget: Budget, keep: float) -> None:
    solution = solve(planner(DEPGRAPH), DEPGRAPH, budget, keep)
    assert not solution.problem
    assert solution.wanted == pytest.approx(keep * planner(DEPGRAPH).plan(0.0).costs.of(budget))
    assert solution.off_by is not None
    assert abs(solution.off_by) <= CLOSE
    assert solution.costs == planner(DEPGRAPH).plan(solution.contender.ratio).costs


@pytest.mark.parametrize("run", [NATIVE, SPARSEML])
@pytest.mark.parametrize("budget", [Budget.NONZERO, Budget.EFFECTIVE_MACS])
def test_masks_meet_budgets_of_what_is_not_zero(budget: Budget, run: Contender) -> None:
    solution = solve(planner(run), run, budget, 0.5)
    assert not solution.problem
    assert solution.off_by is not None
    assert abs(solution.off_by) <= 1e-3


@needs_island
def test_sparseml_leaves_what_its_plan_says(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(measuring, "SHORT", 0.0)  # what takes longer is not run a second time for its time
    (run,) = quick(monkeypatch, SPARSEML).runs
    assert run.problem == ""
    assert run.outcome is not None
    assert run.outcome.differences == ()
    assert [point.value for point in run.curve if point.ratio == 0.5] == [
        present(run.outcome.pruned).accuracy
    ]


@pytest.mark.parametrize(
    "budget, instead",
    [
        (Budget.PARAMS, "non-zeros"),
        (Budget.MACS, "effective MACs"),
        (Budget.BYTES, "non-zeros"),
    ],
)
def test_masks_say_that_they_cannot_meet_a_budget_of_what_is_stored_or_computed(
    budget: Budget, instead: str
) -> None:
    solution = solve(planner(NATIVE), NATIVE, budget, 0.5)
    assert solution.reached == planner(NATIVE).plan(0.0).costs.of(budget)
    assert "writes zeros and removes nothing" in solution.problem
    assert f"Compare by {instead} instead." in solution.problem


def test_a_budget_below_what_is_left_at_the_highest_ratio_is_refused_with_the_nearest() -> None:
    solution = solve(planner(DEPGRAPH), DEPGRAPH, Budget.PARAMS, 0.0001)
    assert "no nearer to 0 % of the dense network's parameters" in solution.problem
    assert "channels go whole" in solution.problem


def test_masks_that_come_no_nearer_blame_the_weights_that_they_leave_alone() -> None:
    attention = explorer.planner(explorer.load("digits-vit"), "native")
    solution = solve(attention, NATIVE, Budget.EFFECTIVE_MACS, 0.5)
    assert "some weights are never masked" in solution.problem
    assert "channels" not in solution.problem


def test_a_ratio_as_budget_is_everybodys_ratio() -> None:
    solutions = [solve(planner(run), run, Budget.RATIO, 0.3) for run in (NATIVE, DEPGRAPH)]
    assert [solution.contender.ratio for solution in solutions] == [0.3, 0.3]
    assert [solution.off_by for solution in solutions] == [None, None]
    assert solutions == [given(planner(run), replace(run, ratio=0.3)) for run in (NATIVE, DEPGRAPH)]


@pytest.mark.parametrize("keep", [0.0, 1.5])
def test_a_budget_out_of_bounds_is_refused(keep: float) -> None:
    with pytest.raises(PruningError, match=r"above 0 and at most 1 of the dense network, got"):
        solve(planner(NATIVE), NATIVE, Budget.NONZERO, keep)


@pytest.mark.parametrize("run", [NATIVE, DEPGRAPH, SPARSEML])
def test_solving_calls_no_library(run: Contender, monkeypatch: pytest.MonkeyPatch) -> None:
    made = planner(run)

    def called(*_: object, **__: object) -> None:
        raise PruningError("a library was called")

    monkeypatch.setattr(torch_prune.BasePruningMethod, "apply", called)
    monkeypatch.setattr(tp.pruner.BasePruner, "step", called)
    monkeypatch.setattr(sparseml_planner, "carry_out", called)
    assert solve(made, run, Budget.NONZERO, 0.5).costs
    with pytest.raises(PruningError, match="a library was called"):
        made.apply(made.plan(0.5))


@pytest.mark.parametrize("run", [NATIVE, DEPGRAPH, pytest.param(SPARSEML, marks=needs_island)])
def test_a_plans_costs_are_those_of_what_the_library_leaves(run: Contender) -> None:
    costs, module = planner(run).plan(0.5).costs, pruned(run)
    assert costs.params == total_params(module)
    assert costs.nonzero == total_nonzero(module)
    assert costs.macs == total_macs(module, network().example_input)
    assert costs.effective_macs == sum(row.effective_macs for row in layer_outcomes(network(), module))
    assert costs.bytes == state_bytes(module)


def test_zeros_that_a_network_had_before_are_no_non_zeros_after_removal() -> None:
    net = explorer.wrap(toys.Chain(), toys.example(2))
    with torch.no_grad():
        next(p for p in net.module.parameters() if p.dim() > 1)[:, 0] = 0
    made = depgraph(net)
    plan, module = made.plan(0.5), made.apply(made.plan(0.5))
    assert plan.nonzero == total_nonzero(module) < plan.params
    assert plan.effective_macs == sum(row.effective_macs for row in layer_outcomes(net, module)) < plan.macs


def test_what_the_first_call_of_a_process_costs_is_no_part_of_graph_and_scores(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    first = iter([0.5])

    def cold_once(module: nn.Module, example: torch.Tensor) -> object:
        time.sleep(next(first, 0.0))
        return trace(module, example)

    monkeypatch.setattr(depgraph_planner, "trace", cold_once)
    net = explorer.wrap(toys.Chain(), toys.example(2))
    _, spent = measuring._ranked(net, Contender("depgraph", ChannelOptions(), 0.5))
    assert spent.keys() == {"graph", "score"}
    assert 0 < spent["graph"] < 0.5
    assert spent["score"] > 0


def test_the_check_of_couplings_is_no_part_of_the_first_runs_scores_however_long_it_takes(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def slowly(net: Network, traced: Any) -> Any:
        time.sleep(0 if "couplings" in net.found else 0.5)
        return (yield from checked(net, traced))

    monkeypatch.setattr(depgraph_planner, "checked", slowly)
    monkeypatch.setattr(measuring, "SHORT", 0.0)  # what takes longer is not timed twice for its own sake
    net = explorer.wrap(toys.Chain(), toys.example(2))
    _, spent = measuring._ranked(net, Contender("depgraph", ChannelOptions(), 0.5))
    assert 0 < spent["score"] < 0.5


# --- what is counted on a result ------------------------------------------------------------------------


def test_structural_macs_leave_out_rows_and_columns_that_are_zero_throughout() -> None:
    layer = nn.Conv2d(3, 8, 1, bias=False)
    net = explorer.wrap(nn.Sequential(layer), torch.randn(1, 3, 4, 4))
    with torch.no_grad():
        layer.weight.fill_(1.0)
        layer.weight[:2] = 0  # two of eight rows
        layer.weight[:, 0] = 0  # one of three columns
        layer.weight[5, 1] = 0  # and a single weight
    (row,) = layer_outcomes(net, net.module)
    assert row.macs == 8 * 3 * 4 * 4
    assert row.structural_macs == 6 * 2 * 4 * 4
    assert row.effective_macs == (6 * 2 - 1) * 4 * 4
    assert row.nonzero == 6 * 2 - 1
    assert row.sparsity == 1 - 11 / 24


def test_peak_memory_is_weights_and_what_is_held_at_once() -> None:
    module = nn.Sequential(
        nn.Linear(4, 8, bias=False), nn.Linear(8, 2, bias=False), nn.Linear(2, 1, bias=False)
    )
    weights, held = (
        4 * 8 + 8 * 2 + 2 * 1,
        4 + 8 + 2,
    )  # the input, and the two results while the second is made
    assert peak_forward_bytes(module, torch.randn(1, 4)) == BYTES * (weights + held)


def test_a_view_takes_no_memory_of_its_own() -> None:
    module = nn.Sequential(nn.Flatten(), nn.Linear(6, 1, bias=False))
    assert peak_forward_bytes(module, torch.randn(1, 2, 3)) == BYTES * (6 + 6 + 1)


# --- the run ---------------------------------------------------------------------------------------------


def test_every_figure_of_a_comparison_is_that_of_the_librarys_own_result(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    found = quick(monkeypatch, NATIVE, DEPGRAPH)
    for run in found.runs:
        module = pruned(run.contender)
        assert run.outcome is not None
        assert run.outcome.differences == ()
        assert run.outcome.params == total_params(module)
        assert run.outcome.nonzero == total_nonzero(module)
        assert run.outcome.macs == total_macs(module, network().example_input)
        assert run.outcome.layers == layer_outcomes(network(), module)
        assert run.outcome.bytes == state_bytes(module)
        assert run.removes is (run.contender.library == "depgraph")
        assert run.outcome.file_bytes == len(saved(module))
        assert run.outcome.pruned == explorer.evaluate(module, network().data)
        assert run.outcome.time.runs == found.dense.time.runs >= 5
        assert run.outcome.steps is not None
        assert run.outcome.steps.step > 0
    masked, removed = (present(run.outcome) for run in found.runs)
    assert masked.params == found.dense.params > removed.params
    assert masked.file_bytes == found.dense.file_bytes > removed.file_bytes
    assert masked.peak_bytes == found.dense.peak_bytes > removed.peak_bytes
    assert masked.compressed_bytes < found.dense.compressed_bytes
    assert found.dense.steps is None


def test_a_curve_measures_accuracy_on_the_plan_and_costs_on_its_arithmetic(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(measuring, "CURVE", (0.0, 0.5))
    (run,) = quick(monkeypatch, DEPGRAPH).runs
    dense, half = run.curve
    assert dense.value == explorer.evaluate(network().module, network().data).accuracy
    assert run.outcome is not None
    assert (half.costs.params, half.value) == (run.outcome.params, present(run.outcome.pruned).accuracy)
    assert not half.estimate


def test_a_run_that_is_refused_says_why_and_the_others_go_on(monkeypatch: pytest.MonkeyPatch) -> None:
    impossible = NativeOptions(pattern=Pattern.STRUCTURED, scope=WeightScope.GLOBAL)
    bad, good = quick(monkeypatch, Contender("native", impossible, 0.5), DEPGRAPH).runs
    assert bad.outcome is None
    assert "no global structured pruning" in bad.problem
    assert good.outcome is not None
    assert good.problem == ""


def test_a_plan_that_is_an_estimate_is_marked_and_not_held_against_the_library(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    steps = Contender("depgraph", ChannelOptions(ChannelCriterion.L1, ChannelScope.GLOBAL, steps=3), 0.5)
    (run,) = quick(monkeypatch, steps).runs
    assert all(point.estimate for point in run.curve)
    assert run.outcome is not None
    assert run.outcome.differences == ()


def test_a_difference_between_plan_and_library_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    def less(made: NativePlanner, *_: object) -> nn.Module:
        return made.sketch(made.plan(0.25))

    monkeypatch.setattr(NativePlanner, "apply", less)
    (run,) = quick(monkeypatch, NATIVE).runs
    assert run.outcome is not None
    assert any("values differ from the plan" in sentence for sentence in run.outcome.differences)
    assert any("non-zero parameters, the pruned" in sentence for sentence in run.outcome.differences)
    assert not run.plan_is_library


def test_fine_tuning_gives_accuracy_back_and_moves_no_zero(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(measuring, "CURVE", ())
    hard = Contender("native", NativeOptions(), 0.9)
    (run,) = quick(monkeypatch, hard, fine_tune=FineTune(epochs=2)).runs
    assert run.outcome is not None
    assert present(run.outcome.fine_tuned).accuracy > present(run.outcome.pruned).accuracy + 0.1
    assert run.outcome.final == run.outcome.fine_tuned


def test_weights_that_are_zero_stay_zero_while_others_train() -> None:
    module = pruned(NATIVE)
    zero = {name: p == 0 for name, p in module.named_parameters() if p.dim() > 1}
    before = {name: p.detach().clone() for name, p in module.named_parameters()}
    with zeros_kept(module):
        optimizer = torch.optim.AdamW(module.parameters(), lr=0.01)
        module(present(network().data).train_x[:32]).square().sum().backward()
        optimizer.step()
    for name, gone in zero.items():
        assert gone.any()
        assert torch.equal(module.get_parameter(name) == 0, gone)
        assert not torch.equal(module.get_parameter(name), before[name])


def test_training_that_diverges_leaves_the_outcome_and_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    def diverges(*_: object) -> Any:
        raise explorer.values.errors.TrainingError("Training diverged in epoch 1.")
        yield

    monkeypatch.setattr(measuring, "fine_tuned", diverges)
    (run,) = quick(monkeypatch, NATIVE, fine_tune=FineTune(epochs=1)).runs
    assert run.outcome is not None
    assert run.problem == "Training diverged in epoch 1."


def test_fine_tuning_leaves_the_network_that_it_is_given_as_it_is() -> None:
    module = pruned(NATIVE, 0.9)
    before = {name: tensor.clone() for name, tensor in module.state_dict().items()}
    trained, curve = finished(fine_tuned(module, present(network().data), FineTune(epochs=1)))
    assert total_nonzero(trained) == total_nonzero(module)
    assert [point.epoch for point in curve if point.accuracy is not None] == [0, 1]
    assert all(torch.equal(before[name], tensor) for name, tensor in module.state_dict().items())


def test_a_small_network_with_several_inputs_by_name_is_compared_with_all_that_prune_it() -> None:
    example = {"vector": torch.randn(1, 5), "image": torch.randn(1, 3, 4, 4)}
    net = explorer.wrap(awkward.TwoInputs(), example)
    found = finished(compare(net, CompareRequest(net.spec, (DEPGRAPH, NATIVE))))
    assert [(run.problem, present(run.outcome).differences) for run in found.runs] == [("", ()), ("", ())]
