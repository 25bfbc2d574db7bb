"""Why the pruned network is as fast as it is."""

from __future__ import annotations

from collections.abc import Iterator

from explorer.values import (
    Cause,
    Evidence,
    Found,
    Interval,
    NetworkTime,
    Profile,
    Subject,
    SweepPoint,
    Unit,
    Variant,
    Verdict,
    Waterfall,
)
from explorer.why.judging import CANNOT_TELL, above, counted, percent, share, times, verdict

HALF = 0.5  # a cause that takes over half of the time is the one to name
NO_GAIN = 1.1  # a speed-up below this is none
SAME_WORK = 0.1  # two networks whose MACs differ by more than this share cannot be compared by time


def speed_verdicts(profile: Profile) -> Iterator[Verdict]:
    """Every verdict on speed for which the measurements are there."""
    forms = {row.variant: row for row in profile.networks}
    dense, removed = profile.waterfalls
    floor = forms.get(Variant.FLOOR)
    yield masks(forms[Variant.SILENCED], forms[Variant.REMOVED], forms.get(Variant.ZEROS))
    yield amdahl(dense, forms[Variant.REMOVED], floor)
    yield overhead(profile.shared, forms[Variant.REMOVED], floor, profile.batches)
    yield memory(dense, removed)
    for engine, timed in (("", profile.networks), (" in ONNX Runtime", profile.exported)):
        by_form = {row.variant: row for row in timed}
        if Variant.ALIGNED in by_form and Variant.MATCHED in by_form:
            yield odd_widths(by_form[Variant.ALIGNED], by_form[Variant.MATCHED], engine)


def masks(silenced: NetworkTime, removed: NetworkTime, zeros: NetworkTime | None) -> Verdict:
    """Zeros are multiplied like any other number, unless a kernel skips them.

    They may still gain some percent: weights that training shrank to subnormal numbers are slow to multiply, and zeros
    are not.

    Args:
        silenced: the channels zeroed.
        removed: the same channels cut out.
        zeros: single weights zeroed by torch.nn.utils.prune.
    """
    pays = above(silenced.speedup, NO_GAIN)
    decision = ~pays & above(removed.speedup.over(silenced.speedup), NO_GAIN)
    hardly = "hardly" if silenced.speedup.low > 1 else "do not"
    claims = {
        True: f"Zeros {hardly} make it faster: they are multiplied like any other number. Only removing helps.",
        False: "Masks are not the bottleneck here: zeroing is about as fast as removing.",
        None: "These times cannot tell whether zeros make it faster.",
    }
    evidence = [
        Evidence("speed-up, channels zeroed", silenced.speedup, Unit.TIMES),
        Evidence("speed-up, same channels removed", removed.speedup, Unit.TIMES),
    ]
    if zeros:
        what = f"speed-up, {share(zeros.ratio)} of the weights zeroed"
        evidence.append(Evidence(what, zeros.speedup, Unit.TIMES))
    ran = f"The same channels, removed instead of zeroed: {times(removed.speedup)} as fast as dense."
    return verdict(Cause.MASKS, Subject.SPEED, decision, claims, evidence, ran)


def amdahl(dense: Waterfall, removed: NetworkTime, floor: NetworkTime | None) -> Verdict:
    """What is not pruned does not get faster, and bounds what pruning the rest can give."""
    still = dense.untouched
    claims = {
        True: "Most of the time is spent in layers that keep all channels, not in the pruned layers.",
        False: "Less than half of the time is spent in layers that keep all channels: the pruned layers matter.",
        None: "These times cannot tell whether the pruned layers take most of the time.",
    }
    evidence = [
        Evidence("time in layers that keep all channels", still, Unit.SHARE),
        Evidence("speed-up", removed.speedup, Unit.TIMES),
    ]
    if still.low > 0:
        most = Interval(1 / still.value, 1 / still.high, 1 / still.low)
        evidence.append(
            Evidence("upper bound on the speed-up from the others", most, Unit.TIMES, Found.ESTIMATED)
        )
    return verdict(
        Cause.AMDAHL, Subject.SPEED, above(still, HALF), claims, evidence, _asked_for_nearly_all(floor)
    )


