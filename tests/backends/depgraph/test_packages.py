"""Networks of other packages, with random weights: pruned and right, without a layer named by hand."""

from __future__ import annotations

import copy
import json
import os
import subprocess
import sys
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
from explorer.values import Axis
from tests.helpers import packages
from tests.helpers.packages import IDS, NAMED, image, of_timm, of_torchvision
from tests.helpers.silent import disagreement, silenced
from tests.helpers.yolo import SILENT

ROOT = Path(__file__).resolve().parents[3]

TOKENS = torch.randn(1, 9, 8, generator=torch.Generator().manual_seed(0))
ONE = {"num_hidden_layers": 1}
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
    "MPNet": (partial(packages.text, "MPNet"), NAMED, 2 + 2 * 2, {"mpnet.encoder.layer.0.attention.attn.v"}),
    "MobileBERT": (
        partial(
            packages.text, "MobileBert", embedding_size=24, intra_bottleneck_size=24, true_hidden_size=24
        ),
        NAMED,
        16,
        {"mobilebert.encoder.layer.0.attention.self.value"},
    ),
    "GPT-Neo": (packages.gpt_neo, IDS, 2 * 2, {"h.0.attn.attention.v_proj"}),
    "transformers' Swin": (
        packages.transformers_swin,
        image(32),
        2 + 4 * 2,
        {"swin.encoder.layers.1.blocks.1.attention.v_proj"},
    ),
    "MobileViT": (
        packages.mobilevit,
        image(64),
        42,
        {"mobilevit.encoder.layer.2.transformer.layer.0.attention.attention.value"},
    ),
    "PatchTST": (
        packages.patch_tst,
        torch.randn(1, 32, 2, generator=torch.Generator().manual_seed(0)),
        1 + 2 * 2,
        {"model.encoder.layers.0.self_attn.v_proj"},
    ),
    "timm poolformer": (partial(of_timm, "poolformer_s12"), image(64), 16, {"stages.0.blocks.0.mlp.fc1"}),
    "Llama": (packages.llama, NAMED, 1 + 2 * 2, {"model.layers.0.self_attn.v_proj"}),
    "Qwen3, with norms over keys that queries share": (
        partial(packages.causal, "Qwen3", num_key_value_heads=2, head_dim=12),
        IDS,
        1 + 2,
        {"model.layers.0.self_attn.v_proj"},
    ),
    "OLMo 2, with norms over all heads": (
        partial(packages.causal, "Olmo2", num_key_value_heads=2),
        IDS,
        1 + 2,
        {"model.layers.0.self_attn.v_proj"},
    ),
    "Persimmon, head by head and normed": (
        partial(packages.causal, "Persimmon"),
        IDS,
        1 + 2,
        {"model.layers.0.self_attn.query_key_value"},
    ),
    "BLOOM, head by head with a bias for each": (
        partial(packages.causal, "Bloom", n_layer=1, n_head=4),
        IDS,
        1 + 2,
        {"transformer.h.0.self_attention.query_key_value"},
    ),
    "RemBERT, which divides by a root that it stores nowhere": (
        partial(packages.text, "RemBert", **ONE, input_embedding_size=24, output_embedding_size=24),
        NAMED,
        2 + 2,
        {"rembert.encoder.layer.0.attention.self.value"},
    ),
    "RoFormer, whose heads are turned": (
        partial(packages.text, "RoFormer", **ONE, embedding_size=24),
        NAMED,
        2 + 2,
        {"roformer.encoder.layer.0.attention.self.value"},
    ),
    "timm's normed heads": (
        partial(
            packages.around, "layers.attention:Attention", num_heads=3, qk_norm=True, norm_layer=nn.LayerNorm
        ),
        TOKENS,
        1 + 2,
        {"attention.qkv"},
    ),
    "timm's keys and values of one layer": (
        partial(packages.around, "models.pvt_v2:Attention", [3, 3], num_heads=3),
        TOKENS,
        2,
        {"attention.proj"},
    ),
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


