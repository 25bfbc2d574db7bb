"""One sentence on what a run saved: each part is measured, and says no more than its interval does."""

from __future__ import annotations

from collections.abc import Iterator

from explorer.ui.savings.runs import Saving
from explorer.values import Evaluation, Evidence, Found, Interval, Unit
from explorer.words import formats

NARROW = 1.15  # an interval that stays this near to no change says that there is none


def headline(saving: Saving) -> str:
    """How well it does, how large it is and how fast, beside the dense network."""
    return f"{', '.join(_parts(saving))} on {saving.machine}."


def _parts(saving: Saving) -> Iterator[str]:
    before, after = saving.dense.final, saving.pruned.final
    if before and after:
        yield _judged(before, after)
    yield _size(saving)
    yield _speed(speed_up(saving))


def _judged(before: Evaluation, after: Evaluation) -> str:
    by = before.by
    if before.interval.overlaps(after.interval):
        return f"{by.title} as before"
    side = "below" if after.value < before.value else "above"
    return f"{by.title} {formats.amount(after.value - before.value, by)} {side} dense"


def _size(saving: Saving) -> str:
    """Of the saved file, counted."""
    left, whole = saving.pruned.file_bytes, saving.dense.file_bytes
    told = formats.share(left, whole)
    return "the same file size" if told == "100 %" else f"{told} of the file size"


def speed_up(saving: Saving) -> Interval:
    """How many times as fast one forward pass became."""
    return Interval.of(saving.dense.time).over(Interval.of(saving.pruned.time))


def _speed(gain: Interval) -> str:
    if 1 / NARROW <= gain.low <= 1 <= gain.high <= NARROW:
        return "as fast as before"
    if gain.low <= 1 <= gain.high:
        return f"speed too close to call ({gain.low:.2f}–{gain.high:.2f}×)"
    return f"{gain.value:.2f}× as fast" if gain.value > 1 else f"{1 / gain.value:.2f}× as slow"


def evidence(saving: Saving) -> list[Evidence]:
    """The numbers behind the sentence, each with how it was found."""
    both = (("dense", saving.dense), ("pruned", saving.pruned))
    judged = [
        (name, one.final)
        for name, one in (("dense", saving.dense), (saving.step, saving.pruned))
        if one.final
    ]
    return [
        *(Evidence(f"{found.by.name}, {name}", found.interval, _unit(found)) for name, found in judged),
        *(
            Evidence(f"saved file, {name}", Interval.exactly(one.file_bytes), Unit.BYTES, Found.EXACT)
            for name, one in both
        ),
        *(Evidence(f"one forward pass, {name}", Interval.of(one.time), Unit.SECONDS) for name, one in both),
        Evidence("speed-up", speed_up(saving), Unit.TIMES),
    ]


def _unit(found: Evaluation) -> Unit:
    return Unit.SHARE if found.by.is_share else Unit.NUMBER
