"""Why a run is not the one to use for a goal, read off what was counted and measured on it and on the best one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from explorer.values import Outcome
from explorer.values.verdict import Interval
from explorer.why.judging import less_accurate, right
from explorer.words import formats

_ALL = 0.99  # from this share on, nothing worth the name is gone
_LESS = 0.9  # a share of the other's that is clearly less
_MORE = 1.05
_RUINED = 0.5  # right less than this share as often as dense


@dataclass(frozen=True)
class Run:
    """One run that has a result."""

    letter: str
    removes: bool  # whether its library deletes channels
    outcome: Outcome
    # Whether it is no use unless it is right: not of random weights, nor where no run is.
    must_work: bool = True

    @property
    def seconds(self) -> float:
        """What the library's own work took."""
        assert self.outcome.steps
        return self.outcome.steps.step


Reason = Callable[[Run, Run | None, Outcome], str]  # of a run, beside the best one if there is any, and dense


def ruined(run: Run, dense: Outcome) -> str:
    """Why a run that is hardly ever right is no use for any goal; "" for any other."""
    now, before = run.outcome.final, dense.final
    if (
        not run.must_work
        or now is None
        or before is None
        or not now.by.is_share
        or now.value >= _RUINED * before.value
    ):
        return ""
    return f"Its {now.by.name} is {right(now)}, less than half of the dense network's: no use, however small it is."


def unpruned(run: Run, dense: Outcome) -> str:
    """Why a run that lost next to nothing helps with nothing; "" for any other."""
    now = run.outcome
    is_whole = now.params > _ALL * dense.params and now.nonzero > _ALL * dense.nonzero
    return "Almost nothing of it was pruned." if is_whole else ""


def slow(run: Run, best: Run | None, dense: Outcome) -> str:
    """Why removing nothing, or less, makes nothing faster."""
    now = run.outcome
    share = now.macs / dense.macs
    if share > _ALL:
        cut = now.structural_macs / dense.macs
        rows = (
            f" Without its all-zero rows and columns, {_percent(cut)} would be left." if cut < _LESS else ""
        )
        return (
            "It still executes every MAC of the dense network: its zeros are multiplied like any other "
            f"number.{rows}"
        )
    if best and now.macs > _MORE * best.outcome.macs:
        return f"It executes {_beside(run, best, dense, lambda outcome: outcome.macs)} of the dense MACs."
    gain = Interval.of(dense.time).over(Interval.of(now.time))
    less = "its timings cannot tell how much of that" if gain.high > 1 / share else "less of that"
    return f"Its MACs fell to {_percent(share)} of the dense network's; {less} came through as speed. See Profile."


def large(run: Run, best: Run | None, dense: Outcome) -> str:
    """Why its file is no smaller."""
    if run.outcome.params > _ALL * dense.params:
        return f"It stores all {dense.params:,} parameters: a zero takes as many bytes as any other number."
    return f"It stores {_beside(run, best, dense, lambda outcome: outcome.params)} of the dense parameters."


def incompressible(run: Run, best: Run | None, dense: Outcome) -> str:
    """Why compressing it saves less."""
    if best and run.outcome.nonzero <= best.outcome.nonzero:
        return "It has no more non-zeros, but their positions must be stored as well."
    kept = _beside(run, best, dense, lambda outcome: outcome.nonzero)
    return f"Compression saves little besides zeros, and it has {kept} of the dense non-zeros."


def memory_hungry(run: Run, best: Run | None, dense: Outcome) -> str:
    """Why it holds more."""
    if run.outcome.params > _ALL * dense.params:
        return "Zeros take as much memory as any other number, and activations keep their shapes."
    if best and run.outcome.params <= best.outcome.params:
        return "It has no more parameters, but wider layers where memory peaks."
    return f"It holds {_beside(run, best, dense, lambda outcome: outcome.params)} of the dense parameters."


def much_to_do(run: Run, best: Run | None, dense: Outcome) -> str:
    """Why more is left to multiply."""
    left = _beside(run, best, dense, lambda outcome: outcome.effective_macs)
    return f"{left} of the dense MACs still have a non-zero weight."


def inaccurate(run: Run, best: Run, dense: Outcome) -> str:
    """Why it does less well."""
    now, other = run.outcome, best.outcome
    if now.nonzero < _LESS * other.nonzero:
        left = _beside(run, best, dense, lambda outcome: outcome.nonzero)
        why = f"It keeps less: {left} of the dense parameters as non-zeros."
    elif run.removes and not best.removes:
        why = f"Whole channels were removed, with weights that {best.letter} could keep."
    else:
        why = f"It keeps no less than {best.letter}; the difference is which weights were pruned."
    return why + _recovered(now)


def _recovered(found: Outcome) -> str:
    if not (found.pruned and found.recalibrated and less_accurate(found.pruned, found.recalibrated).holds):
        return ""
    back = formats.amount(found.recalibrated.value - found.pruned.value, found.pruned.by)
    return f" It was worse right after pruning: BN re-calibration recovered {back}."


def long_to_prune(run: Run, best: Run) -> str:
    """Where its time went."""
    steps = run.outcome.steps
    longer = f"It takes {run.seconds / best.seconds:.0f} times as long: {duration(run.seconds)}."
    return f"{longer} {steps.note}".strip() if steps else longer


def duration(seconds: float) -> str:
    """In the unit that fits."""
    return f"{seconds:.1f} s" if seconds >= 1 else f"{1e3 * seconds:.0f} ms"


def _beside(run: Run, best: Run | None, dense: Outcome, number: Callable[[Outcome], int]) -> str:
    """A share of dense's, and the best run's: ``40 % (B: 27 %)``."""
    whole = number(dense)
    share = _percent(number(run.outcome) / whole)
    return f"{share} ({best.letter}: {_percent(number(best.outcome) / whole)})" if best else share


def _percent(share: float) -> str:
    return f"{100 * share:.0f} %"
