"""Every rule names its cause, rules it out, and abstains where intervals overlap; constructed measurements."""

from __future__ import annotations

from dataclasses import replace

import pytest

from explorer.values import (
    Cause,
    ChannelCriterion,
    Confidence,
    Evaluation,
    Found,
    GradientCost,
    Interval,
    Judged,
    LayerTime,
    LibraryCost,
    NetworkTime,
    StepCost,
    SweepPoint,
    Timing,
    Variant,
    Verdict,
    Waterfall,
)
from explorer.why import accuracy, speed
from explorer.why.criterion import criterion_verdict
from explorer.why.judging import above, less_accurate

MS = Timing(1e-3, 0.9e-3, 1.1e-3, 50)


def around(value: float, half: float = 0.02) -> Interval:
    """A number that is known to within `half`."""
    return Interval(value, value - half, value + half)


SMALL = around(0.1)


def form(
    variant: Variant, speedup: Interval, macs: int = 1000, odd: int = 0, ratio: float = 0.5
) -> NetworkTime:
    return NetworkTime(variant, ratio, 100, macs, odd, MS, speedup)


def fall(untouched: Interval = SMALL, copying: Interval = SMALL) -> Waterfall:
    layer = LayerTime("conv", "Conv2d", 800, 100, MS)
    return Waterfall(Variant.DENSE, (layer,), (layer,), MS, MS, MS, untouched, copying)


def point(number: int, speedup: float) -> SweepPoint:
    return SweepPoint(f"batch of {number}", number, MS, MS, around(speedup))


def check(verdict: Verdict, holds: bool | None, cause: Cause) -> None:
    """What every verdict owes: numbers, and a confidence that fits its answer."""
    assert verdict.cause is cause
    assert verdict.holds is holds, verdict
    assert verdict.evidence
    assert (verdict.confidence is Confidence.CANNOT_TELL) == (holds is None)
    assert ("cannot tell" in verdict.claim.lower()) == (holds is None)


WIDE = Interval(1.5, 0.7, 2.4)  # of measurements on a busy machine


@pytest.mark.parametrize(
    ("silenced", "removed", "holds"),
    [
        (around(1.0), around(2.1), True),
        (around(1.9), around(2.1), False),  # a kernel that skips zeros
        (around(1.0), around(1.05), False),  # nothing helps much: something else holds it back
        (around(1.0), around(1.12), None),
        (around(1.0), WIDE, None),
        (Interval(1.0, 0.6, 1.5), around(2.1), None),  # zeros may or may not pay
    ],
)
def test_zeros_are_to_blame_only_where_removing_the_same_channels_is_clearly_faster(
    silenced: Interval, removed: Interval, holds: bool | None
) -> None:
    found = speed.masks(
        form(Variant.SILENCED, silenced), form(Variant.REMOVED, removed), form(Variant.ZEROS, around(1.0))
    )
    check(found, holds, Cause.MASKS)
    assert f"{removed.value:.2f}×" in found.counterfactual


def test_zeros_that_gain_a_little_are_said_to_hardly_help() -> None:
    """Weights too small for fast arithmetic cost time, which zeros save."""
    removed, little = form(Variant.REMOVED, around(2.1)), around(1.05)
    assert speed.masks(form(Variant.SILENCED, little), removed, None).claim.startswith("Zeros hardly make it")
    assert speed.masks(form(Variant.SILENCED, around(1.0)), removed, None).claim.startswith(
        "Zeros do not make it"
    )


@pytest.mark.parametrize(
    ("share", "holds"), [(around(0.8), True), (around(0.2), False), (around(0.5), None), (around(0.0), False)]
)
def test_amdahl_is_named_where_most_time_is_in_layers_that_stay(share: Interval, holds: bool | None) -> None:
    found = speed.amdahl(
        fall(share), form(Variant.REMOVED, around(1.2)), form(Variant.FLOOR, around(1.25), ratio=0.95)
    )
    check(found, holds, Cause.AMDAHL)
    assert "With 95 % of the same channels" in found.counterfactual
    assert "1.25×" in found.counterfactual


