"""Plans as the engine answers them, each as what its library makes."""

from __future__ import annotations

from typing import cast

from explorer.engine import calls
from explorer.values import (
    Amount,
    ChannelOptions,
    ChannelPlan,
    MaskPlan,
    NativeOptions,
    NetworkSpec,
    RecipePlan,
    SparseOptions,
)


def channel_plan(spec: NetworkSpec, options: ChannelOptions, ratio: float) -> ChannelPlan:
    return cast(ChannelPlan, calls.plan(spec, "depgraph", options, ratio))


def mask_plan(spec: NetworkSpec, options: NativeOptions, amount: Amount) -> MaskPlan:
    return cast(MaskPlan, calls.plan(spec, "native", options, amount))


def recipe_plan(spec: NetworkSpec, options: SparseOptions) -> RecipePlan:
    return cast(RecipePlan, calls.plan(spec, "sparseml", options, None))
