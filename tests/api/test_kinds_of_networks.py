"""Networks of every kind: right, or one sentence that names the layer."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import nn
from torch.nn.utils import prune

import explorer
from tests.helpers.blocks import Blocks, blocks, wrapped

LAYERS = ("stem", "layer1.0", "layer1.2", "layer2.0", "layer2.2", "head")


def channels_last() -> Blocks:
    module: Any = blocks()
    for parameter in module.parameters():
        if parameter.dim() == 4:
            parameter.data = parameter.data.contiguous(memory_format=torch.channels_last)
    return module


def by_library(layer: nn.Module, options: dict[str, Any]) -> None:
    """Half of one layer, masked by torch.nn.utils.prune itself."""
    if options.get("pattern") == "structured":
        prune.ln_structured(layer, "weight", amount=0.5, n=2, dim=0)
    else:
        prune.l1_unstructured(layer, "weight", amount=0.5)
    prune.remove(layer, "weight")


@pytest.mark.parametrize("options", [{}, {"pattern": "structured", "criterion": "l2"}])
def test_masks_on_channels_last_are_the_librarys_and_the_layout_stays(options: dict[str, Any]) -> None:
    module = channels_last()
    planner = explorer.planner(wrapped(module), "native", **options)
    masked, expected = planner.apply(planner.plan(0.5)).state_dict(), blocks()
    for name in LAYERS:
        by_library(expected.get_submodule(name), options)
        weight = masked[f"{name}.weight"]
        assert torch.equal(weight, expected.get_parameter(f"{name}.weight"))
        assert weight.stride() == module.get_parameter(f"{name}.weight").stride()


def test_masks_over_all_channels_last_weights_together_are_the_librarys() -> None:
    module, expected = channels_last(), blocks()
    planner = explorer.planner(wrapped(module), "native", scope="global")
    slots = [(expected.get_submodule(name), "weight") for name in LAYERS]
    prune.global_unstructured(slots, prune.L1Unstructured, amount=0.5)
    masked = planner.apply(planner.plan(0.5)).state_dict()
    for name, weight in expected.state_dict().items():
        if name.endswith("_mask"):
            assert torch.equal(masked[name.removesuffix("_mask")] != 0, weight.bool())