def test_amdahls_bound_is_one_over_the_share_that_stays() -> None:
    share = Interval(0.5, 0.4, 0.8)
    found = speed.amdahl(fall(share), form(Variant.REMOVED, around(1.2)), None)
    bound = found.evidence[-1].number
    assert (bound.value, bound.low, bound.high) == (1 / 0.5, 1 / 0.8, 1 / 0.4)


@pytest.mark.parametrize(
    ("shared", "floor", "holds"),
    [
        (around(0.9), around(1.7), True),  # 1.5 of 1.7: most of the time stays
        (around(0.1), around(1.7), False),  # many at once save nothing
        (around(0.9), around(9.0), False),  # with nothing left to compute, the time is gone
        (around(0.5), around(1.7), None),
        (around(0.9), Interval(3.0, 1.5, 6.0), None),
    ],
)
def test_overhead_is_named_where_many_at_once_save_time_and_removing_nearly_all_does_not(
    shared: Interval, floor: Interval, holds: bool | None
) -> None:
    removed = form(Variant.REMOVED, around(1.5))
    points = (point(1, 1.5), point(64, 3.0))
    found = speed.overhead(shared, removed, form(Variant.FLOOR, floor, macs=10), points)
    check(found, holds, Cause.OVERHEAD)
    assert "at batch 64" in found.counterfactual
    assert "3.00×" in found.counterfactual


def test_overhead_cannot_be_told_without_a_network_that_computes_nearly_nothing() -> None:
    found = speed.overhead(around(0.9), form(Variant.REMOVED, around(1.5)), None, (point(1, 1), point(2, 1)))
    check(found, None, Cause.OVERHEAD)


@pytest.mark.parametrize(
    ("copying", "holds"), [(around(0.8), True), (around(0.1), False), (around(0.5), None)]
)
def test_memory_is_named_where_copying_the_same_bytes_takes_most_of_the_time(
    copying: Interval, holds: bool | None
) -> None:
    found = speed.memory(fall(), fall(copying=copying))
    check(found, holds, Cause.MEMORY)
    assert found.evidence[-1].number.value == 800 / 100  # MACs for each byte


@pytest.mark.parametrize(
    ("aligned", "matched", "holds"),
    [
        (form(Variant.ALIGNED, around(3.0)), form(Variant.MATCHED, around(2.0), odd=4), True),
        (form(Variant.ALIGNED, around(2.0)), form(Variant.MATCHED, around(3.0), odd=4), False),
        (form(Variant.ALIGNED, around(2.0)), form(Variant.MATCHED, around(2.0), odd=4), None),
        (form(Variant.ALIGNED, around(3.0)), form(Variant.MATCHED, around(2.0), odd=0), False),
        (form(Variant.ALIGNED, around(3.0), odd=1), form(Variant.MATCHED, around(2.0), odd=1), False),
        (form(Variant.ALIGNED, around(3.0)), form(Variant.MATCHED, around(2.0), macs=1500, odd=4), None),
    ],
)
def test_odd_widths_are_judged_at_the_same_macs(
    aligned: NetworkTime, matched: NetworkTime, holds: bool | None
) -> None:
    check(speed.odd_widths(aligned, matched), holds, Cause.ODD_WIDTHS)


def test_more_macs_are_not_taken_for_odd_widths() -> None:
    aligned = form(Variant.ALIGNED, around(2.16))
    slower_by_its_macs = form(Variant.MATCHED, around(2.0), macs=1080, odd=4)
    check(speed.odd_widths(aligned, slower_by_its_macs), None, Cause.ODD_WIDTHS)


def cost(score: float, rest: float) -> LibraryCost:
    def timing(seconds: float) -> Timing:
        return Timing(seconds, 0.9 * seconds, 1.1 * seconds, 6)

    steps = (StepCost("score", timing(score)), StepCost("group", timing(rest)))
    return LibraryCost("DepGraph", "toy", 10, 5, steps, timing(score + rest))


