"""What criteria that need gradients cost before they can score: passes over labelled images."""

from __future__ import annotations

from torch import nn

from explorer.anatomy.data import DataSet
from explorer.measuring.gradients import gather_gradients, images_of
from explorer.measuring.timing import FEWEST, once, summarized
from explorer.process.steps import finished
from explorer.values import ChannelCriterion, GradientCost


def gradient_costs(module: nn.Module, data: DataSet | None) -> tuple[GradientCost, ...]:
    """Time what Taylor and Hessian wait for, each as often as an interval takes; empty without labelled images."""
    if data is None:
        return ()
    criteria = [criterion for criterion in ChannelCriterion if criterion.needs_gradients]
    return tuple(gradient_cost(module, data, criterion) for criterion in criteria)


def gradient_cost(module: nn.Module, data: DataSet, criterion: ChannelCriterion) -> GradientCost:
    """Time the gradients that one criterion waits for."""
    times = [once(lambda: finished(gather_gradients(module, data, criterion))) for _ in range(FEWEST)]
    return GradientCost(str(criterion), images_of(criterion, data), summarized(times))
