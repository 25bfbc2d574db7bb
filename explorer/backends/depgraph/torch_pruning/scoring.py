"""Torch-Pruning's own score of every channel, by every criterion."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from functools import partial
from typing import Any
from unittest.mock import patch

import torch
import torch_pruning as tp
from torch import Tensor, nn

from explorer.anatomy.transposed import Conv1D
from explorer.backends.depgraph.torch_pruning.patches import library_errors
from explorer.backends.depgraph.torch_pruning.tracing import Trace
from explorer.values import ChannelCriterion, ChannelOptions, Normalizer

Gradients = Mapping[str, Tensor]  # parameter name -> what the criterion wants to find in its ``.grad``

_SCORERS: Mapping[ChannelCriterion, Callable[..., Any]] = {
    ChannelCriterion.L1: partial(tp.importance.GroupMagnitudeImportance, p=1),
    ChannelCriterion.L2: partial(tp.importance.GroupMagnitudeImportance, p=2),
    ChannelCriterion.TAYLOR: tp.importance.GroupTaylorImportance,
    # Its `accumulate_grad` overwrites what it had, so only the last sample would count. Nothing is
    # accumulated there: the mean over samples lies in ``.grad``, where the score reads it.
    ChannelCriterion.HESSIAN: tp.importance.GroupHessianImportance,
    ChannelCriterion.LAMP: tp.importance.LAMPImportance,
    ChannelCriterion.BN_SCALE: tp.importance.BNScaleImportance,
    ChannelCriterion.FPGM: tp.importance.FPGMImportance,
    ChannelCriterion.RANDOM: tp.importance.RandomImportance,
}
_LIBRARY_NAME = {Normalizer.NONE: None, Normalizer.STANDARDIZATION: "standarization"}


def importance(
    traced: Trace, module: nn.Module, options: ChannelOptions, groups: Iterable[int], gradients: Gradients
) -> dict[int, Tensor]:
    """Score every channel of some groups.

    Args:
        traced: a trace of `module`.
        module: its parameters carry `gradients` while they are scored, and none afterwards.
        options: criterion, reduction, normaliser and seed.
        groups: group ids, in the library's order.
        gradients: empty where the criterion needs none.

    Returns:
        Group id -> float tensor, shape ``[channels]``, higher is kept; groups that the criterion cannot score
        are absent. "L2" is the squared norm, averaged over the members, divided by the group's mean.
    """
    score = Score(options)
    with library_errors("score", module), carrying(module, gradients), seeded(options):
        scores = {number: _or_none(score, traced.groups[number]) for number in groups}
    return {number: found for number, found in scores.items() if found is not None}


def _or_none(score: Score, group: Any) -> Tensor | None:
    """None also where the library fails, as FPGM does on convolutions in conv groups: other groups have a score."""
    try:
        return score(group)
    except Exception:
        return None


class Score:
    """The library's importance object for a criterion, which so scores transformers' ``Conv1D``, too."""

    def __init__(self, options: ChannelOptions) -> None:
        self._score = _library_score(options)
        if hasattr(self._score, "target_types") and nn.Linear in self._score.target_types:
            self._score.target_types = [*self._score.target_types, Conv1D]
        if hasattr(self._score, "_reduce"):
            self._score._reduce = partial(_reduced, self._score._reduce)

    def __call__(self, group: Any) -> Tensor | None:
        """One score for each channel of a group's root; None where the criterion has none."""
        turned = [dep.target.module for dep, _ in group if isinstance(dep.target.module, Conv1D)]
        with ExitStack() as marked:
            for layer in turned:  # it asks convolutions whether their weight is [in, out]
                marked.enter_context(patch.object(layer, "transposed", True, create=True))
            found: Tensor | None = self._score(group)
        return found


def _reduced(reduce: Callable[..., Any], scores: Any, roots: Any) -> Any:
    """The library's mean over the members; as long as the root, where the first one that it scores is longer.

    That is the reader of a depthwise convolution's channels twice over: such a root has no score of its own.
    """
    found = reduce(scores, roots)
    return found[: 1 + max(int(one.max()) for one in roots)] if len(roots) else found


def _library_score(options: ChannelOptions) -> Any:
    traits = options.criterion.traits
    shared: dict[str, Any] = {}
    if traits.reduced:
        shared["group_reduction"] = options.reduction.value
    if traits.normalised:
        shared["normalizer"] = _LIBRARY_NAME.get(options.normalizer, options.normalizer.value)
    return _SCORERS[options.criterion](**shared)


@contextmanager
def carrying(module: nn.Module, gradients: Gradients) -> Iterator[None]:
    """Let the parameters of `module` carry gradients inside the ``with`` block, and what they had afterwards."""
    parameters = dict(module.named_parameters())
    before = {name: parameters[name].grad for name in gradients}
    for name, gradient in gradients.items():
        parameters[name].grad = gradient
    try:
        yield
    finally:
        for name, parameter in module.named_parameters():
            if name in gradients:  # pruning puts new parameters in the place of the old
                parameter.grad = before[name] if parameter is parameters[name] else None


@contextmanager
def seeded(options: ChannelOptions) -> Iterator[None]:
    """Random scores come from the seed alone, and nobody else's random numbers change."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(options.seed)
        yield
