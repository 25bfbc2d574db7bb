"""``plan`` and ``prune``: what pruning leaves, and the folder with the network that it left."""

from __future__ import annotations

from argparse import Namespace
from dataclasses import asdict
from pathlib import Path
from typing import Any

from explorer.backends import backend_of, fields_of
from explorer.backends.codec import as_json
from explorer.bundles.making import bundle_in_steps
from explorer.commands.answer import DONE, INCOMPLETE, Answer
from explorer.commands.asked import Asked, asked
from explorer.commands.objects import plain_object
from explorer.commands.page import page_of
from explorer.commands.telling import Teller
from explorer.exports.bundle import check_free, folder_name, write_folder
from explorer.exports.plan import plan_object
from explorer.studies.compare.latency import Met
from explorer.values import Plan
from explorer.words import formats


def plan(given: Namespace, teller: Teller) -> Answer:
    """What would be left."""
    found = asked(given, teller)
    return Answer(said(found), described(found))


def prune(given: Namespace, teller: Teller) -> Answer:
    """Prune, and write the folder: nothing is computed where it could not be written."""
    folder = Path(given.out or folder_name(Path(given.model).name)).expanduser().absolute()
    check_free(folder, given.replace)
    page = page_of(given)
    found = asked(given, teller)
    made = teller.follow(bundle_in_steps(found.planner, found.plan, page=page))
    write_folder(made, folder, given.replace)
    failed = [{"file": one.name, "reason": one.reason} for one in made.failed]
    value = said(found) | {"folder": str(folder), "failed": failed, "notes": list(made.notes)}
    value["onward"] = plain_object(made.onward)
    lines = [
        described(found),
        f"Written to {folder}: {', '.join(name for name, _ in made.files)}",
        *(f"Not written: {one.name}. {one.reason}" for one in made.failed),
        *made.notes,
        *(part for way in made.onward for part in (f"{way.tool}:", f"  {way.command}", way.warning) if part),
    ]
    return Answer(value, "\n".join(lines), INCOMPLETE if failed else DONE)


def said(found: Asked) -> dict[str, Any]:
    """What was asked, and every figure of the plan."""
    spec = found.planner.net.spec
    options = getattr(found.plan, "options", found.planner.options)
    return {
        "model": spec.name,
        "weights": str(spec.weights),
        "backend": found.planner.backend,
        "options": as_json(options, fields_of(found.planner.backend)),
        **plan_object(found.plan),
        **({"latency": _timed(found.met)} if found.met else {}),
    }


def _timed(found: Met) -> dict[str, Any]:
    return {"limit": found.limit, "dense": asdict(found.dense), "pruned": asdict(found.pruned)}


def described(found: Asked) -> str:
    """The figures of a plan for a person, before and after."""
    left = found.plan
    rows = (
        ("parameters", left.params_before, left.params),
        ("not zero", sum(left.dense.nonzero), left.nonzero),
        ("MACs", left.macs_before, left.macs),
        ("effective MACs", left.macs_before, left.effective_macs),
        ("bytes", left.bytes_before, left.bytes),
    )
    lines = [
        f"{found.planner.net.name}, {backend_of(found.planner.backend).name}, ratio {left.ratio:.4g}",
        *(
            f"  {name:<15}{before:>15,} → {after:>15,}  {formats.share(after, before):>7}"
            for name, before, after in rows
        ),
        *([found.met.told] if found.met else []),
        *_sentences(left),
    ]
    return "\n".join(lines)


def _sentences(left: Plan) -> list[str]:
    estimate = [f"Estimate: {left.estimate}"] if left.estimate else []
    return [*estimate, *left.warnings, *([left.left_out] if left.left_out else [])]