def test_yolo_is_pruned_without_a_layer_being_named(tmp_path: Path) -> None:
    run = subprocess.run(
        [sys.executable, "-m", "tests.helpers.yolo"],
        cwd=ROOT,
        env={**os.environ, **SILENT, "YOLO_CONFIG_DIR": str(tmp_path)},
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert run.returncode == 0, run.stderr
    found = json.loads(run.stdout.splitlines()[-1])
    assert found["groups"] == 48
    answers = {f"model.{block}.cv2.conv" for block in (15, 18, 21)}  # what its head reads is given out, too
    assert set(found["left"]) == answers | {f"model.22.{last}" for last in ("dfl.conv", "cv2.2.2", "cv3.2.2")}
    assert found["planned"] == found["counted"]
    assert found["planned"][0] < found["dense"] / 3
    assert found["apart"] < 1e-3


# --- heads that only training uses -------------------------------------------------------------------


@pytest.mark.large
def test_auxiliary_heads_are_right_in_training() -> None:
    torch.manual_seed(0)
    module = of_torchvision("googlenet", aux_logits=True, init_weights=False)
    planner = explorer.planner(explorer.wrap(module, image(64)))
    plan = planner.plan(0.5)
    assert plan.params < plan.params_before * 0.7
    pruned, quiet = (
        copy.deepcopy(network).train()
        for network in (planner.apply(plan), silenced(module, planner.cut_at(0.5)))
    )
    for layer in (*pruned.modules(), *quiet.modules()):
        if isinstance(layer, nn.Dropout):
            layer.p = 0.0
    batch = torch.cat([image(64), image(64).flip(3)])
    with torch.no_grad():
        answers = list(zip(pruned(batch), quiet(batch), strict=True))
    for ours, theirs in answers:
        assert ours.shape == theirs.shape == (2, 1000)
        assert float((ours - theirs).abs().max() / theirs.abs().max()) < 1e-3


# --- what its owner keeps of attention ------------------------------------------------------------------


def test_heads_lose_the_same_positions_and_their_owner_knows_it() -> None:
    torch.manual_seed(0)
    planner = explorer.planner(
        explorer.wrap(of_timm("vit_tiny_patch16_224", img_size=32, depth=1), image(32))
    )
    pruned: Any = planner.apply(planner.plan(0.5))
    attention = pruned.blocks[0].attn
    assert (attention.num_heads, attention.head_dim, attention.attn_dim) == (3, 32, 3 * 32)
    assert attention.scale == pytest.approx(32**-0.5)
    assert tuple(attention.qkv.weight.shape) == (3 * 3 * 32, 192 // 2)
    assert tuple(attention.proj.weight.shape) == (192 // 2, 3 * 32)
    gone = planner.cut_at(0.5)["blocks.0.attn.qkv", Axis.OUT]
    positions = [{channel % 64 for channel in gone if channel // 64 == part} for part in range(3 * 3)]
    assert len(positions[0]) == 32
    assert all(each == positions[0] for each in positions)


def test_transformers_owners_know_their_head_size() -> None:
    torch.manual_seed(0)
    planner = explorer.planner(explorer.wrap(packages.bert(), NAMED))
    pruned: Any = planner.apply(planner.plan(0.5))
    attention = pruned.bert.encoder.layer[0].attention.self
    sizes = (attention.num_attention_heads, attention.attention_head_size, attention.all_head_size)
    assert sizes == (4, 6, 4 * 6)
    assert attention.scaling == pytest.approx(6**-0.5)


def test_gpt2s_owner_knows_where_to_split() -> None:
    torch.manual_seed(0)
    planner = explorer.planner(explorer.wrap(packages.gpt2(), NAMED))
    pruned: Any = planner.apply(planner.plan(0.5))
    attention = pruned.h[0].attn
    assert (attention.num_heads, attention.head_dim, attention.split_size) == (4, 6, 4 * 6)
    assert (attention.c_attn.nf, attention.c_proj.nx) == (3 * 4 * 6, 4 * 6)


@pytest.mark.parametrize("scope", ["global", "isomorphic"])
@pytest.mark.parametrize("options", [{}, {"round_to": 4}, {"max_ratio": 0.4}])
def test_attention_is_planned_as_the_library_prunes_it(scope: str, options: dict[str, Any]) -> None:
    torch.manual_seed(0)
    planner = explorer.planner(explorer.wrap(packages.vit(), image(32)), scope=scope, **options)
    for ratio in (0.2, 0.7):
        plan = planner.plan(ratio)
        assert plan.params == total_params(planner.apply(plan))  # which holds the channels against each other


def test_a_group_of_heads_may_have_a_ratio_of_its_own() -> None:
    torch.manual_seed(0)
    net = explorer.wrap(packages.gpt2(), IDS)
    planner = explorer.planner(net, overrides={"h.0.attn.c_attn": 0.25})
    lost = {change.root: change.removed / change.channels for change in planner.plan(0.5).groups}
    assert lost["h.0.attn.c_attn"] == 0.25
    assert lost["h.1.attn.c_attn"] == 0.5
    assert planner.apply(planner.plan(0.5))


def test_keeping_an_attention_keeps_its_heads() -> None:
    torch.manual_seed(0)
    planner = explorer.planner(explorer.wrap(packages.gpt2(), IDS), keep=("h.0.attn",))
    assert {group.root for group in planner.ranked.groups} == {
        "h.0.mlp.c_fc",
        "h.1.mlp.c_fc",
        "h.1.attn.c_attn",
    }
