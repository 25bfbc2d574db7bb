"""From flags to a network, a planner and a ratio: the same as in the app and in notebooks."""

from __future__ import annotations

from argparse import Namespace
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from explorer import sources
from explorer.anatomy.network import Network
from explorer.backends import DEPGRAPH, backend_of, fields_of, resolved
from explorer.backends.base import Planner, check_ratio
from explorer.backends.bench import Bench
from explorer.backends.codec import of_flags
from explorer.backends.table import key_of
from explorer.commands.budgets import BUDGETS, LATENCY, amount_of, budget_of, kind_of, share_of
from explorer.commands.telling import Teller
from explorer.studies.compare.budget import solve
from explorer.studies.compare.latency import Met, met
from explorer.values import Budget, Plan, Progress, own
from explorer.values.comparing import Contender
from explorer.values.errors import PruningError


@dataclass(frozen=True)
class Asked:
    """What a command is about."""

    planner: Planner[Any]
    plan: Plan
    amount: float | None  # the ratio that it is at; None: the options say it
    met: Met | None = None  # where that was found by measuring


def network(given: Namespace, teller: Teller) -> Network:
    """The network that the flags name, downloaded where it has to be.

    Raises:
        ExplorerError: if it cannot be had; before that for a ratio or a budget that no network could have.
    """
    _check_amounts(given)
    text = f"Loading {given.model}"
    teller.tell(Progress(None, text))
    return sources.load(
        _name(given), given.weights, given.weights_seed, lambda share: teller.tell(Progress(share, text))
    )


def _check_amounts(given: Namespace) -> None:
    if (ratio := getattr(given, "ratio", None)) is not None:
        check_ratio(ratio)
    for name in BUDGETS:
        if (text := getattr(given, name, None)) is not None:
            amount_of(kind_of(name), text, 1.0)


def _name(given: Namespace) -> str:
    """What the flags call it; for a network of one's own, they first are noted as where the app starts."""
    flags = [
        word
        for flag in own.FLAGS
        if flag != own.MODEL and (value := getattr(given, flag[2:])) is not None
        for word in (flag, value)
    ]
    if not flags and ":" not in given.model:
        return str(given.model)
    return own.remember([own.MODEL, given.model, *flags], Path.cwd())[0].name


def asked(given: Namespace, teller: Teller) -> Asked:
    """Network, planner and plan of a command.

    Raises:
        ExplorerError: for a network, an option or a budget that cannot be had.
    """
    net, backend = network(given, teller), key_of(given.backend)
    planner = Bench(net).planner(backend, options_of(backend, given))
    for progress in planner.rank():
        teller.tell(progress)
    found = in_time(planner, given.latency, teller) if given.latency else None
    amount = found.ratio if found else ratio_of(given, planner)
    plan = planner.plan() if amount is None else planner.plan(amount)  # type: ignore[call-arg]
    return Asked(planner, plan, amount, found)


def options_of(backend: str, given: Namespace) -> Any:
    """The options of a library, by its key, from flags of its own."""
    known = backend_of(backend)
    return of_flags(fields_of(backend), resolved(known.options), given, known.name)


def sure_depgraph(given: Namespace, done: str) -> None:
    """Refuse another library where coupled groups are what a command is about."""
    if key_of(given.backend) != DEPGRAPH:
        raise PruningError(
            f"Only groups of {DEPGRAPH} are {done}, got --backend {given.backend}. Leave --backend out."
        )


def ratio_of(given: Namespace, planner: Planner[Any]) -> float | None:
    """The ratio of the flags, or the one that meets their budget; None where SparseML's options say it."""
    budget = budget_of(given)
    if budget is not None:
        return at_budget(planner, Contender(planner.backend, planner.options, 0.0), *budget).ratio
    if given.ratio is not None:
        return check_ratio(given.ratio)
    if getattr(given, "final_sparsity", None) is None:
        raise PruningError(
            f"No amount for {backend_of(planner.backend).library} to prune is given. Give --ratio 0.5, or a budget "
            "such as --macs 50%."
        )
    return None


def in_time(planner: Planner[Any], text: str, teller: Teller) -> Met:
    """The ratio that meets a budget of latency, by measuring."""
    return teller.follow(met(planner, partial(amount_of, LATENCY, text)))


def at_budget(planner: Planner[Any], contender: Contender, kind: Budget, text: str) -> Contender:
    """The same run at the ratio that meets a budget; refused where no ratio comes near it."""
    keep = share_of(kind, text, planner.plan(0.0).costs.of(kind))
    solved = solve(planner, contender, kind, keep)
    if solved.problem:
        raise PruningError(solved.problem)
    return solved.contender
