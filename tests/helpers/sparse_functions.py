"""What the tests of SparseML's process call: all that the app calls, and ways to hang, to look and to compare."""

from __future__ import annotations

import os
import socket
import urllib.request
from contextlib import suppress
from importlib.metadata import version

import sparseml
import torch
from torch import nn

from explorer import sources
from explorer.backends.sparseml.library import _gradients as sampler
from explorer.backends.sparseml.library import parsed
from explorer.engine.island_answers import mask_layers, read_recipe, recipe_cost, run_recipe, train
from explorer.process.offline import attempts
from explorer.sources.digits import digits
from explorer.studies.profile.sparseml import held, training_steps
from explorer.values import NetworkSpec, ProfileRequest, SchedulePoint

__all__ = [
    "applied",
    "connect",
    "mask_layers",
    "read_recipe",
    "recipe_cost",
    "release",
    "run_recipe",
    "scored",
    "train",
    "tried",
    "where",
    "zeros_in_training",
]


def where() -> tuple[str, tuple[str, ...]]:
    """The working directory and what lies in it."""
    return os.getcwd(), tuple(sorted(os.listdir()))


def tried() -> tuple[str, ...]:
    """Connections that something wanted to open, since the process started."""
    return tuple(attempts)


def connect() -> tuple[str, ...]:
    """Try to get out, in three ways."""
    said = []
    for way in (_by_name, _by_address, _by_page):
        with suppress(OSError):
            way()
            said.append(way.__name__)
    return tuple(said)


def _by_name() -> None:
    socket.getaddrinfo("localhost", 80)


def _by_address() -> None:
    with socket.socket() as one:
        one.connect(("127.0.0.1", 9))


def _by_page() -> None:
    urllib.request.urlopen("http://localhost:9", timeout=1)


def applied(recipe: str, steps_per_epoch: int, steps: int) -> tuple[SchedulePoint, ...]:
    """Every update that SparseML makes on a small network while an optimizer steps."""
    net = nn.Sequential(nn.Linear(40, 25), nn.Linear(25, 4))
    optimizer = torch.optim.SGD(net.parameters(), lr=0.0)
    manager = parsed(recipe)
    wrapped = manager.modify(net, optimizer, steps_per_epoch=steps_per_epoch)
    pruner = manager.pruning_modifiers[0]
    found: list[SchedulePoint] = []
    for step in range(steps):
        net(torch.ones(2, 40)).sum().backward()
        wrapped.step()
        epoch = pruner._last_update_epoch
        if epoch >= 0 and (not found or epoch != found[-1].epoch):
            sparsity = pruner.applied_sparsity
            found.append(SchedulePoint(step, epoch, sparsity[0] if isinstance(sparsity, list) else sparsity))
    return tuple(found)


def release() -> tuple[str, str]:
    """The release that is installed here, and the one that its import tells."""
    return version("sparseml"), sparseml.__version__


def scored(recipe: str) -> tuple[str, bool]:
    """By what SparseML scores under a recipe, and whether it refuses to begin without labelled images."""
    try:
        return _scorer(recipe), False
    except (KeyError, RuntimeError) as error:  # RigL looks it up without asking whether it is there
        if "grad_sampler" not in str(error):
            raise
        return _scorer(recipe, grad_sampler=sampler(digits())["grad_sampler"]), True


def _scorer(recipe: str, **more: object) -> str:
    module = sources.load("digits-cnn").module
    manager = parsed(recipe)
    manager.modify(module, torch.optim.SGD(module.parameters(), lr=0.1), steps_per_epoch=10, **more)
    return type(manager.pruning_modifiers[0].scorer).__name__.removesuffix("PruningParamsScorer")


def zeros_in_training(spec: NetworkSpec, request: ProfileRequest, steps: int) -> dict[str, dict[str, int]]:
    """Zeros in every convolution and linear layer of the two copies that are timed, after so many steps."""
    found = {}
    for name, (module, step) in training_steps(sources.load_spec(spec), held(request)).items():
        for _ in range(steps):
            step()
        layers = {
            path: one for path, one in module.named_modules() if isinstance(one, (nn.Conv2d, nn.Linear))
        }
        found[name] = {path: int((one.weight == 0).sum()) for path, one in layers.items()}
    return found
