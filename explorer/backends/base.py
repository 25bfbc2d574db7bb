"""What every pruning library looks like to the rest of the explorer. Imports neither torch nor any library."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from explorer.values import Plan, Progress
from explorer.values.errors import PruningError
from explorer.values.loose import as_number, is_number, shown

if TYPE_CHECKING:
    from torch import nn

    from explorer.anatomy.network import Network

PlanT = TypeVar("PlanT", bound=Plan)
Listener = Callable[[Progress], None]


def ignore(progress: Progress) -> None:
    """A listener that does not listen."""


class Planner(Protocol[PlanT]):
    """One network, one library, one set of options."""

    backend: str  # the library's key, of the class
    net: Network
    options: Any

    def rank(self) -> Iterator[Progress]:
        """Score and rank once, telling how far it is; whoever stops asking has cancelled it.

        Nobody has to: a plan that is asked for earlier takes the rest of that time itself.

        Raises:
            PruningError: if nothing in the network can be pruned so.
        """
        ...

    def plan(self, ratio: float) -> PlanT:
        """What is left at `ratio`, a fraction in [0, 1): takes milliseconds and touches no tensor of the network.

        At 0 that is the dense network, but for what options ask to go at any ratio.

        Raises:
            PruningError: for a ratio that is none.
        """
        ...

    def sketch(self, plan: PlanT) -> nn.Module:
        """A copy as the plan would leave it, made without the library.

        Raises:
            PruningError: if the plan is another planner's, or nobody can tell before the library has run.
        """
        ...

    def apply(self, plan: PlanT, on_progress: Listener = ignore) -> nn.Module:
        """Have the library carry a plan out on a fresh copy; what comes back has run, and no mask stays attached.

        Raises:
            PruningError: if the plan is another planner's, or the library did not do what it says.
        """
        ...


@dataclass(frozen=True)
class Backend:
    """What menus, links, Compare and the command line know of a library without importing it."""

    title: str  # "DepGraph (Torch-Pruning)"
    name: str  # "DepGraph", where there is less room
    library: str  # what carries plans out, e.g. "torch.nn.utils.prune"
    removes: bool  # True: channels are deleted; False: zeros are written
    options: str  # "module:Class" of its options, resolved on first use
    fields: str  # "module:TABLE" of them, each a `Field`; the module knows no torch
    planner: str  # "module:Class": called with a `Bench` and options
    page: str = ""  # title of its page; "": its name
    prefix: str = ""  # of its names in the session and in links, e.g. "native_"
    slider: str = "ratio"  # what the slider is called there, after the prefix
    asked: str = "ratio"  # what is asked of it
    usual: float = 0.5  # that a page starts with
    largest: float = 0.95  # that a slider goes to: near 1 groups would lose everything
    phases: tuple[str, ...] = ()  # of `Planner.rank`, in order; (): the library's own step scores
    note: str = ""  # what the time of its own step holds, in a sentence
    evidence: str = ""  # "module:function" of (planner, plan, result): what only this library shows
    scripts: str = ""  # "module:function" of (planner, plan): scripts in its own API, the best to read first

    @property
    def title_of_page(self) -> str:
        """What the navigation calls its page."""
        return self.page or self.name

    @property
    def amount(self) -> str:
        """The slider's name in the session and in links."""
        return f"{self.prefix}{self.slider}"

    @property
    def slider_label(self) -> str:
        """What stands beside its slider where other libraries have one, too."""
        return "Pruning ratio" if self.asked == "ratio" else self.asked.capitalize()

    @property
    def run(self) -> str:
        """The name of its runs in the session and in links."""
        return f"{self.prefix}run"

    @property
    def training(self) -> str:
        """The name of its fine-tuning runs."""
        return f"{self.prefix}fine_tune_run"

    @property
    def taking(self) -> str:
        """The name of its runs that make a folder to take away."""
        return f"{self.prefix}take_run"


def check_ratio(ratio: object) -> float:
    """The ratio, if it is a fraction in [0, 1), also as "0.5", "50%" or a tensor of one number.

    Raises:
        PruningError: for anything else.
    """
    number = as_number(ratio)
    if not is_number(number) or not 0 <= float(number) < 1:
        raise PruningError(f"Pruning ratio must be a fraction in [0, 1), got {shown(ratio)}. Half is 0.5.")
    return float(number)


def check_made(plan: Any, kind: type[PlanT], planner: object, again: Callable[[PlanT], PlanT]) -> None:
    """Refuse what is not a plan as this planner makes it: another planner's, or one that was changed.

    Args:
        kind: of plan that the planner makes.
        again: makes the same plan anew.

    Raises:
        PruningError: for any other.
    """
    mine = isinstance(plan, kind) and getattr(plan, "planner", planner) is planner
    if not mine or plain(plan) != plain(again(plan)):
        raise PruningError(
            "This plan was made by another planner, with another network or options. Make it with planner.plan."
        )


def plain(plan: Plan) -> Plan:
    """A plan as a value that can cross to another process: without what a planner hung on it."""
    kind = next(kind for kind in type(plan).__mro__ if kind.__module__.startswith("explorer.values."))
    made: Plan = kind(**{column.name: getattr(plan, column.name) for column in fields(kind)})
    return made
