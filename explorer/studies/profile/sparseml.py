"""Where SparseML's own time goes; runs in SparseML's process only."""

from __future__ import annotations

import copy
from collections.abc import Callable, Generator, Mapping
from dataclasses import replace
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from explorer.anatomy.inputs import Example, call, lead, stacked, tensors_in
from explorer.anatomy.network import Network
from explorer.backends import BACKENDS, SPARSEML
from explorer.backends.sparseml.fields import MOST_EPOCHS
from explorer.backends.sparseml.library import IMPORT_SECONDS
from explorer.backends.sparseml.library_timing import Begun, begin
from explorer.backends.sparseml.options import BATCH, check_options, steps_per_epoch
from explorer.backends.sparseml.recipe import write_recipe
from explorer.measuring.timing import Turns, summarized
from explorer.studies.profile.costs import cost_of
from explorer.studies.steps import step
from explorer.values import (
    LibraryCost,
    Modifier,
    ProfileRequest,
    Progress,
    SparseCost,
    SparseOptions,
    StepCost,
    WeightScope,
)

INITIALISE, MASKS, OVERHEAD = "initialise", "make masks", "each step: masks"
WITHOUT_DATA = 2  # inputs in one step of a network without data: BatchNorm cannot train on one


def sparse_cost(net: Network, request: ProfileRequest) -> Generator[Progress, None, SparseCost]:
    """Time SparseML's steps on copies of `net`, with the amount and the scope that PyTorch native is asked for.

    Yields:
        What is being measured, and how far that is.

    Raises:
        PruningError: with what SparseML says against the network.
    """
    options = held(request)
    check_options(net, options)
    text = "Setting up and masking copies with SparseML"
    cost = yield from step(0.1, 0.6, text, lambda _: _before_training(net, options, request.seconds))
    text = "Training with masks and without, alternating"
    turns = yield from step(0.6, 1.0, text, lambda _: _turns(net, options, request.seconds))
    plain, masked = turns.taken["plain"], turns.taken["masked"]
    longer = summarized([under - free for free, under in zip(plain, masked, strict=True)])
    cost = replace(cost, steps=(*cost.steps, StepCost(OVERHEAD, longer)))
    images = lead(_batch(net)[0])
    return SparseCost(cost, IMPORT_SECONDS, turns.time("plain"), turns.time("masked"), images)


def _turns(net: Network, options: SparseOptions, seconds: float) -> Turns:
    """One training step of each copy, in turns."""
    return Turns({name: run for name, (_, run) in training_steps(net, options).items()}, seconds)


def held(request: ProfileRequest) -> SparseOptions:
    """A recipe that masks as much as is asked before the first step, and then holds the masks."""
    together = request.native.scope is WeightScope.GLOBAL
    last = MOST_EPOCHS - 1.0
    return SparseOptions(
        Modifier.GLOBAL_MAGNITUDE if together else Modifier.GM,
        init_sparsity=request.amount,
        final_sparsity=request.amount,
        end_epoch=last,
        update_frequency=last,
        epochs=MOST_EPOCHS,
    )


def training_steps(net: Network, options: SparseOptions) -> dict[str, tuple[nn.Module, Callable[[], None]]]:
    """Two copies that are trained alike, and one training step of each: "plain", and "masked" by SparseML."""
    free, batch = copy.deepcopy(net.module), _batch(net)
    begun = _begun(net, options)
    return {
        "plain": (free, _step(free, _optimizer(free), batch)),
        "masked": (begun.module, _step(begun.module, begun.optimizer, batch)),
    }


def _before_training(net: Network, options: SparseOptions, seconds: float) -> LibraryCost:
    def round_() -> Mapping[str, float]:
        begun = _begun(net, options)
        whole = begun.initialising + begun.masking
        return {INITIALISE: begun.initialising, MASKS: begun.masking, "whole": whole}

    return cost_of(BACKENDS[SPARSEML].name, net, 0, (INITIALISE, MASKS), round_, seconds)


def _begun(net: Network, options: SparseOptions) -> Begun:
    module = copy.deepcopy(net.module)
    return begin(module, _optimizer(module), write_recipe(net, options), steps_per_epoch(net))


def _optimizer(module: nn.Module) -> torch.optim.Optimizer:
    return torch.optim.AdamW(module.parameters(), lr=1e-4)  # small: how far it steps changes no time


def _batch(net: Network) -> tuple[Example, Tensor | None]:
    """Inputs of one step and their classes; without data, the example input again and again, without any."""
    if net.data:
        return net.data.train_x[:BATCH], net.data.train_y[:BATCH]
    return stacked([net.example_input] * WITHOUT_DATA), None


def _step(module: nn.Module, optimizer: Any, batch: tuple[Example, Tensor | None]) -> Callable[[], None]:
    module.train()

    def step() -> None:
        inputs, classes = batch
        answers = call(module, inputs)
        loss = _size(answers) if classes is None else functional.cross_entropy(answers, classes)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()

    return step


def _size(answers: object) -> Tensor:
    """Mean square of all that depends on weights: where no label says what is right, any loss takes the same time."""
    parts = [part.square().mean() for part in tensors_in(answers) if part.requires_grad]
    return torch.stack(parts).sum()
