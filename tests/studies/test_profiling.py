"""Causes planted in toy networks are measured and named; what is measured is what it says.

Nothing here asks that something take a certain time. Where a rule is held to a measurement, the machine itself is
planted: its clock knows only what operations compute and move. One check holds the real clocks to a sleep.
"""

from __future__ import annotations

import copy
import re
import time
from collections.abc import Callable
from dataclasses import replace
from functools import cache
from itertools import takewhile

import pytest
import torch
from torch import Tensor, nn

import explorer
from explorer.anatomy.network import Network, wrap
from explorer.backends.bench import Bench
from explorer.measuring.judging import sure_judge
from explorer.measuring.onnx_runtime import engine
from explorer.measuring.timing import FEWEST, Turns
from explorer.process import island
from explorer.process.engine import EngineSettings
from explorer.process.steps import finished, retold
from explorer.sources.digits import digits
from explorer.studies.profile.accuracy import Trial, accuracy_facts, importance_mass, judged
from explorer.studies.profile.gradients import gradient_cost
from explorer.studies.profile.growth import growth
from explorer.studies.profile.layers import Clocked, blocks, waterfalls
from explorer.studies.profile.libraries import NATIVE_STEPS, depgraph_cost, native_cost
from explorer.studies.profile.machine import machine_of, yardsticks
from explorer.studies.profile.profile import NO_STEPS, profile
from explorer.studies.profile.removal import plan_of, planner_of, prune, sketch
from explorer.studies.profile.sweeps import batch_sweep, thread_sweep
from explorer.studies.profile.variants import (
    ALL_EVEN,
    EXPORTED,
    NO_ROOM,
    WIDTH,
    make_all,
    odd_widths,
    time_all,
    time_exported,
)
from explorer.values import (
    Cause,
    ChannelCriterion,
    ChannelOptions,
    ChannelScope,
    Confidence,
    Interval,
    NativeOptions,
    NetworkSpec,
    Normalizer,
    ProfileRequest,
    Progress,
    Variant,
    Verdict,
    Weights,
    WeightScope,
)
from explorer.values.errors import NetworkError, PruningError
from explorer.why.accuracy import accuracy_verdicts
from explorer.why.criterion import criterion_verdict
from explorer.why.speed import amdahl, memory, overhead
from tests.helpers.machines import Speed, planted
from tests.helpers.present import present
from tests.helpers.toys import Chain, Residual, example


def asked(ratio: float = 0.5, options: ChannelOptions | None = None, **more: float) -> ProfileRequest:
    return ProfileRequest(
        options or ChannelOptions(), ratio, NativeOptions(), 0.5, **({"seconds": 0.05} | more)
    )


# --- layers ---------------------------------------------------------------------------------------------


def test_leaves_move_their_inputs_outputs_and_weights() -> None:
    leaves = {leaf.name: leaf for leaf in Clocked(wrap(Chain(), example(2))).leaves}
    pixels = 2 * 2
    assert leaves["conv"].bytes == 4 * (3 * pixels + 6 * pixels + 6 * 3 * 9 + 6)
    assert leaves["conv"].macs == 6 * 3 * 9 * pixels
    assert leaves["relu"].bytes == 4 * 2 * 6 * pixels
    assert leaves["relu"].macs == 0


def test_parts_of_a_waterfall_add_up_to_its_layers() -> None:
    net = explorer.load("digits-resnet")
    (found,), _ = waterfalls({Variant.DENSE: net}, seconds=0.05)
    clocked = Clocked(net)
    assert [layer.name for layer in found.layers] == [leaf.name for leaf in clocked.leaves]
    assert sum(part.macs for part in found.blocks) == sum(layer.macs for layer in found.layers)
    assert sum(part.bytes for part in found.blocks) == sum(layer.bytes for layer in found.layers)
    assert all(layer.time.low <= layer.time.median <= layer.time.high for layer in found.layers)
    assert not any(module._forward_hooks for module in net.module.modules())


def test_many_layers_are_told_by_the_deepest_parts_that_a_chart_can_name() -> None:
    leaves = Clocked(explorer.load("resnet18")).leaves
    parts = blocks(leaves)
    assert len(parts) <= 18
    assert [leaf.name for _, part in parts for leaf in part] == [leaf.name for leaf in leaves]
    assert "layer1.0" in dict(parts)


