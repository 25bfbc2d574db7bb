"""What a library's page shows beside what every library's page shows."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from explorer.ui.parts.plan_figure import PlanFigure
from explorer.ui.pruning.run import PruningRun
from explorer.values import Amount, Evaluation, LiveAccuracy, NetworkSpec, NetworkSummary, Plan, Report
from explorer.values.comparing import AnyOptions


def nothing(*_: object) -> None:
    """Draws nothing."""


def no_figures(of: Plan | Report) -> Sequence[PlanFigure]:
    """None."""
    return ()


@dataclass(frozen=True)
class Extras:
    """The parts of one library's page that only it has; each draws itself.

    Attributes:
        intro: what the library does, in one or two sentences.
        heading: of what Apply did.
        terms: of the glossary that explain Apply.
        pick: draws the options; None: by the backend's fields.
        amount: what is asked, from the session; None: the slider's value.
        count: draws what takes the slider's place where the amount is a count, and nothing elsewhere.
        figures: more figures of a plan.
        live: what else follows the slider, below the run; it is given how well the dense network does, if known.
        note: a line under the figures.
        own: own ratios per layer or group.
        before: under the intro.
        same: how the sentence goes on that says that plan and library agree.
        verdict: beside that sentence.
        counts: more figures of a report.
        course: what happened on the way, between a report's figures and its measurements.
        evidence: at the end of a report.
        after: at the foot of the page.
        build: draws options and plan in its own way; None: as every page does.
    """

    intro: str = ""
    heading: str = "Apply"
    terms: tuple[str, ...] = ("apply",)
    pick: Callable[[NetworkSummary], AnyOptions] | None = None
    amount: Callable[[], Amount] | None = None
    count: Callable[[AnyOptions], None] = nothing
    figures: Callable[[Plan], Sequence[PlanFigure]] = no_figures
    note: Callable[[PruningRun, Plan, LiveAccuracy | None], None] = nothing
    live: Callable[[PruningRun, Plan, Evaluation | None], None] = nothing
    own: Callable[[NetworkSummary, AnyOptions], None] = nothing
    same: Callable[[Report], str] = field(default=lambda report: "The library's result equals the plan.")
    verdict: Callable[[Report], None] = nothing
    counts: Callable[[Report], Sequence[PlanFigure]] = no_figures
    course: Callable[[Report], None] = nothing
    evidence: Callable[[Report], None] = nothing
    before: Callable[[NetworkSpec], None] = nothing
    after: Callable[[NetworkSpec], None] = nothing
    build: Callable[[NetworkSummary], None] | None = None
