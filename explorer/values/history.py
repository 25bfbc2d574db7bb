"""What is kept of every run that a session finished, whichever library did it."""

from __future__ import annotations

from dataclasses import dataclass

from explorer.values.network import NetworkSpec
from explorer.values.plan import Amount
from explorer.values.timing import Timing
from explorer.values.yardstick import Evaluation


@dataclass(frozen=True, slots=True)
class AppliedRun:
    """One finished run: what was asked of which library, and what came out of it."""

    id: str  # of the job that did it; where that compared several, with this one's letter
    library: str  # title
    network: NetworkSpec
    options: str  # all options in words, without the amount
    amount: Amount  # a float is a fraction, an int a count
    params: int
    params_before: int
    nonzero: int
    macs: int  # what ordinary kernels compute
    macs_before: int
    effective_macs: int  # those whose weight is not zero
    file_bytes: int  # of the safetensors file, masks made permanent
    dense: Evaluation | None  # None: this network is not judged
    pruned: Evaluation | None
    seconds: float  # the library's own time
    plan_is_library: bool
    recalibrated: Evaluation | None = None  # None: not done
    fine_tuned: Evaluation | None = None
    latency: Timing | None = None  # one forward pass afterwards; None: not measured
    latency_before: Timing | None = None
    nonzero_before: int | None = (
        None  # None: it was kept by an explorer that did not count it; so is the next
    )
    effective_macs_before: int | None = None

    @property
    def final(self) -> Evaluation | None:
        """What it is worth after the last step that was taken."""
        return self.fine_tuned or self.recalibrated or self.pruned
