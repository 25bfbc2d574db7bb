"""The notebook's way to take a pruned network away, and to bring it back."""

from __future__ import annotations

import json
import os
import warnings
from pathlib import Path
from typing import Any

from safetensors import SafetensorError
from torch import nn

from explorer import sources
from explorer.anatomy.rebuild import STRUCTURE, rebuild
from explorer.backends.base import Planner
from explorer.bundles.making import bundle_in_steps
from explorer.exports.bundle import check_free, write_folder
from explorer.process.steps import finished
from explorer.sources.table import source_of
from explorer.values import NetworkSpec, Plan, Weights
from explorer.values.bundle import Bundle
from explorer.values.errors import ExportError, NetworkError


def bundle(planner: Planner[Any], plan: Plan, module: nn.Module | None = None) -> Bundle:
    """All files of one pruned network, each checked; `explorer.export` writes them as a zip.

    Args:
        planner: that made the plan.
        plan: what goes.
        module: the pruned network, such as after fine-tuning; None: the library carries the plan out.

    Raises:
        ExplorerError: if the library refuses.
    """
    if not hasattr(planner, "backend"):
        raise ExportError(
            f"A planner is expected, as explorer.planner makes it, and a {type(planner).__name__} is none. Pass one."
        )
    return finished(bundle_in_steps(planner, plan, module))


def save_bundle(
    planner: Planner[Any],
    plan: Plan,
    folder: str | os.PathLike[str],
    module: nn.Module | None = None,
    replace: bool = False,
) -> Path:
    """Write a pruned network into a folder that works without the explorer.

    Args:
        planner: that made the plan.
        plan: what goes.
        folder: such as "net.pruned"; it appears when it is complete.
        module: the pruned network, such as after fine-tuning; None: the library carries the plan out.
        replace: whether a bundle that is there already is replaced.

    Returns:
        The folder. A file that failed its check is not in it: a warning says why.

    Raises:
        ExportError: if something else is there, or the disk is full.
    """
    check_free(Path(folder).expanduser().absolute(), replace)
    made = bundle(planner, plan, module)
    for one in made.failed:
        warnings.warn(f"'{one.name}' is not in '{folder}': {one.reason}", stacklevel=2)
    return write_folder(made, folder, replace)


def load_bundle(folder: str | os.PathLike[str], dense: nn.Module | None = None) -> nn.Module:
    """Rebuild a pruned network from its folder; no code in it is run.

    Args:
        folder: as `save_bundle` wrote it.
        dense: a network of the class that was pruned, with any weights; it is changed in place. None: by its name.

    Raises:
        NetworkError: if the folder holds no pruned network, or one of another class.
    """
    place = Path(folder).expanduser()
    try:
        return rebuild(_named(place) if dense is None else dense, place)
    except (OSError, SafetensorError, json.JSONDecodeError, KeyError, TypeError) as error:
        raise NetworkError(
            f"'{place}' holds no pruned network that can be read ({error}). Give a folder that save_bundle wrote."
        ) from error
    except ValueError as error:
        raise NetworkError(str(error)) from error


def _named(place: Path) -> nn.Module:
    """A network of the class that the folder names, with random weights."""
    told = json.loads((place / STRUCTURE).read_text(encoding="utf-8"))["network"]
    name = str(told["name"])
    if source_of(name) is None:
        raise NetworkError(
            f"'{place}' holds a network '{name}' of a class that the explorer does not know. Hand a dense one over: "
            f"load_bundle('{place}', dense=YourClass(...))."
        )
    return sources.load_spec(NetworkSpec(name, Weights.RANDOM)).module
