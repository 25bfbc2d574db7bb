"""What an apply run of the DepGraph page is started with."""

from __future__ import annotations

from dataclasses import dataclass

from explorer.engine import calls
from explorer.ui.shell import jobs
from explorer.values import NetworkSpec, PruningOptions
from explorer.words.option_words import in_words

NAME = "run"  # in the session and the link


@dataclass(frozen=True)
class Run:
    """What an apply run was started with."""

    spec: NetworkSpec
    options: PruningOptions
    ratio: float

    @property
    def options_text(self) -> str:
        """All options that say something, without the ratio."""
        return in_words(self.options)

    def __str__(self) -> str:
        return (
            f"{self.spec.name} with {self.spec.weights} weights, ratio {self.ratio:.2f}, {self.options_text}"
        )


def start_apply(run: Run) -> None:
    """Start pruning for real, and make it this session's run."""
    jobs.start(NAME, run, calls.apply.start, run.spec, run.options, run.ratio)
