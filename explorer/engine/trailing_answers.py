"""What is measured while a slider moves, in a process of its own."""

from __future__ import annotations

from explorer.engine import answers, calls
from explorer.engine.call import TRAILING
from explorer.values import Asked, LiveAccuracy, NetworkSpec
from explorer.values.comparing import AnyOptions

__all__ = calls.answered_in(TRAILING)


@calls.trailing_accuracy.answered
def trailing_accuracy(
    spec: NetworkSpec, backend: str, options: AnyOptions, amount: Asked | None
) -> LiveAccuracy | None:
    return answers.live_accuracy(spec, backend, options, amount)