@pytest.mark.parametrize(
    ("criterion", "score", "gradients", "holds"),
    [
        (ChannelCriterion.TAYLOR, 0.1, 10.0, True),
        (ChannelCriterion.TAYLOR, 0.1, 0.1, False),
        (ChannelCriterion.TAYLOR, 0.1, 1.0, None),
        (ChannelCriterion.L2, 9.0, 10.0, True),
        (ChannelCriterion.L2, 0.1, 10.0, False),
        (ChannelCriterion.L2, 1.0, 10.0, None),
    ],
)
def test_the_criterion_is_named_where_it_takes_most_of_the_time_to_prune(
    criterion: ChannelCriterion, score: float, gradients: float, holds: bool | None
) -> None:
    taken = Timing(gradients, 0.9 * gradients, 1.1 * gradients, 6)
    found = criterion_verdict([cost(score, 1.0)], [GradientCost("taylor", 100, taken)], criterion)
    assert found
    check(found, holds, Cause.CRITERION)


def test_scores_that_take_two_fifths_of_the_time_are_not_ruled_out() -> None:
    """By another timing of the same step they may take over half of it."""
    found = criterion_verdict([cost(0.67, 1.0)], [], ChannelCriterion.L2)  # 0.67 of 1.67
    assert found
    check(found, None, Cause.CRITERION)


def test_a_criterion_that_was_not_timed_is_not_judged() -> None:
    assert criterion_verdict([cost(1, 1)], [], ChannelCriterion.HESSIAN) is None
    assert criterion_verdict([], [], ChannelCriterion.L2) is None


def right(share: float, examples: int = 450) -> Evaluation:
    return Evaluation(share, 0.1, examples)


def judged(
    share: float, kept: int = 8, mass: float = 0.3, how: str = "as asked", recalibrated: float | None = None
) -> Judged:
    again = right(recalibrated) if recalibrated is not None else None
    return Judged(how, 0.5, mass, ("conv", 16, kept), right(share), again)


REFUSED = Judged("kept", 0.5, None, None, None, None, "Nothing can be pruned.")


@pytest.mark.parametrize(
    ("pruned", "lighter", "holds"),
    [
        (judged(0.60), judged(0.98, mass=0.1), True),
        (judged(0.98), judged(0.98, mass=0.1), None),
        (judged(0.60), judged(0.61, mass=0.1), None),
        (judged(0.90), judged(0.60, mass=0.1), False),
        (judged(0.30, recalibrated=0.98), judged(0.98, mass=0.1), None),  # the statistics' doing
        (judged(0.30, mass=0.001), judged(0.98, mass=0.0), False),  # the criterion's mistake
    ],
)
def test_importance_is_named_where_less_of_it_gone_is_clearly_better(
    pruned: Judged, lighter: Judged, holds: bool | None
) -> None:
    found = accuracy.importance(right(0.99), pruned, lighter)
    check(found, holds, Cause.IMPORTANCE)
    assert [one.found for one in found.evidence[:2]] == [Found.EXACT, Found.EXACT]


def test_importance_that_only_an_estimate_tells_is_shown_as_one_and_settles_nothing() -> None:
    hardly = replace(judged(0.30, mass=0.001), estimated=True)
    found = accuracy.importance(right(0.99), hardly, judged(0.98, mass=0.0))
    check(found, True, Cause.IMPORTANCE)  # by the accuracies, which were measured
    assert [one.found for one in found.evidence[:2]] == [Found.ESTIMATED, Found.EXACT]


@pytest.mark.parametrize(
    ("collapsed", "kept", "holds"),
    [
        (("conv",), judged(0.95), True),
        (("conv",), judged(0.62), None),
        (("conv",), judged(0.30), False),
        (("conv",), REFUSED, None),
        ((), None, False),
    ],
)
def test_a_collapsed_layer_is_named_where_keeping_it_whole_is_clearly_better(
    collapsed: tuple[str, ...], kept: Judged | None, holds: bool | None
) -> None:
    pruned = replace(judged(0.60, kept=1), collapsed=collapsed)
    check(accuracy.collapse(pruned, kept), holds, Cause.COLLAPSE)


