"""What the finished runs of this session give to tell: a pruned network beside the dense one, both measured."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from explorer.backends.contenders import describe
from explorer.engine import calls
from explorer.ui.shell import jobs
from explorer.values import Outcome, Report
from explorer.values.comparing import Comparison
from explorer.values.errors import ExplorerError


@dataclass(frozen=True)
class Saving:
    """One pruned network."""

    told: str  # the run in words
    machine: str  # where it was timed
    dense: Outcome
    pruned: Outcome

    @property
    def step(self) -> str:
        """After which step of the run the pruned network was judged."""
        if self.pruned.fine_tuned:
            return "fine-tuned"
        return "re-calibrated" if self.pruned.recalibrated else "pruned"


def savings() -> list[Saving]:
    """Those of this session: what was fine-tuned first, then the youngest run first."""
    found = [one for job_id in reversed(jobs.started()) for one in _of(job_id)]
    return sorted(found, key=lambda one: one.pruned.fine_tuned is None)


def _of(job_id: str) -> Iterator[Saving]:
    run = jobs.started_with(job_id)
    try:
        result = calls.job(job_id).result
    except ExplorerError:  # the server forgot it meanwhile, or its file is damaged
        return
    machine = "the machine that ran it" if calls.is_earlier(job_id) else "this machine"
    if isinstance(result, Report):
        yield Saving(str(run), machine, result.dense, result.pruned)
    elif isinstance(result, Comparison):
        name = result.request.spec.name
        for one in result.runs:
            if one.outcome:
                yield Saving(
                    f"{name}, compared: {describe(one.contender)}", machine, result.dense, one.outcome
                )