def elementwise() -> Network:
    """Reads and writes 16 MB five times, and computes next to nothing."""
    layers = [nn.ReLU() for _ in range(5)]
    return Network(
        NetworkSpec("toy", Weights.RANDOM), nn.Sequential(*layers), torch.ones(1, 4, 1024, 1024), None
    )


def arithmetic() -> Network:
    """Computes for long on little data."""
    layers = nn.Sequential(nn.Conv2d(128, 128, 3, padding=1), nn.Conv2d(128, 128, 3, padding=1))
    return wrap(layers, torch.ones(1, 128, 24, 24))


@pytest.mark.parametrize(("make", "holds"), [(elementwise, True), (arithmetic, False)])
def test_memory_traffic_is_named_in_a_network_that_only_moves_data(
    make: Callable[[], Network], holds: bool
) -> None:
    with planted():
        (found,), _ = waterfalls({Variant.REMOVED: make()}, seconds=0.0)
    verdict = memory(found, found)
    assert verdict.holds is holds
    assert verdict.confidence is Confidence.SURE


# --- whole profiles of toys -------------------------------------------------------------------------------


class Kept(nn.Module):
    """One large convolution whose channels leave the network, and a small one that can be pruned."""

    def __init__(self) -> None:
        super().__init__()
        self.small = nn.Conv2d(3, 8, 1)
        self.large = nn.Sequential(nn.Conv2d(96, 96, 3, padding=1), nn.Conv2d(96, 96, 3, padding=1))
        self.head = nn.Conv2d(8, 4, 1)

    def forward(self, x: Tensor) -> Tensor:
        wide = self.large(x.repeat(1, 32, 1, 1))
        return torch.cat([self.head(self.small(x)).mean((2, 3)), wide.mean((2, 3))], dim=1)


class Pause(nn.Module):
    """Takes ten thousand times as long as the small layers of the toys, and cannot be pruned."""

    def forward(self, x: Tensor) -> Tensor:
        time.sleep(0.01)
        return x


class Sleepy(nn.Module):
    """A pause, and two small convolutions."""

    def __init__(self) -> None:
        super().__init__()
        self.layers = nn.Sequential(Pause(), nn.Conv2d(3, 8, 1), nn.Conv2d(8, 4, 1))

    def forward(self, x: Tensor) -> Tensor:
        return self.layers(x).mean((2, 3))


class Deep(nn.Module):
    """Forty convolutions that compute next to nothing."""

    def __init__(self) -> None:
        super().__init__()
        self.layers = nn.Sequential(nn.Conv2d(3, 12, 1), *(nn.Conv2d(12, 12, 1) for _ in range(40)))
        self.head = nn.Conv2d(12, 4, 1)

    def forward(self, x: Tensor) -> Tensor:
        return self.head(self.layers(x)).mean((2, 3))


def test_amdahl_is_named_where_the_large_layers_are_kept() -> None:
    net = wrap(Kept(), example(24))
    with planted():
        found = amdahl_of(net, ChannelOptions(keep=("large",)))
    assert found.holds is True
    assert found.confidence is Confidence.SURE
    assert "as fast as dense; that is the limit" in found.counterfactual


@pytest.mark.large
def test_real_clocks_see_the_layer_that_sleeps() -> None:
    found = amdahl_of(wrap(Sleepy(), example(4)), ChannelOptions(), seconds=0.5)
    assert found.holds is True


def amdahl_of(net: Network, options: ChannelOptions, seconds: float = 0.0) -> Verdict:
    made, _ = make_all(Bench(net), asked(0.5, options))
    pruned = replace(net, module=made[Variant.REMOVED].module)
    forms = {form.variant: form for form in time_all(net, made, seconds)}
    (dense, _), _ = waterfalls({Variant.DENSE: net, Variant.REMOVED: pruned}, seconds)
    return amdahl(dense, forms[Variant.REMOVED], forms[Variant.FLOOR])


@pytest.mark.large
def test_overhead_is_named_where_forty_operations_compute_nothing() -> None:
    net = wrap(Deep(), example(4))
    found = overhead_of(net, Speed(start=1e-5))
    assert found.holds is True
    assert found.confidence is Confidence.SURE
    assert "at batch" in found.counterfactual


