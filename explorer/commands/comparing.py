"""``compare``: several runs at one ratio or one budget, measured side by side."""

from __future__ import annotations

import shlex
from argparse import ArgumentParser, Namespace
from dataclasses import replace
from typing import Any

from explorer.backends import BACKENDS, SPARSEML, fields_of, parsed
from explorer.backends.base import check_ratio
from explorer.backends.bench import Bench
from explorer.backends.codec import add_flags
from explorer.backends.contenders import describe, title_of, told
from explorer.backends.table import key_of
from explorer.commands.answer import DONE, INCOMPLETE, Answer
from explorer.commands.asked import at_budget, in_time, network, options_of
from explorer.commands.budgets import budget_of
from explorer.commands.measuring import outcome_object
from explorer.commands.telling import Teller
from explorer.process import island
from explorer.studies.compare.measuring import compare as compare_all
from explorer.values import ACCURACY, Progress
from explorer.values.comparing import LETTERS, MOST_CONTENDERS, CompareRequest, Comparison, Contender
from explorer.values.errors import PruningError
from explorer.words import formats


def compare(given: Namespace, teller: Teller) -> Answer:
    """Solve each run's ratio, prune, and measure all in turns."""
    wanted = _contenders(given)
    net = network(given, teller)
    bench, solved, problems = Bench(net), list[Contender](), dict[str, str]()
    for contender in wanted:
        name = " · ".join((title_of(contender), *told(contender)))
        teller.tell(Progress(None, f"Planning {name}"))
        try:
            solved.append(_solved(given, bench, contender, teller))
        except PruningError as error:
            problems[name] = str(error)
    if not solved:
        raise PruningError(" ".join(problems.values()))
    found = teller.follow(compare_all(net, CompareRequest(net.spec, tuple(solved))))
    runs = [_run(letter, run) for letter, run in zip(LETTERS, found.runs, strict=False)]
    value = {
        "model": net.name,
        "weights": str(net.spec.weights),
        "dense": outcome_object(found.dense),
        "runs": runs,
        "refused": problems,
    }
    return Answer(value, _table(found, problems), INCOMPLETE if problems else DONE)


def _contenders(given: Namespace) -> list[Contender]:
    named = given.backend and key_of(given.backend)
    ours = [Contender(named, options_of(named, given), 0.0)] if named else []
    texts = given.run or []
    if not ours and not texts:
        texts = [key for key in BACKENDS if key != SPARSEML or not island.why_missing()]
    runs = [*ours, *map(_contender, texts)]
    if len(runs) > MOST_CONTENDERS:
        raise PruningError(f"At most {MOST_CONTENDERS} runs are compared, got {len(runs)}. Leave some out.")
    return runs


def _contender(text: str) -> Contender:
    """A library's key, and flags of its own."""
    first, *flags = shlex.split(text) or [""]
    key = key_of(first)
    parser = ArgumentParser(prog=f"--run '{first}", add_help=False, allow_abbrev=False)
    add_flags(parser, fields_of(key))
    if not flags:
        return Contender(key, parsed(key, {}), 0.0)
    return Contender(key, options_of(key, parser.parse_args(flags)), 0.0)


def _solved(given: Namespace, bench: Bench, contender: Contender, teller: Teller) -> Contender:
    planner, budget = bench.planner(contender.library, contender.options), budget_of(given)
    if given.latency:
        return replace(contender, ratio=in_time(planner, given.latency, teller).ratio)
    if budget is None:
        if given.ratio is None:
            raise PruningError(
                "No amount to prune is given. Give --ratio 0.5, or a budget such as --nonzero 50%."
            )
        return replace(contender, ratio=check_ratio(given.ratio))
    return at_budget(planner, contender, *budget)


def _run(letter: str, run: Any) -> dict[str, Any]:
    said = {"run": letter, "backend": run.contender.library, "ratio": run.contender.ratio}
    said["told"], said["problem"] = describe(run.contender), run.problem
    return said | (outcome_object(run.outcome) if run.outcome else {})


def _table(found: Comparison, problems: dict[str, str]) -> str:
    rows = [
        ("dense", found.dense),
        *((describe(run.contender), run.outcome) for run in found.runs if run.outcome),
    ]
    width = max(len(name) for name, _ in rows)
    by = found.dense.final.by.name if found.dense.final else ACCURACY.name
    lines = [f"{'':<{width}} {'not zero':>10} {'eff. MACs':>10} {'latency':>10} {by:>9}"]
    for name, one in rows:
        right = formats.judged(one.final.value, one.final.by) if one.final else "–"
        lines.append(
            f"{name:<{width}} {formats.count(one.nonzero):>10} {formats.count(one.effective_macs):>10} "
            f"{formats.duration(one.time.median):>10} {right:>{max(9, len(by))}}"
        )
    failed = [f"{describe(run.contender)}: {run.problem}" for run in found.runs if run.problem]
    return "\n".join([*lines, *failed, *(f"{name}: {why}" for name, why in problems.items())])
