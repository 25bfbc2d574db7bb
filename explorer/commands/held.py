"""Runs that a JSON file holds, whichever command wrote it. Knows no torch, and runs nothing of the file."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from explorer.commands.budgets import BUDGETS, LATENCY
from explorer.commands.limits import ACCURACY, Figures
from explorer.exports import project
from explorer.values import ACCURACY as YARDSTICK
from explorer.values import Evaluation
from explorer.values.errors import ExportError
from explorer.values.project import Kept

EXPECTED = "Give a project file, or what plan, prune, measure, report or compare prints with --json"


@dataclass(frozen=True)
class Held:
    """One run of a file."""

    name: str
    figures: Figures  # by the names of budgets, and accuracy; None or absent: not known
    dense: Figures
    pinned: bool = False
    problem: str = ""  # why it has no figures


def held_in(path: Path) -> tuple[Held, ...]:
    """Every run of a file, in its order.

    Raises:
        ExportError: if it cannot be read, or holds no run.
    """
    try:
        content = path.read_text(encoding="utf-8")
        told = json.loads(content)
    except OSError as error:
        raise ExportError(f"'{path}' cannot be read: {error.strerror}. {EXPECTED}.") from error
    except (ValueError, RecursionError) as error:
        raise ExportError(f"'{path}' is not JSON: {error}. {EXPECTED}.") from error
    if isinstance(told, dict) and told.get("format") == project.FORMAT:
        found = tuple(map(_kept, project.read(content).runs))
    else:
        found = tuple(_runs(told)) if isinstance(told, dict) else ()
    if not found:
        raise ExportError(f"'{path}' holds no run. {EXPECTED}.")
    return found


def _runs(told: dict[str, Any]) -> Iterator[Held]:
    if isinstance(told.get("runs"), list):  # compare
        dense = _figures(told.get("dense"))
        for run in (one for one in told["runs"] if isinstance(one, dict)):
            name = f"{run.get('run', '?')}: {run.get('told', 'a run')}"
            yield Held(name, _figures(run), dense, run.get("pinned") is True, str(run.get("problem") or ""))
    elif isinstance(measured := told.get("measured"), dict):  # measure, report
        yield Held(_name(told), _figures(measured.get("pruned")), _figures(measured.get("dense")))
    elif isinstance(told.get("dense"), dict):  # plan, prune, plan.json of a folder
        yield Held(_name(told), _figures(told), _figures(told["dense"]))


def _kept(kept: Kept) -> Held:
    """A run of a project file; one of version 1 counts some figures only of the pruned network."""
    run, name = kept.run, kept.name or f"{kept.run.library} on {kept.run.network.name}"
    counted = ("params", "nonzero", "macs", "effective_macs")
    return Held(
        f"{name} ({run.id})",
        {
            **{figure: float(getattr(run, figure)) for figure in counted},
            "bytes": float(run.file_bytes),
            LATENCY: run.latency.median if run.latency else None,
            ACCURACY: _right(run.final),
        },
        {
            "params": float(run.params_before),
            "nonzero": run.nonzero_before,
            "macs": float(run.macs_before),
            "effective_macs": run.effective_macs_before,
            LATENCY: run.latency_before.median if run.latency_before else None,
            ACCURACY: _right(run.dense),
        },
        kept.pinned,
    )


def _right(found: Evaluation | None) -> float | None:
    return found.value if found and found.by == YARDSTICK else None


def _name(told: Mapping[str, Any]) -> str:
    ratio = _number(told.get("ratio"))
    at = "" if ratio is None else f" at ratio {ratio:.4g}"
    return f"{told.get('model') or told.get('network')} by {told.get('backend')}{at}"


def _figures(told: Any) -> Figures:
    """Numbers by name; accuracy is that after the last step, where it is accuracy that the network is judged by."""
    if not isinstance(told, dict):
        return {}
    steps = [_number(told.get(step)) for step in ("fine_tuned", "recalibrated", ACCURACY)]
    right = next((one for one in steps if one is not None), None)
    return {
        **{name: _number(told.get(name)) for name in BUDGETS},
        "bytes": _number(told.get("file_bytes", told.get("bytes"))),
        LATENCY: _median(told.get(LATENCY)),
        ACCURACY: right if told.get("judged_by") == YARDSTICK.name else None,
    }


def _median(told: Any) -> float | None:
    """Of a time with its interval; of a plan's the pruned network's."""
    if not isinstance(told, dict):
        return None
    return _median(told["pruned"]) if "pruned" in told else _number(told.get("median"))


def _number(told: Any) -> float | None:
    is_one = isinstance(told, (int, float)) and not isinstance(told, bool)
    return float(told) if is_one and math.isfinite(told) else None