@pytest.mark.large
def test_overhead_is_ruled_out_where_starting_costs_nothing() -> None:
    assert overhead_of(wrap(Deep(), example(4)), Speed(start=0.0)).holds is False


class Weighed(nn.Module):
    """Takes two inputs, by name alone."""

    def __init__(self) -> None:
        super().__init__()
        self.fc = nn.Linear(4, 3)

    def forward(self, *, image: Tensor, weight: Tensor) -> Tensor:
        scores: Tensor = self.fc(image * weight)
        return scores


def test_more_inputs_at_once_reach_a_network_by_their_names() -> None:
    net = wrap(Weighed(), {"image": torch.rand(1, 4), "weight": torch.rand(1, 4)})
    points, _ = batch_sweep(net, copy.deepcopy(net.module), seconds=0.01)
    assert [point.number for point in points][:2] == [1, 2]


def overhead_of(net: Network, speed: Speed) -> Verdict:
    made, _ = make_all(Bench(net), asked())
    with planted(speed):
        forms = {form.variant: form for form in time_all(net, made, seconds=0.0)}
        points, shared = batch_sweep(net, made[Variant.REMOVED].module, seconds=0.01)
    return overhead(shared, forms[Variant.REMOVED], forms[Variant.FLOOR], points)


def test_gathering_gradients_is_a_small_part_of_a_profile() -> None:
    steps = profile(explorer.load("digits-cnn"), asked(options=ChannelOptions(ChannelCriterion.TAYLOR)))
    told = list(takewhile(lambda step: "Pruning copies" not in step.text, steps))
    fractions = [step.fraction for step in told if step.fraction is not None]
    assert len(fractions) > 1
    assert fractions == sorted(fractions)
    assert fractions[-1] == 0.05


@pytest.mark.large
def test_a_profile_without_data_judges_speed_agreement_and_the_library_and_leaves_the_network_as_it_was() -> (
    None
):
    net = wrap(Residual(), example())
    before = copy.deepcopy(net.module.state_dict())
    steps = profile(net, asked())
    told: list[Progress] = []
    found = finished(retold(steps, told.append))
    fractions = [step.fraction for step in told if step.fraction is not None]
    assert fractions == sorted(fractions)
    assert 0 < fractions[0] < fractions[-1] < 1
    facts = present(found.accuracy)
    assert facts.dense.by.name == "agreement"
    tried = [step for step in told if step.text.startswith("Counterfactual ")]
    assert len(tried) == 1 + (facts.kept is not None) + len(facts.scopes) + len(facts.spared)
    rounds = [step.fraction for step in told if step.text == "Timing every layer"]
    assert len(set(rounds)) >= FEWEST
    assert found.gradients == ()
    assert {one.subject for one in found.verdicts} == {"speed", "agreement", "time to prune"}
    assert {row.variant for row in found.networks} == set(Variant) - {Variant.ALIGNED, Variant.MATCHED}
    assert found.notes == (ALL_EVEN,)
    after = net.module.state_dict()
    assert list(before) == list(after)
    assert all(torch.equal(before[name], after[name]) for name in before)
    assert not any(module._forward_hooks for module in net.module.modules())


def test_every_form_of_the_network_is_made_by_its_library() -> None:
    net = explorer.load("digits-resnet")
    bench = Bench(net)
    made, notes = make_all(bench, asked(0.6))
    assert set(made) == set(Variant)
    assert notes == ()
    plan = plan_of(bench, ChannelOptions(), 0.6)
    removed = made[Variant.REMOVED]
    assert sum(p.numel() for p in removed.module.parameters()) == plan.params
    odd = sum(row.width % WIDTH > 0 for row in plan.layers if row.macs)
    assert odd_widths(net, removed.module) == odd > 0
    zeros = made[Variant.ZEROS].module
    assert sum(int((p == 0).sum()) for p in zeros.parameters()) > 0.4 * sum(
        p.numel() for p in zeros.parameters()
    )
    x = net.data.test_x[:4] if net.data else net.example_input
    silenced = made[Variant.SILENCED].module
    assert torch.allclose(silenced(x), removed.module(x), atol=1e-4)  # the same channels


