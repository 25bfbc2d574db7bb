"""Which run to use for which goal: planted outcomes must be named, explained, and left open where nobody can tell."""

from __future__ import annotations

from dataclasses import replace

import pytest

from explorer.values import (
    ChannelOptions,
    Confidence,
    Evaluation,
    NativeOptions,
    NetworkSpec,
    SparseOptions,
    Timing,
    Weights,
)
from explorer.values.answers import Answer, Goal
from explorer.values.comparing import (
    CompareRequest,
    Comparison,
    Contender,
    Finished,
)
from explorer.values.outcome import LayerOutcome, Outcome, StepTimes
from explorer.why.goals import answers

RUNS = (
    Contender("native", NativeOptions(), 0.5),
    Contender("depgraph", ChannelOptions(), 0.5),
    Contender("sparseml", SparseOptions(), 0.5),
)
NETWORK = NetworkSpec("digits-resnet", Weights.TRAINED)


def around(seconds: float, share: float = 0.02) -> Timing:
    return Timing(seconds, (1 - share) * seconds, (1 + share) * seconds, 50)


def outcome(
    *,
    params: int = 1000,
    nonzero: int = 1000,
    macs: int = 8000,
    effective: int = 8000,
    structural: int = 8000,
    accuracy: float | None = 0.99,
    time: Timing | None = None,
    peak: int = 6000,
    compressed: int = 3900,
    steps: StepTimes | None = None,
) -> Outcome:
    layer = LayerOutcome("conv", "Conv2d", 8, params, nonzero, macs, effective, structural)
    judged = None if accuracy is None else Evaluation(accuracy, 1.0, 450)
    return Outcome(
        layers=(layer,),
        pruned=judged,
        recalibrated=None,
        fine_tuned=None,
        time=time or around(1.0),
        peak_bytes=peak,
        bytes=4 * params,
        file_bytes=4 * params,
        compressed_bytes=compressed,
        steps=steps or _steps(0.02),
    )


def _steps(seconds: float, note: str = "") -> StepTimes:
    return StepTimes(None, None, seconds, note)


DENSE = replace(outcome(), steps=None)
MASKED = outcome(nonzero=500, effective=4000, compressed=2100)
REMOVED = outcome(
    params=300,
    nonzero=300,
    macs=2400,
    effective=2400,
    structural=2400,
    accuracy=0.9,
    time=around(0.5),
    peak=2000,
    compressed=1170,
)


def finished(run: Contender, outcome: Outcome | None, problem: str = "") -> Finished:
    return Finished(run, run.library == "depgraph", outcome, problem=problem)


def compared(
    *outcomes: Outcome, dense: Outcome = DENSE, network: NetworkSpec = NETWORK
) -> dict[Goal, Answer]:
    runs = tuple(finished(run, found) for run, found in zip(RUNS, outcomes, strict=False))
    found = answers(Comparison(CompareRequest(network, RUNS[: len(runs)]), dense, runs, 1))
    return {answer.goal: answer for answer in found}


def test_removing_is_the_answer_to_speed_size_and_memory_and_masks_are_told_why_not() -> None:
    found = compared(MASKED, REMOVED, MASKED)
    for goal in (Goal.SPEED, Goal.FILE, Goal.COMPRESSED, Goal.MEMORY):
        assert found[goal].best == ("B",)
        assert [other.letter for other in found[goal].others] == ["A", "C"]
        assert {one.what for one in found[goal].evidence} == {"dense", "A", "B", "C"}
    assert f"{1 / 0.5:.2f}×" in found[Goal.SPEED].claim
    assert f"{100 * 300 / 1000:.0f} % of dense" in found[Goal.FILE].claim
    assert "zeros are multiplied" in found[Goal.SPEED].others[0].sentence
    assert "all 1,000 parameters" in found[Goal.FILE].others[0].sentence


def test_a_run_that_pruned_next_to_nothing_is_told_so() -> None:
    found = compared(outcome(), REMOVED)
    for goal in (Goal.SPEED, Goal.FILE, Goal.COMPRESSED, Goal.MEMORY, Goal.SKIPPING):
        assert found[goal].others[0].sentence == "Almost nothing of it was pruned."


