"""Networks of every kind: right, or one sentence that names the layer."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import nn
from torch.nn.utils import prune

import explorer
from tests.helpers.blocks import blocks, wrapped


def by_library(layer: nn.Module, options: dict[str, Any]) -> None:
    """Half of one layer, masked by torch.nn.utils.prune itself."""
    if options.get("pattern") == "structured":
        prune.ln_structured(layer, "weight", amount=0.5, n=2, dim=0)
    else:
        prune.l1_unstructured(layer, "weight", amount=0.5)
    prune.remove(layer, "weight")


@pytest.mark.parametrize("options", [{}, {"pattern": "structured", "criterion": "l2"}])
def test_masks_on_channels_last_are_the_librarys_and_the_layout_stays(options: dict[str, Any]) -> None:
    module = blocks().to(memory_format=torch.channels_last)
    planner = explorer.planner(wrapped(module), "native", **options)
    masked, expected = planner.apply(planner.plan(0.5)).state_dict(), blocks()
    for name in ("stem", "layer1.0", "layer1.2", "layer2.0", "layer2.2", "head"):
        by_library(expected.get_submodule(name), options)
        weight = masked[f"{name}.weight"]
        assert torch.equal(weight, expected.get_parameter(f"{name}.weight"))
        assert weight.stride() == module.get_parameter(f"{name}.weight").stride()


def test_masks_over_all_channels_last_weights_together_are_the_librarys() -> None:
    module, expected = blocks().to(memory_format=torch.channels_last), blocks()
    planner = explorer.planner(wrapped(module), "native", scope="global")
    layers = [expected.stem, expected.layer1[0], expected.layer1[2], *expected.layer2[::2], expected.head]
    prune.global_unstructured([(layer, "weight") for layer in layers], prune.L1Unstructured, amount=0.5)
    masked = planner.apply(planner.plan(0.5)).state_dict()
    for name, weight in expected.state_dict().items():
        if name.endswith("_mask"):
            assert torch.equal(masked[name.removesuffix("_mask")] != 0, weight.bool())