def test_a_counterfactual_is_the_network_that_the_library_makes_without_running_it() -> None:
    bench = Bench(explorer.load("digits-resnet"))
    ours, theirs = (make(bench, ChannelOptions(), 0.4).state_dict() for make in (sketch, prune))
    assert list(ours) == list(theirs)
    assert all(torch.equal(ours[name], theirs[name]) for name in theirs)
    in_steps = ChannelOptions(scope=ChannelScope.GLOBAL, steps=3)  # where only the library knows
    ours, theirs = (make(bench, in_steps, 0.4).state_dict() for make in (sketch, prune))
    assert all(torch.equal(ours[name], theirs[name]) for name in theirs)


def test_a_form_that_memory_does_not_hold_is_missing_with_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    def exhausted(*_: object, **__: object) -> None:
        raise RuntimeError("[enforce fail at alloc_cpu.cpp:128] DefaultCPUAllocator: can't allocate memory")

    monkeypatch.setattr(torch.nn.utils.prune, "l1_unstructured", exhausted)
    made, notes = make_all(Bench(wrap(Chain(), example(2))), asked())
    assert {Variant.MASKED, Variant.ZEROS} <= set(Variant) - set(made)
    assert NO_ROOM in notes


def test_what_pruning_takes_too_much_memory_for_is_not_timed(monkeypatch: pytest.MonkeyPatch) -> None:
    def exhausted(*_: object) -> None:
        raise MemoryError

    monkeypatch.setattr("explorer.studies.profile.profile.native_cost", exhausted)
    found = finished(profile(wrap(Chain(), example(2)), asked(seconds=0.01)))
    assert [cost.library for cost in found.libraries] == ["DepGraph"]
    assert NO_STEPS in found.notes


def test_what_depgraph_refuses_ends_the_profile_in_its_sentence() -> None:
    with pytest.raises(PruningError, match="no group of channels"):
        finished(profile(wrap(nn.Sequential(nn.Conv2d(3, 4, 1)), example()), asked()))


def test_onnx_runtime_answers_as_torch_does() -> None:
    net = explorer.load("digits-cnn")
    answer = engine(net.module, net.example_input)()
    with torch.no_grad():
        expected = net.module(net.example_input)
    assert torch.allclose(torch.from_numpy(answer[0]), expected, atol=1e-4)  # type: ignore[index]


class Unstable(nn.Module):
    """Answers something else each time, so an exported copy cannot answer the same."""

    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(3, 4, 1)
        self.calls = 0

    def forward(self, x: Tensor) -> Tensor:
        self.calls += 1
        return self.conv(x) * self.calls


def test_another_answer_in_onnx_runtime_is_refused() -> None:
    with pytest.raises(NetworkError, match="ONNX Runtime's output differs from torch's by"):
        engine(Unstable(), example())


class Spectral(nn.Module):
    """Uses an operation that torch does not export."""

    def forward(self, x: Tensor) -> Tensor:
        return torch.linalg.svdvals(x)