def test_masks_that_left_whole_rows_zero_are_told_what_cutting_them_out_would_leave() -> None:
    found = compared(replace(MASKED, layers=outcome(nonzero=500, structural=3200).layers), REMOVED)
    assert f"{100 * 3200 / 8000:.0f} % would be left" in found[Goal.SPEED].others[0].sentence


def test_a_run_that_computes_more_is_slower_for_that_reason() -> None:
    larger = replace(REMOVED, layers=outcome(params=600, macs=4800).layers, time=around(0.8))
    (why,) = compared(larger, REMOVED)[Goal.SPEED].others
    assert (
        why.sentence
        == f"It executes {100 * 4800 / 8000:.0f} % (B: {100 * 2400 / 8000:.0f} %) of the dense MACs."
    )


def test_a_run_with_few_macs_that_is_slow_all_the_same_is_left_to_the_profile() -> None:
    (why,) = compared(replace(REMOVED, time=around(0.9)), REMOVED)[Goal.SPEED].others
    assert why.sentence.startswith("Its MACs fell to 30 % of the dense network's; less of that came through")
    assert "Profile" in why.sentence
    # At best it took 0.9 × (1 - 0.85) = 0.135 of dense's time, with 0.3 of its MACs.
    (why,) = compared(replace(REMOVED, time=around(0.9, 0.85)), REMOVED)[Goal.SPEED].others
    assert "its timings cannot tell how much of that came through" in why.sentence


@pytest.mark.parametrize(
    ("time", "confidence"),
    [(around(1.0), Confidence.LIKELY), (around(0.95, 0.1), Confidence.CANNOT_TELL)],
)
def test_no_run_is_the_answer_where_none_is_clearly_better_than_dense(
    time: Timing, confidence: Confidence
) -> None:
    answer = compared(replace(REMOVED, time=time))[Goal.SPEED]
    assert answer.best == ()
    assert answer.confidence is confidence
    assert ("Cannot tell" in answer.claim) == (confidence is Confidence.CANNOT_TELL)
    assert ("No run is at least 10 % faster" in answer.claim) == (confidence is Confidence.LIKELY)


def test_what_is_clearly_faster_but_perhaps_not_by_a_tenth_is_left_open() -> None:
    answer = compared(replace(REMOVED, time=around(0.89)))[Goal.SPEED]
    assert answer.best == ()
    assert answer.confidence is Confidence.CANNOT_TELL
    assert "Cannot tell whether A is at least 10 % better than dense" in answer.claim


def test_a_run_that_may_be_as_slow_as_dense_is_no_answer_beside_one_that_is_faster() -> None:
    wide = replace(REMOVED, time=Timing(0.9, 0.5, 1.2, 50))
    answer = compared(REMOVED, wide)[Goal.SPEED]
    assert answer.best == ("A",)
    assert [other.letter for other in answer.others] == ["B"]


def test_a_run_that_zeroed_every_weight_is_counted_like_any_other() -> None:
    answer = compared(replace(MASKED, layers=outcome(nonzero=0, effective=0).layers), REMOVED)[Goal.SKIPPING]
    assert answer.best == ("A",)
    assert answer.claim.endswith("0 % of dense.")


def test_one_run_by_itself_has_an_answer_for_every_goal() -> None:
    found = compared(REMOVED)
    assert {answer.best for answer in found.values()} == {("A",)}
    assert all(answer.others == () for answer in found.values())
    assert set(found) == set(Goal) - {Goal.AGREEMENT, Goal.METRIC}


def test_runs_whose_times_overlap_are_best_together() -> None:
    found = compared(REMOVED, replace(REMOVED, time=around(0.51)), MASKED)
    assert found[Goal.SPEED].best == ("A", "B")
    assert "A and B tie." in found[Goal.SPEED].claim


def test_masks_are_the_answer_to_accuracy_and_the_price_of_channels_is_told() -> None:
    found = compared(MASKED, REMOVED)[Goal.ACCURACY]
    assert found.best == ("A",)
    assert "indistinguishable from dense" in found.claim
    assert "It keeps less: 30 % (A: 50 %)" in found.others[0].sentence


def test_with_as_much_left_whole_channels_are_what_costs_accuracy() -> None:
    found = compared(replace(MASKED, layers=outcome(nonzero=300).layers), REMOVED)[Goal.ACCURACY]
    assert found.others[0].sentence.startswith("Whole channels were removed")