def overhead(
    shared: Interval, removed: NetworkTime, floor: NetworkTime | None, batches: tuple[SweepPoint, ...]
) -> Verdict:
    """Starting an operation costs the same however few channels it has; many images at once share it.

    Args:
        shared: share of the pruned network's time for one image that more images do not add to.
        floor: nearly nothing left to compute, but as many operations to start.
    """
    claims = {
        True: "Most of the time is per-operation launch overhead, which removing channels cannot shorten.",
        False: "Per-operation launch overhead does not take most of the time.",
        None: "These times cannot tell whether launch overhead takes most of the time.",
    }
    most = batches[-1]
    evidence = [
        Evidence(f"overhead amortised at batch {most.number}", shared, Unit.SHARE),
        Evidence("speed-up at batch 1", batches[0].speedup, Unit.TIMES),
        Evidence(f"speed-up at batch {most.number}", most.speedup, Unit.TIMES),
    ]
    decision = CANNOT_TELL
    if floor:
        left = removed.speedup.over(floor.speedup)
        decision = above(shared, HALF) & above(left, HALF)
        what = f"time left with {share(floor.macs / removed.macs)} of the MACs"
        evidence.append(Evidence(what, left, Unit.SHARE))
    ran = (
        f"The same two networks at batch {most.number}: removing makes it {times(most.speedup)} as fast, and "
        f"{times(batches[0].speedup)} at batch 1."
    )
    return verdict(Cause.OVERHEAD, Subject.SPEED, decision, claims, evidence, ran)


def memory(dense: Waterfall, removed: Waterfall) -> Verdict:
    """Where moving bytes takes most of the time, fewer MACs help only as far as they move fewer bytes."""
    claims = {
        True: "Data movement, not arithmetic, takes most of the time: fewer MACs alone help little.",
        False: "Data movement does not take most of the time.",
        None: "These times cannot tell whether data movement takes most of the time.",
    }
    macs, size = (sum(getattr(layer, what) for layer in removed.layers) for what in ("macs", "bytes"))
    intensity = Interval.exactly(macs / size if size else 0.0)
    evidence = [
        Evidence("copying as many bytes, share of the pruned network's time", removed.copying, Unit.SHARE),
        Evidence("the same for the dense network", dense.copying, Unit.SHARE),
        Evidence("MACs per byte moved", intensity, Unit.COUNT, Found.ESTIMATED),
    ]
    ran = f"Just copying what its layers read and write takes {percent(removed.copying)} of its time."
    return verdict(Cause.MEMORY, Subject.SPEED, above(removed.copying, HALF), claims, evidence, ran)


def odd_widths(aligned: NetworkTime, matched: NetworkTime, engine: str = "") -> Verdict:
    """Kernels work in blocks of channels: a width that fills no block costs as much as the next that does.

    Args:
        aligned: pruned to multiples of 8.
        matched: pruned to any width, to as many MACs.
        engine: " in " and where both were timed; "" is eager PyTorch.
    """
    work = matched.macs / aligned.macs
    slower = aligned.speedup.over(matched.speedup)
    fair = Interval(slower.value / work, slower.low / work, slower.high / work)
    decision = above(fair, 1.0) if abs(work - 1) <= SAME_WORK else CANNOT_TELL
    if matched.odd <= aligned.odd:  # ten classes are an odd width that no rounding mends
        decision = counted(False)
    claims = {
        True: f"Odd widths cost time{engine}: at equal MACs, multiples of 8 are faster.",
        False: f"Odd widths do not cost time{engine}.",
        None: f"Cannot tell whether odd widths cost time{engine}"
        + (": no two networks have similar MACs." if abs(work - 1) > SAME_WORK else "."),
    }
    evidence = [
        _counted("layers of odd width, without rounding", matched.odd),
        _counted("layers of odd width, in multiples of 8", aligned.odd),
        Evidence("speed-up, multiples of 8", aligned.speedup, Unit.TIMES),
        Evidence("speed-up, any width", matched.speedup, Unit.TIMES),
        Evidence("MACs, any width over multiples of 8", Interval.exactly(work), Unit.TIMES, Found.EXACT),
    ]
    ran = f"Rounded to multiples of 8, with about as many MACs{engine}: {times(slower)} as fast as with any width."
    return verdict(Cause.ODD_WIDTHS, Subject.SPEED, decision, claims, evidence, ran)


def _counted(what: str, number: int) -> Evidence:
    return Evidence(what, Interval.exactly(number), Unit.COUNT, Found.EXACT)


def _asked_for_nearly_all(floor: NetworkTime | None) -> str:
    if floor is None:
        return ""
    return (
        f"With {share(floor.ratio)} of the same channels removed, the network is {times(floor.speedup)} as "
        "fast as dense; that is the limit."
    )
