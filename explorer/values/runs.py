"""Jobs: how far they are, where they stand, and what one that trains has measured so far."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum

from explorer.values.reproducing import Reproduced
from explorer.values.yardstick import ACCURACY, Yardstick


@dataclass(frozen=True, slots=True)
class TrainingPoint:
    """Where a training run stood at one moment."""

    epoch: float  # passes over the train split so far; 0 before the first step
    loss: float  # mean of what is trained by since the point before; at epoch 0 as the network is judged
    accuracy: float | None  # on the test split, or what `by` counts instead; None where it was not measured
    sparsity: float | None = None  # share of the maskable weights that are zero; None where nothing is masked
    by: Yardstick = ACCURACY


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a job is."""

    fraction: float | None  # None: nobody knows how long it will take
    text: str  # what is being done, e.g. "Downloading 12 of 98 MB"
    curve: tuple[TrainingPoint, ...] = ()  # of a run that trains: everything so far
    rows: tuple[Reproduced, ...] = ()  # of a run that checks published numbers: what was found so far

    def within(self, at: float, share: float) -> Progress:
        """The same as a part of a longer run: how far that was before, and the share of it that this part takes."""
        return self if self.fraction is None else replace(self, fraction=at + share * self.fraction)


class JobState(StrEnum):
    """Where a job stands; the last three are final."""

    QUEUED = "queued"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True)
class JobStatus:
    """A job, as a page shows it."""

    id: str
    state: JobState
    progress: Progress
    seconds: float  # since it left the queue
    result: object = None  # what the function returned, once done
    error: str = ""  # why it failed or was cancelled, as a sentence

    @property
    def over(self) -> bool:
        """Whether nothing more will happen."""
        return self.state not in (JobState.QUEUED, JobState.RUNNING)