def test_what_re_calibration_gave_back_is_told() -> None:
    worse = replace(REMOVED, pruned=Evaluation(0.6, 1.0, 450), recalibrated=Evaluation(0.9, 1.0, 450))
    found = compared(MASKED, worse)[Goal.ACCURACY]
    assert f"recovered {100 * (0.9 - 0.6):.1f} points" in found.others[0].sentence


def test_accuracies_that_450_images_cannot_tell_apart_are_best_together() -> None:
    found = compared(MASKED, replace(REMOVED, pruned=Evaluation(0.98, 1.0, 450)))[Goal.ACCURACY]
    assert found.best == ("A", "B")
    assert found.claim.endswith("A and B cannot be told apart.")
    assert found.others == ()


def test_a_run_that_is_hardly_ever_right_serves_no_goal_however_small_it_is() -> None:
    guessing = replace(REMOVED, layers=outcome(params=10, nonzero=10, macs=80, effective=80).layers)
    guessing = replace(guessing, file_bytes=40, pruned=Evaluation(0.08, 3.0, 450), time=around(0.1))
    found = compared(MASKED, REMOVED, guessing)
    assert found[Goal.SPEED].best == found[Goal.FILE].best == ("B",)
    assert "C" not in found[Goal.PRUNING].best
    (why,) = [other.sentence for other in found[Goal.FILE].others if other.letter == "C"]
    assert why.startswith("Its accuracy is 8.0 %")


def test_where_every_run_is_hardly_ever_right_they_are_compared_all_the_same() -> None:
    found = compared(*(replace(run, pruned=Evaluation(0.08, 3.0, 450)) for run in (MASKED, REMOVED)))
    assert found[Goal.FILE].best == ("B",)
    assert "no use" not in found[Goal.FILE].others[0].sentence


def test_of_random_weights_it_decides_nothing_how_often_a_run_is_right() -> None:
    guessing = replace(REMOVED, pruned=Evaluation(0.08, 3.0, 450))
    found = compared(MASKED, guessing, network=replace(NETWORK, weights=Weights.RANDOM))
    assert found[Goal.FILE].best == ("B",)


def test_without_labelled_images_there_is_no_answer_on_accuracy() -> None:
    blind = replace(DENSE, pruned=None)
    found = compared(replace(MASKED, pruned=None), replace(REMOVED, pruned=None), dense=blind)
    assert Goal.ACCURACY not in found
    assert Goal.SPEED in found


def test_times_taken_once_tell_runs_apart_only_from_twice_as_long_on() -> None:
    """A moment more is nothing, even where it is over twice as long: so are the first two alike."""
    quick, near, far = (replace(MASKED, steps=_steps(s, "It starts a process.")) for s in (0.02, 0.05, 4.0))
    found = compared(quick, near, far)[Goal.PRUNING]
    assert found.best == ("A", "B")
    assert found.others[0].sentence == f"It takes {4.0 / 0.02:.0f} times as long: 4.0 s. It starts a process."


def test_a_run_with_fewer_non_zeros_whose_zeros_lie_scattered_may_still_compress_less() -> None:
    sparse = replace(MASKED, layers=outcome(nonzero=250).layers, compressed_bytes=1300)
    found = compared(sparse, REMOVED)[Goal.COMPRESSED]
    assert found.best == ("B",)
    assert "their positions must be stored" in found.others[0].sentence


def test_wider_layers_are_named_where_fewer_parameters_take_more_memory() -> None:
    wide = replace(REMOVED, layers=outcome(params=200).layers, peak_bytes=3000)
    found = compared(wide, REMOVED)[Goal.MEMORY]
    assert found.best == ("B",)
    assert "wider layers" in found.others[0].sentence


def test_the_fewest_effective_macs_are_the_answer_where_zeros_are_skipped() -> None:
    found = compared(replace(MASKED, layers=outcome(effective=800).layers), REMOVED)[Goal.SKIPPING]
    assert found.best == ("A",)
    assert "10 % of dense" in found.claim
    assert found.others[0].sentence.startswith("30 % (A: 10 %)")


def test_a_comparison_without_a_result_has_no_answers() -> None:
    refused = finished(RUNS[0], None, problem="No channel is left.")
    assert answers(Comparison(CompareRequest(NETWORK, RUNS[:1]), DENSE, (refused,), 1)) == ()
