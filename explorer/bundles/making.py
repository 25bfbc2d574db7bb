"""Make all files of a pruned network, each checked where it can be; what fails its check is left out and named."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Generator
from dataclasses import dataclass, field
from typing import Any

from safetensors.torch import save
from torch import nn

from explorer.anatomy.inputs import Example, tensors_in
from explorer.anatomy.rebuild import COMPRESSED, STRUCTURE, WEIGHTS, tensors
from explorer.backends import Backend, backend_of, fields_of, resolved
from explorer.backends.base import Planner, plain
from explorer.backends.codec import as_json
from explorer.backends.scripts import Script
from explorer.bundles.checking import Elsewhere, apart, rebuilt_apart
from explorer.bundles.compressed import compressed
from explorer.bundles.dense import DENSE, DENSE_STRUCTURE, Dense, dense_of
from explorer.bundles.environment import environment
from explorer.bundles.page import reported, with_verdicts
from explorer.bundles.structure import removed_of, structure_of
from explorer.bundles.texts import files_of, load_script, prune_script
from explorer.exports.onward import ONNX, PROGRAM, onward, readme
from explorer.exports.plan import plan_object
from explorer.measuring.evaluation import batch_norms
from explorer.measuring.onnx_export import exported
from explorer.measuring.program_export import exported_program
from explorer.process import island
from explorer.process.steps import retold
from explorer.values import Plan, Progress, RecipePlan
from explorer.values.bundle import Bundle, Failed
from explorer.values.errors import ExplorerError, ExportError
from explorer.values.page import Page

REPORT, README = "report.html", "README.md"
UNCHECKED = (
    "The class of '{}' is your own, so its scripts were not run: pass the network to load() and pruned(), or write "
    "its class into them."
)
AS_PRUNED = (
    "It holds the network as it is right after pruning: BatchNorm is not re-calibrated. Do that on your training data, "
    "or take the fine-tuned network."
)
FURTHER = (
    "load.py rebuilds it from the class of '{0}', with all that was removed; prune.py prunes once, from '{1}' on, "
    "whose weights and structure lie beside it."
)


@dataclass
class _Files:
    """What was made so far."""

    made: dict[str, bytes] = field(default_factory=dict)
    failed: list[Failed] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    inputs: dict[str, tuple[int, ...]] = field(default_factory=dict)  # of the ONNX file, by its names

    def add(self, name: str, make: Callable[[], bytes]) -> None:
        """Make one file; a reason why it cannot be had is kept in its place."""
        try:
            self.made[name] = make()
        except ExplorerError as error:
            self.failed.append(Failed(name, str(error)))


def bundle_in_steps(
    planner: Planner[Any],
    plan: Plan,
    module: nn.Module | None = None,
    page: Page | None = None,
) -> Generator[Progress, None, Bundle]:
    """All files of one pruned network.

    Args:
        planner: that made the plan.
        module: the pruned network, such as after fine-tuning; None: the library carries the plan out now.
        page: what the report is to say; None: all that is known.

    Yields:
        What is being done.

    Raises:
        ExplorerError: if the library refuses, or the rebuilt network does not answer as the pruned one.
    """
    known, net = backend_of(planner.backend), planner.net
    yield Progress(None, f"Pruning a copy with {known.library}")
    start = time.perf_counter()
    pruned = planner.apply(plan).eval() if module is None else module.eval()
    seconds = getattr(planner, "spent", time.perf_counter() - start)
    yield Progress(0.3, "Writing weights and structure")
    dense, files = dense_of(net), _Files()
    removed = removed_of(planner, plan)
    structure = structure_of(net.spec, dense.base, pruned, removed)
    files.made |= {WEIGHTS: save(tensors(pruned)), STRUCTURE: _json(structure), **files_of(dense)}
    if dense.weights:
        files.made[DENSE] = save(dict(dense.weights))
    if dense.start:
        files.made[DENSE_STRUCTURE] = _json({"modules": dense.start})
    made_with = environment(planner.backend, _seeds(planner))
    files.made |= {
        "plan.json": _json(_planned(planner, plan)),
        "environment.json": _json(made_with),
    }
    if isinstance(plan, RecipePlan):
        files.made["recipe.yaml"] = plan.recipe().encode()
    yield Progress(0.5, "Checking load.py in a process of its own")
    files.add("load.py", lambda: _load_file(dense, files, pruned))
    yield Progress(0.7, "Checking prune.py in a process of its own")
    files.add(
        "prune.py",
        lambda: _prune_file(known, dense, planner, plan, files, pruned if module is None else None),
    )
    yield Progress(0.85, "Exporting to ONNX, and checking it in ONNX Runtime")
    files.add(ONNX, lambda: _onnx_file(pruned, net.example_input, files))
    yield Progress(0.9, "Exporting by torch.export, and running that")
    files.add(PROGRAM, lambda: _program_file(pruned, net.example_input, files))
    if not known.removes:
        files.add(COMPRESSED, lambda: compressed(files.made[WEIGHTS]))
    page = yield from _judged(planner, plan, page or Page(), files)
    yield Progress(0.97, "Measuring for the report")
    files.add(
        REPORT,
        lambda: reported(planner, plan, pruned, seconds, module is not None, made_with, page),
    )
    if module is None and net.data is not None and batch_norms(pruned):
        files.notes.append(AS_PRUNED)
    if dense.code is None:
        files.notes.append(UNCHECKED.format(net.name))
    if dense.start is not None:
        files.notes.append(FURTHER.format(net.spec.base, net.name))
    ways = onward(known, plan, files.inputs, files.made.keys())
    files.made[README] = readme(net.name, ways).encode()
    return Bundle(net.name, tuple(sorted(files.made.items())), tuple(files.failed), tuple(files.notes), ways)


def _judged(planner: Planner[Any], plan: Plan, page: Page, files: _Files) -> Generator[Progress, None, Page]:
    """What the report is to say, with verdicts where they are asked for and can be had."""
    try:
        return (yield from retold(with_verdicts(planner, plan, page), lambda told: told.within(0.92, 0.05)))
    except ExplorerError as error:
        files.notes.append(f"{REPORT} has no verdicts: {error}")
        return page


def _planned(planner: Planner[Any], plan: Plan) -> dict[str, Any]:
    """What was asked, and every figure of the plan."""
    backend, options = planner.backend, getattr(plan, "options", planner.options)
    asked = {"backend": backend, "network": planner.net.name, "options": as_json(options, fields_of(backend))}
    return asked | plan_object(plain(plan))


def _seeds(planner: Planner[Any]) -> dict[str, int]:
    return {"network": planner.net.spec.seed, "pruning": int(getattr(planner.options, "seed", 0))}


def _json(value: dict[str, Any]) -> bytes:
    return (json.dumps(value, indent=1) + "\n").encode()


def _load_file(dense: Dense, files: _Files, pruned: nn.Module) -> bytes:
    """`load.py`, run once where its class can be had."""
    text = load_script(dense).encode()
    _refuse(rebuilt_apart(files.made, dense, pruned))
    if dense.code:
        found = Elsewhere().loaded(files.made | {"load.py": text})
        _refuse(apart(found, pruned, "load.py"))
    return text


def _onnx_file(pruned: nn.Module, example: Example, files: _Files) -> bytes:
    """`model.onnx`, held against torch; what is to be known of it goes into the notes."""
    made = exported(pruned, example)
    files.notes += [f"{ONNX}: {made.note}"] if made.note else []
    files.inputs = dict(zip(made.inputs, (tuple(one.shape) for one in tensors_in(example)), strict=False))
    return made.content


def _program_file(pruned: nn.Module, example: Example, files: _Files) -> bytes:
    """`model.pt2`, held against torch."""
    made = exported_program(pruned, example)
    files.notes += [f"{PROGRAM}: {made.note}"] if made.note else []
    return made.content


def _prune_file(
    known: Backend, dense: Dense, planner: Planner[Any], plan: Plan, files: _Files, pruned: nn.Module | None
) -> bytes:
    """The first script that makes what the library made."""
    if not known.scripts:
        raise ExportError(f"{known.name} has no script of its own yet.")
    why, scripts = "", resolved(known.scripts)(planner, plan)
    for script in scripts if dense.code else scripts[-1:]:  # what cannot be run has to be right by itself
        text = prune_script(known, dense, script)
        try:
            _check(text, script, dense, planner, plan, files, pruned)
        except ExportError as error:
            why = str(error)
            continue
        return text.encode()
    raise ExportError(why)


def _check(
    text: str,
    script: Script,
    dense: Dense,
    planner: Planner[Any],
    plan: Plan,
    files: _Files,
    pruned: nn.Module | None,
) -> None:
    if dense.code is None:
        return
    packages = (str(island.FOLDER),) if isinstance(plan, RecipePlan) and not island.why_missing() else ()
    found = Elsewhere(packages).pruned(files.made | {"prune.py": text.encode()})
    _refuse(apart(found, pruned if pruned is not None else planner.apply(plan), "prune.py"))


def _refuse(why: str) -> None:
    if why:
        raise ExportError(why)