@pytest.mark.parametrize(
    ("raw", "recalibrated", "holds"), [(0.75, 0.95, True), (0.95, 0.96, None), (0.95, 0.75, False)]
)
def test_statistics_are_named_with_the_points_that_recalibration_recovers(
    raw: float, recalibrated: float, holds: bool | None
) -> None:
    found = accuracy.statistics(right(raw), right(recalibrated))
    check(found, holds, Cause.STATISTICS)
    assert f"{abs(100 * (recalibrated - raw)):.1f} points" in found.claim


@pytest.mark.parametrize(
    ("pruned", "other", "holds"),
    [
        (judged(0.2, kept=1), judged(0.95), True),
        (judged(0.2, kept=1), judged(0.21), None),
        (judged(0.95, kept=1), judged(0.2), False),
        (judged(0.2, kept=8), judged(0.95), False),  # no layer is empty
        (judged(0.2, kept=1), judged(0.95, kept=1), None),  # the other scope empties one too
        (judged(0.2, kept=1), REFUSED, None),
    ],
)
def test_global_ranking_is_named_where_another_scope_keeps_the_layer_and_the_accuracy(
    pruned: Judged, other: Judged, holds: bool | None
) -> None:
    found = accuracy.emptied(pruned, (replace(other, how="isomorphic scope"),))
    check(found, holds, Cause.EMPTIED)
    assert "Isomorphic scope: " in found.counterfactual


@pytest.mark.parametrize(
    ("pruned", "other", "holds"),
    [
        (0.12, 0.94, True),
        (0.12, 0.33, False),  # clearly better, and most of the loss is still there
        (0.12, 0.55, None),  # about half of the loss
        (0.12, 0.05, False),
    ],
)
def test_what_undoes_most_of_the_loss_is_the_reason_and_what_undoes_little_is_not(
    pruned: float, other: float, holds: bool | None
) -> None:
    whole = replace(judged(other, how="'stem' kept whole"), widths=(("stem", 16, 16), ("sum", 16, 16)))
    asked = replace(judged(pruned), widths=(("stem", 16, 5), ("sum", 16, 5)))
    found = accuracy.needed(right(0.98), asked, {"fc": judged(pruned), "stem": whole, "none": REFUSED})
    check(found, holds, Cause.GROUP)
    if holds:
        assert "the group of 'stem' lost channels, which 2 layers share" in found.claim
    check(accuracy.scoped(right(0.98), judged(pruned), (judged(other), REFUSED)), holds, Cause.SCOPE)


def test_an_interval_that_holds_the_threshold_tells_nothing() -> None:
    assert above(Interval(1.2, 0.9, 1.5), 1.0).holds is None
    assert above(Interval(1.2, 1.05, 1.5), 1.0).confidence is Confidence.LIKELY
    assert above(Interval(1.2, 1.15, 1.5), 1.0).confidence is Confidence.SURE
    assert (~above(Interval(1.2, 1.15, 1.5), 1.0)).holds is False


def test_few_images_cannot_tell_what_many_can() -> None:
    assert less_accurate(right(0.90, 40), right(0.96, 40)).holds is None
    assert less_accurate(right(0.90, 4000), right(0.96, 4000)).holds is True


def test_the_interval_of_an_accuracy_is_wilsons() -> None:
    found = right(0.9, 100).interval  # by hand: (0.9 + 0.0192 ± 1.96·√(0.0009 + 0.000096)) / 1.0384
    assert found.low == pytest.approx(0.8256, abs=1e-3)
    assert found.high == pytest.approx(0.9448, abs=1e-3)
    assert right(1.0, 50).interval.high == 1.0


def test_quotients_of_intervals_hold_their_extremes() -> None:
    found = Interval(4.0, 3.0, 5.0).over(Interval(2.0, 1.0, 2.5))
    assert (found.value, found.low, found.high) == (4 / 2, 3 / 2.5, 5 / 1)
