"""Networks of other packages, with random weights: pruned and right, without a layer named by hand."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import nn

import explorer
from explorer.anatomy.counting import state_bytes, total_macs, total_params
from explorer.backends.depgraph.planner import DepGraphPlanner
from tests.helpers import packages
from tests.helpers.packages import IDS, NAMED, image, of_timm, of_torchvision
from tests.helpers.silent import disagreement

ROOT = Path(__file__).resolve().parents[3]

Made = Callable[[], nn.Module]
NETWORKS: dict[
    str, tuple[Made, Any, int, set[str]]
] = {  # network, example, groups pruned, some of their roots
    "timm vit_tiny": (
        partial(of_timm, "vit_tiny_patch16_224", img_size=64, depth=2),
        image(64),
        1 + 2 * 2,
        {"blocks.0.attn.qkv", "blocks.0.mlp.fc1", "blocks.1.mlp.fc2"},
    ),
    "timm deit_tiny_distilled": (
        partial(of_timm, "deit_tiny_distilled_patch16_224", img_size=64, depth=2),
        image(64),
        1 + 2 * 2,
        {"blocks.0.attn.qkv", "blocks.1.attn.qkv"},
    ),
    "timm levit, whose biases are cached": (
        partial(of_timm, "levit_128s"),
        image(224),
        17,
        {"stages.0.blocks.0.mlp.ln1.linear"},
    ),
    "BERT": (packages.bert, NAMED, 2 + 2 * 2, {"bert.encoder.layer.0.intermediate.dense"}),
    "BERT's ids alone": (packages.bert, IDS, 2 + 2 * 2, {"bert.encoder.layer.1.attention.self.value"}),
    "ViT": (packages.vit, {"pixel_values": image(32)}, 1 + 2 * 2, {"vit.layers.0.mlp.fc1"}),
    "GPT-2": (packages.gpt2, NAMED, 2 * 2, {"h.0.attn.c_attn", "h.0.mlp.c_fc", "h.1.mlp.c_fc"}),
    "GPT-2's ids alone": (packages.gpt2, IDS, 2 * 2, {"h.0.attn.c_attn"}),
    "GPT-2 with a tied head": (
        partial(packages.gpt2, "GPT2LMHeadModel"),
        IDS,
        2 * 2,
        {"transformer.h.0.attn.c_attn"},
    ),
    "T5": (packages.t5, NAMED, 2 * 2, {"encoder.block.0.layer.0.SelfAttention.v"}),
    "Llama": (packages.llama, NAMED, 2, {"model.layers.0.mlp.up_proj"}),
    "swin": (packages.swin, image(32), 2 + 4, {"features.1.0.mlp.0"}),
    "swin v2": (packages.swin_v2, image(32), 2 + 4, {"features.1.0.mlp.0"}),
    "maxvit": (
        packages.maxvit,
        image(32),
        13,
        {"stem.0.0", "blocks.1.layers.0.layers.grid_attention.mlp_layer.3"},
    ),
    "shufflenet_v2": (partial(of_torchvision, "shufflenet_v2_x0_5"), image(64), 18, {"conv5.0"}),
}


@pytest.fixture(scope="module", params=NETWORKS)
def made(request: pytest.FixtureRequest) -> tuple[DepGraphPlanner, int, set[str]]:
    network, example, groups, roots = NETWORKS[request.param]
    torch.manual_seed(0)
    return explorer.planner(explorer.wrap(network(), example)), groups, roots


def test_groups_are_found_inside_attention_and_beside_it(made: tuple[DepGraphPlanner, int, set[str]]) -> None:
    planner, groups, roots = made
    assert len(planner.ranked.groups) == groups
    assert roots <= {group.root for group in planner.ranked.groups}
    assert all(left.reason for left in planner.left_whole)


@pytest.mark.parametrize("ratio", [0.3, 0.5])
def test_what_is_pruned_is_right(made: tuple[DepGraphPlanner, int, set[str]], ratio: float) -> None:
    planner, _, _ = made
    plan = planner.plan(ratio)
    pruned = planner.apply(plan)
    assert plan.params == total_params(pruned) < plan.params_before
    assert plan.macs == total_macs(pruned, planner.net.example_input) < plan.macs_before
    assert plan.bytes == state_bytes(pruned)
    assert disagreement(planner, ratio) < 1e-3
