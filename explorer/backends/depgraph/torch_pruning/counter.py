"""Torch-Pruning's own counter, and why it differs from the explorer's convention."""

from __future__ import annotations

from collections.abc import Sequence

import torch
import torch_pruning as tp
from torch import nn

from explorer.anatomy.counting import FUNCTIONAL
from explorer.anatomy.inputs import Example
from explorer.backends.depgraph.torch_pruning.patches import library_errors
from explorer.values import CounterReading, LayerRow

_COUNTED_TYPES = {"Conv1d", "Conv2d", "Conv3d", "Linear", "MultiheadAttention"}


def counter_reading(module: nn.Module, example_input: Example, rows: Sequence[LayerRow]) -> CounterReading:
    """What Torch-Pruning's own counter says, and why that is not the sum of `rows`."""
    with library_errors("count", module), torch.no_grad():
        # Torch-Pruning would spread a list
        given = (example_input,) if isinstance(example_input, list) else example_input
        counted, _ = tp.utils.count_ops_and_params(module, given)
    expected = sum(row.macs for row in rows)
    reasons = ["It adds biases, normalisation, activations and pooling."] if counted != expected else []
    if any(row.type == FUNCTIONAL for row in rows):
        reasons.append("It does not see attention written as plain functions.")
    if subclasses := sorted({row.type for row in rows if row.macs} - _COUNTED_TYPES - {FUNCTIONAL}):
        reasons.append(
            f"It knows exact layer types only and counts {', '.join(subclasses)} as zero or roughly."
        )
    return CounterReading("Torch-Pruning count_ops_and_params", int(counted), " ".join(reasons))