def test_what_cannot_be_exported_is_told_and_logged_in_one_line(
    capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    with pytest.raises(NetworkError, match="ONNX Runtime cannot run this network: "):
        engine(Spectral(), example())
    assert capfd.readouterr().out == ""  # and not the whole graph
    assert [record.message.count("\n") for record in caplog.records] == [0]


def test_a_network_is_timed_in_onnx_runtime_too() -> None:
    net = explorer.load("digits-cnn")
    made, _ = make_all(Bench(net), asked(0.6))
    found = time_exported(net, made, seconds=0.05)
    assert [row.variant for row in found] == list(EXPORTED)
    assert found[0].speedup == Interval(1.0, 1.0, 1.0)


def test_threads_are_put_back() -> None:
    before = torch.get_num_threads()
    net = wrap(Chain(), example(2))
    points = thread_sweep(net, net.module, seconds=0.01)
    assert torch.get_num_threads() == before
    assert [point.number for point in points][:1] == [1]


def test_the_machine_is_measured_with_bounds() -> None:
    machine = machine_of(Turns(yardsticks(), seconds=0.05))
    for rate in (machine.macs_per_second, machine.bytes_per_second):
        assert 0 < rate.low <= rate.value <= rate.high


# --- libraries --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("scope", list(WeightScope))
def test_native_steps_are_all_seen_and_add_up_to_the_whole(scope: WeightScope) -> None:
    cost = native_cost(explorer.load("digits-cnn"), NativeOptions(scope=scope), 0.5, 0.1)
    assert tuple(one.step for one in cost.steps) == NATIVE_STEPS
    assert all(one.time.median > 0 for one in cost.steps)
    assert cost.whole.runs >= FEWEST
    assert sum(one.time.low for one in cost.steps) <= cost.whole.high


def test_depgraph_steps_are_all_seen_and_the_library_is_left_unpatched() -> None:
    import torch_pruning as tp

    before = tp.DependencyGraph.get_pruning_group
    bench = Bench(explorer.load("digits-cnn"))
    cost = depgraph_cost(bench, ChannelOptions(), 0.5, 0.1)
    assert tuple(one.step for one in cost.steps) == ("trace", "build", "group", "score", "prune", "rest")
    assert all(one.time.median > 0 for one in cost.steps)
    assert cost.nodes == len(planner_of(bench, ChannelOptions()).trace.structure.nodes)
    assert tp.DependencyGraph.get_pruning_group is before


CNN = NetworkSpec("digits-cnn", Weights.TRAINED)


@pytest.fixture
def without_sparseml(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(island, "why_missing", lambda: "SparseML is not set up.")


@pytest.mark.usefixtures("without_sparseml")
def test_without_sparseml_the_others_grow_and_one_sentence_says_so() -> None:
    specs = (CNN, NetworkSpec("digits-vit", Weights.TRAINED))
    found = finished(growth(specs, asked()))
    assert found.missing == "SparseML is not set up."
    assert [(cost.network, cost.library) for cost in found.costs] == [
        (spec.name, library) for spec in specs for library in ("PyTorch native", "DepGraph")
    ]
    sizes = {
        spec.name: sum(p.numel() for p in explorer.load(spec.name).module.parameters()) for spec in specs
    }
    assert {cost.network: cost.params for cost in found.costs} == sizes
    assert not found.refused


@pytest.mark.usefixtures("without_sparseml")
def test_what_depgraph_refuses_native_is_still_timed_on(monkeypatch: pytest.MonkeyPatch) -> None:
    single = wrap(nn.Sequential(nn.Flatten(), nn.Linear(12, 5)), torch.zeros(1, 3, 2, 2), name="single")
    monkeypatch.setattr("explorer.sources.load_spec", lambda spec: single)
    found = finished(growth((single.spec,), asked()))
    (cost,) = found.costs
    assert cost.library == "PyTorch native"
    assert cost.params == 12 * 5 + 5
    assert cost.whole.low > 0
    (refused,) = found.refused
    assert (refused.library, refused.network) == ("DepGraph", "single")
    with pytest.raises(PruningError, match=re.escape(refused.why)):
        planner_of(Bench(single), ChannelOptions()).plan(0.5)


@pytest.mark.large
@pytest.mark.skipif(bool(island.why_missing()), reason=island.why_missing())
def test_sparsemls_import_set_up_masks_and_step_overhead_grow_too() -> None:
    steps = growth((CNN,), asked())
    told = [next(steps)]
    while not told[-1].text.startswith("SparseML prunes"):
        told.append(next(steps))
    found = finished(steps)
    begun = {one.text: one.fraction for one in reversed(told)}  # how far it is when a text comes first
    libraries = ("PyTorch native", "DepGraph", "SparseML")
    assert [begun[f"{one} prunes copies of digits-cnn, step by step"] for one in libraries] == pytest.approx(
        [0, 1 / 3, 2 / 3]
    )
    assert [cost.library for cost in found.costs] == ["PyTorch native", "DepGraph", "SparseML"]
    sparse = found.costs[-1]
    assert [one.step for one in sparse.steps] == ["import", "initialise", "make masks", "each step: masks"]
    imported = sparse.step("import")
    assert imported
    assert imported.runs == 1
    assert imported.median > sparse.whole.median  # it brings hundreds of modules
    assert not found.missing


def test_a_sparseml_process_that_is_killed_costs_its_own_point_only(monkeypatch: pytest.MonkeyPatch) -> None:
    settings = EngineSettings(functions="tests.helpers.dying_functions", title="SparseML process")
    monkeypatch.setattr("explorer.studies.profile.growth.sparse_settings", lambda: settings)
    monkeypatch.setattr(island, "why_missing", lambda: "")
    found = finished(growth((CNN,), asked()))
    assert [cost.library for cost in found.costs] == ["PyTorch native", "DepGraph"]
    (refused,) = found.refused
    assert (refused.library, refused.network) == ("SparseML", "digits-cnn")
    assert refused.why == (
        "The SparseML process was killed (SIGKILL) while timing SparseML on 'digits-cnn'. Measure growth again."
    )


@pytest.mark.large
def test_gradients_are_what_taylor_takes_its_time_for() -> None:
    net = explorer.load("digits-resnet")
    assert net.data
    bench = Bench(net)
    with planted():
        taken = gradient_cost(net.module, net.data, ChannelCriterion.TAYLOR)
        cost = depgraph_cost(bench, ChannelOptions(), 0.3, seconds=0.0)
    assert taken.images == present(ChannelCriterion.TAYLOR.traits.gradients).images
    found = criterion_verdict([cost], [taken], ChannelCriterion.TAYLOR)
    assert found
    assert found.holds is True
    assert "Taylor needs gradients" in found.claim


# --- accuracy ---------------------------------------------------------------------------------------------


LASSO = "digits-cnn-lasso"  # loses a tenth of its channels at no cost, where another needs re-calibration


def shrunk() -> Network:
    """digits-cnn-lasso with one layer's numbers made a thousand times smaller, and its answers as they were.

    BatchNorm divides by what it is used to, so it makes up for any factor.
    """
    net = explorer.load(LASSO)
    module = copy.deepcopy(net.module)
    small = 1e-3
    with torch.no_grad():
        for block, factor in ((module.block2, small), (module.block3, small * small)):
            for tensor in block.conv.parameters():
                tensor *= small
            block.bn.running_mean *= factor
            block.bn.running_var *= factor * factor
            block.bn.eps *= factor * factor
        module.block2.bn.weight *= small
        module.block2.bn.bias *= small
    return replace(net, module=module)


@cache
def of_shrunk() -> dict[Cause, Verdict]:
    """Everything but one layer is larger, so a global ranking by plain size takes that layer."""
    options = ChannelOptions(scope=ChannelScope.GLOBAL, normalizer=Normalizer.NONE, max_ratio=0.95)
    net, request = shrunk(), asked(0.6, options)
    facts = accuracy_facts(Bench(net), request, net.module)
    return {one.cause: one for one in accuracy_verdicts(facts, request)}


def test_a_shrunk_network_still_answers_the_same() -> None:
    images = digits().test_x[:50]
    assert torch.allclose(shrunk().module(images), explorer.load(LASSO).module(images), atol=1e-3)


def test_global_ranking_is_named_for_the_layer_that_it_emptied_and_isomorphic_keeps() -> None:
    found = of_shrunk()[Cause.EMPTIED]
    assert found.holds is True
    assert "'block2.conv'" in found.claim
    assert "Isomorphic scope: " in found.counterfactual


def test_the_collapsed_layer_is_named_and_keeping_it_was_run() -> None:
    found = of_shrunk()[Cause.COLLAPSE]
    assert found.holds is True
    assert "'block2.conv' collapsed" in found.claim
    assert "Kept whole at the same ratio: " in found.counterfactual


def test_importance_is_not_blamed_where_hardly_any_went() -> None:
    assert of_shrunk()[Cause.IMPORTANCE].holds is False


def of_digits(ratio: float) -> dict[Cause, Verdict]:
    net, request = explorer.load(LASSO), asked(ratio)
    facts = accuracy_facts(Bench(net), request, net.module)
    return {one.cause: one for one in accuracy_verdicts(facts, request)}


def test_the_vision_transformers_collapse_is_traced_to_the_channels_that_its_sums_share() -> None:
    net, request = explorer.load("digits-vit"), asked(0.7)
    facts = accuracy_facts(Bench(net), request, None)
    assert facts
    assert facts.pruned.best
    assert facts.pruned.best.accuracy < 0.2
    found = {one.cause: one for one in accuracy_verdicts(facts, request)}[Cause.GROUP]
    assert found.holds is True
    # Patches, the projections of two blocks and the outputs of their two MLPs are added to one another.
    assert "the group of 'blocks.block1.mlp.fc2' lost channels, which 5 layers share" in found.claim
    assert facts.spared["blocks.block1.mlp.fc2"].raw
    assert facts.spared["blocks.block1.mlp.fc2"].raw.accuracy > 0.9


@pytest.mark.parametrize("name", ["digits-cnn", "digits-resnet", "digits-vit"])
def test_no_verdict_contradicts_the_numbers_beside_it(name: str) -> None:
    net, request = explorer.load(name), asked(0.6)
    facts = accuracy_facts(Bench(net), request, None)
    assert facts
    assert facts.pruned.best
    lost = facts.dense.accuracy - facts.pruned.best.accuracy
    for one in accuracy_verdicts(facts, request):
        shown = {part.what: part.number for part in one.evidence}
        if one.holds and one.cause in (Cause.GROUP, Cause.SCOPE):
            best = max(part.value for what, part in shown.items() if not what.endswith(("dense", "pruned")))
            assert best - shown["accuracy, pruned"].value > lost / 2
        if one.holds and one.cause is not Cause.STATISTICS:
            assert facts.pruned.best.interval.high < facts.dense.interval.low
        if one.claim.startswith("Accuracy fell"):
            assert lost > 0


def test_zeros_that_the_library_would_not_write_are_judged_by_nothing() -> None:
    net, request = explorer.load(LASSO), asked()
    facts = accuracy_facts(Bench(net), request, None)
    assert facts
    assert facts.zeros is None
    assert facts.dense.accuracy > 0.9


def test_importance_is_named_where_most_channels_went_and_half_the_ratio_is_better() -> None:
    found = of_digits(0.8)
    assert found[Cause.IMPORTANCE].holds is True
    assert found[Cause.COLLAPSE].holds is False
    assert Cause.EMPTIED not in found  # only a global ranking can do that


def test_shifted_statistics_are_named_with_what_recalibration_recovers() -> None:
    found = of_digits(0.5)[Cause.STATISTICS]
    assert found.holds is True
    assert "re-calibration alone recovers" in found.claim


def test_pruning_that_costs_nothing_is_blamed_on_nothing() -> None:
    assert [one.cause for one in of_digits(0.1).values() if one.holds] == []


def test_in_several_steps_widths_are_the_librarys_and_importance_is_an_estimate() -> None:
    """Global ranking anew in between takes other channels than one ranking does."""
    net = explorer.load("digits-cnn")
    options = ChannelOptions(scope=ChannelScope.GLOBAL, steps=3)
    bench = Bench(net)
    found = judged(bench, sure_judge(net, "It"), Trial("as asked", options, 0.6))
    module = prune(bench, options, 0.6)
    kept = {
        name: (len(layer.weight), len(module.get_parameter(f"{name}.weight")))
        for name, layer in net.module.named_modules()
        if isinstance(layer, (nn.Conv2d, nn.Linear))
    }
    assert found.narrowest
    name, *widths = found.narrowest
    assert tuple(widths) == kept[name]
    assert widths[1] / widths[0] == min(after / before for before, after in kept.values())
    planned = {row.name: (row.width_before, row.width) for row in plan_of(bench, options, 0.6).layers}
    assert {layer: planned[layer] for layer in kept} != kept
    assert found.estimated
    assert not judged(
        bench, sure_judge(net, "It"), Trial("at once", replace(options, steps=1), 0.6)
    ).estimated


def test_the_importance_that_went_is_that_of_the_lowest_channels() -> None:
    planner = planner_of(Bench(wrap(Chain(), example(2))), ChannelOptions())
    plan = planner.plan(0.5)
    (scores,) = planner.scores().values()
    lowest = sorted(scores)[: plan.groups[0].removed]
    assert importance_mass(plan, planner.scores()) == pytest.approx(sum(lowest) / sum(scores))


def test_widths_of_multiples_of_8_are_met_in_macs_by_other_widths() -> None:
    net = explorer.load("digits-resnet")
    made, _ = make_all(Bench(net), asked(0.6))
    with planted():
        found = {form.variant: form for form in time_all(net, made, seconds=0.0)}
    aligned, matched = found[Variant.ALIGNED], found[Variant.MATCHED]
    assert abs(matched.macs / aligned.macs - 1) < 0.1
    assert aligned.odd < matched.odd
    as_dense = {found[form].odd for form in (Variant.DENSE, Variant.MASKED, Variant.ZEROS, Variant.SILENCED)}
    assert as_dense == {odd_widths(net, net.module)}
