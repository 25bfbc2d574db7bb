"""What an apply run of the DepGraph page is started with."""

from __future__ import annotations

from dataclasses import dataclass

from explorer import service
from explorer.schema import Criterion, NetworkSpec, Normalizer, PruningOptions, Reduction
from explorer.ui import jobs

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
        return ", ".join(_said(self.options))

    def __str__(self) -> str:
        return (
            f"{self.spec.name} with {self.spec.weights} weights, ratio {self.ratio:.2f}, {self.options_text}"
        )


def _said(options: PruningOptions) -> list[str]:
    """The options in words; those that are as usual stay unsaid."""
    maybe = {
        f"reduction {options.reduction}": options.reduction is not Reduction.MEAN,
        f"normaliser {options.normalizer}": options.normalizer is not Normalizer.MEAN,
        f"seed {options.seed}": options.criterion is Criterion.RANDOM,
        f"round to {options.round_to}": options.round_to is not None,
        f"at most {options.max_ratio:g} of a group": options.max_ratio < 1,
        f"{options.steps} steps": options.steps > 1,
        f"keeping {', '.join(options.keep)}": bool(options.keep),
        f"{len(options.overrides)} with a ratio of their own": bool(options.overrides),
    }
    always = [options.criterion.upper().replace("_", " "), str(options.scope)]
    return always + [words for words, is_said in maybe.items() if is_said]


def start_apply(run: Run) -> None:
    """Start pruning for real, and make it this session's run."""
    jobs.remember(service.start_apply(run.spec, run.options, run.ratio), run, NAME)
