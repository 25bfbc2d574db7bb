"""Networks of other packages, with random weights: pruned and right, without a layer named by hand."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import torch
import transformers
from torch import nn

import explorer
from explorer import sources
from explorer.anatomy.counting import state_bytes, total_macs, total_params
from explorer.backends.depgraph.planner import DepGraphPlanner
from tests.helpers.silent import disagreement

ROOT = Path(__file__).resolve().parents[3]
WORDS = {"num_hidden_layers": 2, "num_attention_heads": 4, "hidden_size": 48, "intermediate_size": 96}
IDS = torch.arange(12)[None] % 7
CALL = {"input_ids": IDS, "attention_mask": torch.ones_like(IDS)}


def image(size: int) -> torch.Tensor:
    return torch.randn(1, 3, size, size, generator=torch.Generator().manual_seed(0))


def of_timm(name: str, **options: Any) -> nn.Module:
    sources.catalog()  # makes torchvision importable beside a CPU-only torch, and timm imports it
    import timm

    return timm.create_model(name, pretrained=False, **options)


def of_torchvision(name: str, **options: Any) -> nn.Module:
    sources.catalog()
    import torchvision

    return getattr(torchvision.models, name)(weights=None, **options)


def small_swin(kind: str) -> nn.Module:
    sources.catalog()
    from torchvision.models import swin_transformer as swin

    v2 = (
        {"block": swin.SwinTransformerBlockV2, "downsample_layer": swin.PatchMergingV2}
        if kind == "v2"
        else {}
    )
    return swin.SwinTransformer([4, 4], 24, [2, 2], [2, 4], [4, 4], num_classes=10, **v2)


def small_maxvit() -> nn.Module:
    sources.catalog()
    from torchvision.models.maxvit import MaxVit

    return MaxVit((32, 32), 16, 4, [16, 32], [1, 1], head_dim=8, stochastic_depth_prob=0.0, num_classes=10)


def bert() -> nn.Module:
    return transformers.BertForSequenceClassification(transformers.BertConfig(vocab_size=50, **WORDS))


def gpt2(kind: type[nn.Module] = transformers.GPT2Model) -> nn.Module:
    return kind(transformers.GPT2Config(vocab_size=50, n_positions=16, n_embd=48, n_layer=2, n_head=4))


def vit() -> nn.Module:
    return transformers.ViTForImageClassification(
        transformers.ViTConfig(image_size=32, patch_size=8, **WORDS)
    )


def t5() -> nn.Module:
    return transformers.T5EncoderModel(
        transformers.T5Config(vocab_size=50, d_model=48, d_kv=12, d_ff=96, num_layers=2, num_heads=4)
    )


def llama() -> nn.Module:
    return transformers.LlamaForCausalLM(
        transformers.LlamaConfig(vocab_size=50, num_key_value_heads=2, use_cache=False, **WORDS)
    )


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
    "BERT": (bert, CALL, 2 + 2 * 2, {"bert.encoder.layer.0.intermediate.dense"}),
    "BERT's ids alone": (bert, IDS, 2 + 2 * 2, {"bert.encoder.layer.1.attention.self.value"}),
    "ViT": (vit, {"pixel_values": image(32)}, 1 + 2 * 2, {"vit.layers.0.mlp.fc1"}),
    "GPT-2": (gpt2, CALL, 2 * 2, {"h.0.attn.c_attn", "h.0.mlp.c_fc", "h.1.attn.c_attn", "h.1.mlp.c_fc"}),
    "GPT-2's ids alone": (gpt2, IDS, 2 * 2, {"h.0.attn.c_attn"}),
    "GPT-2 with a tied head": (
        partial(gpt2, transformers.GPT2LMHeadModel),
        IDS,
        2 * 2,
        {"transformer.h.0.attn.c_attn"},
    ),
    "T5": (t5, CALL, 2, {"encoder.block.0.layer.0.SelfAttention.v"}),
    "Llama": (llama, CALL, 2, {"model.layers.0.mlp.up_proj"}),
    "swin": (partial(small_swin, "v1"), image(32), 2 + 4, {"features.1.0.mlp.0"}),
    "swin v2": (partial(small_swin, "v2"), image(32), 2 + 4, {"features.1.0.mlp.0"}),
    "maxvit": (small_maxvit, image(32), 17, set()),
    "shufflenet_v2": (partial(of_torchvision, "shufflenet_v2_x0_5"), image(64), 18, {"conv5.0"}),
}


@pytest.fixture(scope="module", params=NETWORKS)
def made(request: pytest.FixtureRequest) -> tuple[DepGraphPlanner, int, set[str]]:
    network, example, groups, roots = NETWORKS[request.param]
    torch.manual_seed(0)
    return explorer.planner(explorer.wrap(network(), example)), groups, roots


def test_groups_are_found_inside_attention_and_beside_it(made: tuple[DepGraphPlanner, int, set[str]]) -> None:
    planner, groups, roots = made
    assert len(planner.dense.groups) == groups
    assert roots <= {group.root for group in planner.dense.groups}
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
