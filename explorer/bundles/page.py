"""The report of a bundle: the pruned network measured beside the dense one, as one page."""

from __future__ import annotations

from collections.abc import Generator, Mapping
from dataclasses import replace
from typing import Any

from torch import nn

from explorer.backends import NATIVE, fields_of, parsed
from explorer.backends.base import Planner, plain
from explorer.backends.options import words
from explorer.exports.again import command
from explorer.exports.base import Told
from explorer.exports.report import html
from explorer.graph.build import dependency_graph
from explorer.studies.apply import differences
from explorer.studies.measure import in_turns, measure
from explorer.studies.profile.profile import profile
from explorer.values import (
    ChannelOptions,
    LayerGraph,
    Outcome,
    Plan,
    ProfileRequest,
    Progress,
    RecipePlan,
    Report,
)
from explorer.values.errors import ExplorerError, PruningError
from explorer.values.page import Page

TRAINED = "It was trained on after pruning, so its values are not those of the plan."


def reported(
    planner: Planner[Any],
    plan: Plan,
    pruned: nn.Module,
    seconds: float,
    is_trained: bool,
    environment: Mapping[str, Any],
    page: Page,
) -> bytes:
    """`report.html`.

    Args:
        planner: that made the plan.
        pruned: what came of it.
        seconds: that the library took.
        is_trained: whether it was trained since, so that its values are no longer the plan's.
        environment: what it was made with.
        page: what a person wants of it.
    """
    report = _measured(planner, plan, pruned, seconds, is_trained)
    told = told_of(planner, report, page)
    return html(replace(told, environment=environment)).encode()


def told_of(planner: Planner[Any], report: Report, page: Page) -> Told:
    """A finished run with all that a page can say of it."""
    options = getattr(report.plan, "options", planner.options)
    said = ", ".join(words(options, fields_of(report.backend)))
    ratio = None if isinstance(report.plan, RecipePlan) else report.plan.ratio
    as_asked = ratio is None or plain(planner.plan(ratio)) == report.plan  # channels by hand are no ratio's
    spec = planner.net.spec
    again = (command(spec, report.backend, options, ratio),) if as_asked and not spec.origin else ()
    return Told(spec, report, said, _graph(planner), again, page=page)


def with_verdicts(planner: Planner[Any], plan: Plan, page: Page) -> Generator[Progress, None, Page]:
    """The same with the verdicts of a profile, where a person asks for them and they are not there yet.

    Raises:
        ExplorerError: for a library other than DepGraph, and where the network cannot be profiled.
    """
    if not page.why or page.verdicts:
        return page
    if not isinstance(planner.options, ChannelOptions):
        raise PruningError(
            "Verdicts come of a profile of what DepGraph removes, and this library removes nothing."
        )
    request = ProfileRequest(planner.options, plan.ratio, parsed(NATIVE, {}), plan.ratio)
    found = yield from profile(planner.net, request)
    return replace(page, verdicts=found.verdicts)


def _measured(
    planner: Planner[Any], plan: Plan, pruned: nn.Module, seconds: float, is_trained: bool
) -> Report:
    net = planner.net
    dense_time, pruned_time = in_turns(net, [net.module, pruned])
    dense, after = measure(net, net.module, dense_time), measure(net, pruned, pruned_time)
    apart = (TRAINED,) if is_trained else tuple(differences(planner, plan, pruned, after))
    after = _as_trained(after) if is_trained else after
    return Report(planner.backend, plain(plan), dense, after, apart, seconds)


def _as_trained(found: Outcome) -> Outcome:
    """The same, known to be what it is after training; how it did before was not measured here."""
    return replace(found, pruned=None, recalibrated=None, fine_tuned=found.pruned)


def _graph(planner: Planner[Any]) -> LayerGraph | None:
    """What is drawn; None for a network that Torch-Pruning cannot follow."""
    try:
        return dependency_graph(planner.net, getattr(planner, "trace", None))
    except ExplorerError:
        return None
