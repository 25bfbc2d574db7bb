"""``profile``: where time goes in a network, dense and pruned, and why."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Iterator

from explorer.backends import DEPGRAPH, NATIVE, parsed
from explorer.backends.base import check_ratio
from explorer.commands.answer import Answer
from explorer.commands.asked import network, options_of, sure_depgraph
from explorer.commands.objects import plain_object
from explorer.commands.telling import Teller
from explorer.studies.profile.profile import profile as measured
from explorer.values import Interval, Profile, ProfileRequest, Verdict
from explorer.words import formats


def profile(given: Namespace, teller: Teller) -> Answer:
    """Measure as the app's Profile page does."""
    sure_depgraph(given, "profiled")
    request = ProfileRequest(
        options_of(DEPGRAPH, given),
        check_ratio(given.ratio),
        parsed(NATIVE, {"scope": given.weights_scope}),
        check_ratio(given.amount),
    )
    net = network(given, teller)
    found = teller.follow(measured(net, request))
    value = {"model": net.name, "weights": str(net.spec.weights), **plain_object(found)}
    return Answer(value, "\n".join([f"{net.name}, {net.spec.weights} weights", *_lines(found)]))


def _lines(found: Profile) -> Iterator[str]:
    for row in found.networks:
        yield (
            f"  {row.variant:<36} {formats.count(row.macs):>8} MACs  {formats.timing(row.time)}, "
            f"{_times(row.speedup)} dense"
        )
    for verdict in found.verdicts:
        yield _verdict(verdict)
    yield from found.notes


def _verdict(verdict: Verdict) -> str:
    word = {True: "this is why", False: "ruled out", None: "can't tell"}[verdict.holds]
    return f"{verdict.subject}, {verdict.cause} ({word}): {' '.join((verdict.claim, verdict.counterfactual)).strip()}"


def _times(speedup: Interval) -> str:
    return f"{speedup.value:.2f}× ({speedup.low:.2f} – {speedup.high:.2f}) as fast as"
