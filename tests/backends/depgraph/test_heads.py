"""Whole attention heads: as many go as asked, the right ones, and the owner knows how many are left."""

from __future__ import annotations

from functools import partial
from typing import Any

import pytest
import torch
import torch_pruning as tp
from torch import nn

import explorer
from explorer.anatomy.attention import attentions
from explorer.backends.depgraph.planner import DepGraphPlanner
from explorer.ui.extras.depgraph.heads import head_sizes
from explorer.values import Axis, HeadPruning
from explorer.values.errors import PruningError
from tests.helpers import packages
from tests.helpers.packages import IDS, NAMED, image, of_timm, torchvision, transformers
from tests.helpers.silent import disagreement

pytestmark = [pytest.mark.large, pytest.mark.filterwarnings("ignore:Unwrapped parameters")]

NETWORKS: dict[str, tuple[Any, Any]] = {
    "timm vit_tiny": (partial(of_timm, "vit_tiny_patch16_224", img_size=32, depth=2), image(32)),
    "BERT": (packages.bert, NAMED),
    "ViT": (packages.vit, image(32)),
    "GPT-2": (packages.gpt2, IDS),
}


def planned(name: str, **options: Any) -> DepGraphPlanner:
    """A planner that takes whole heads."""
    torch.manual_seed(0)
    make, example = NETWORKS[name]
    found: Any = explorer.planner(explorer.wrap(make(), example), heads="whole", **options)
    return found


def heads_left(module: nn.Module) -> list[int]:
    """Heads of every attention, as its owner says."""
    return [found.heads for found in attentions(module)]


@pytest.mark.parametrize("scope", ["local", "global"])
@pytest.mark.parametrize("name", list(NETWORKS))
def test_without_whole_heads_it_answers_as_with_silent_ones(name: str, scope: str) -> None:
    planner = planned(name, scope=scope)
    assert disagreement(planner, 0.4) < 2e-4
    before, after = heads_left(planner.net.module), heads_left(planner.apply(planner.plan(0.4)))
    assert sum(after) < sum(before)


@pytest.mark.parametrize("name", list(NETWORKS))
def test_a_sketch_is_what_the_library_leaves(name: str) -> None:
    planner = planned(name)
    plan = planner.plan(0.5)
    ours, theirs = planner.sketch(plan), planner.apply(plan)
    assert heads_left(ours) == heads_left(theirs)
    for one, other in zip(ours.parameters(), theirs.parameters(), strict=True):
        assert torch.equal(one, other)


@pytest.mark.parametrize(("ratio", "left"), [(1 / 3, 2), (0.5, 1)])
def test_the_librarys_own_whole_heads_are_the_same(ratio: float, left: int) -> None:
    """Its own way takes no head at channel ratio 0, so it gets the least there is: only heads may go here."""
    others = ("patch_embed", "blocks.0.mlp", "blocks.1.mlp", "head")
    planner = planned("timm vit_tiny", keep=others)
    ours: Any = planner.apply(planner.plan(ratio))
    theirs: Any = NETWORKS["timm vit_tiny"][0]()
    theirs.load_state_dict(planner.net.module.state_dict())
    pruner = tp.pruner.BasePruner(
        theirs.eval(),
        image(32),
        importance=tp.importance.GroupMagnitudeImportance(),
        pruning_ratio=1e-9,
        ignored_layers=[theirs.get_submodule(name) for name in others],
        in_channel_groups={},
        out_channel_groups={},
        num_heads={block.attn.qkv: 3 for block in theirs.blocks},
        prune_num_heads=True,
        prune_head_dims=False,
        head_pruning_ratio=ratio,
    )
    pruner.step()
    for block, other in zip(ours.blocks, theirs.blocks, strict=True):
        assert block.attn.num_heads == pruner.num_heads[other.attn.qkv] == left
        other.attn.num_heads, other.attn.attn_dim = left, 64 * left
    assert torch.equal(ours(image(32)), theirs(image(32)))


def test_at_channel_ratio_0_the_library_itself_takes_no_head() -> None:
    """Which is why its ranking of channels is used for heads."""
    module: Any = NETWORKS["timm vit_tiny"][0]().eval()
    pruner = tp.pruner.BasePruner(
        module,
        image(32),
        importance=tp.importance.GroupMagnitudeImportance(),
        pruning_ratio=0.0,
        in_channel_groups={},
        out_channel_groups={},
        num_heads={block.attn.qkv: 3 for block in module.blocks},
        prune_num_heads=True,
        head_pruning_ratio=0.5,
    )
    pruner.step()
    assert [block.attn.qkv.out_features for block in module.blocks] == [3 * 3 * 64] * 2


def test_in_two_steps_the_library_itself_takes_more_heads_than_asked() -> None:
    """The second step takes half of what is left, not what is missing to half of all."""
    module: Any = packages.vit().eval()
    layers = [layer.attention for layer in module.vit.layers]
    pruner = tp.pruner.BasePruner(
        module,
        image(32),
        importance=tp.importance.GroupMagnitudeImportance(),
        pruning_ratio=0.01,
        iterative_steps=2,
        in_channel_groups={},
        out_channel_groups={},
        num_heads={made: 4 for one in layers for made in (one.q_proj, one.k_proj, one.v_proj)},
        prune_num_heads=True,
        prune_head_dims=False,
        head_pruning_ratio=0.5,
    )
    for _ in range(2):
        pruner.step()
    assert [one.q_proj.out_features // 12 for one in layers] == [1, 1]
    planner = planned("ViT", steps=2)
    assert heads_left(planner.apply(planner.plan(0.5))) == [2, 2]


def test_their_owners_know_how_many_are_left() -> None:
    planner = planned("timm vit_tiny")
    pruned: Any = planner.apply(planner.plan(0.3))
    timm = pruned.blocks[0].attn
    assert (timm.num_heads, timm.head_dim, timm.attn_dim) == (2, 64, 2 * 64)
    assert timm.scale == pytest.approx(64**-0.5)
    planner = planned("BERT")
    pruned = planner.apply(planner.plan(0.3))
    bert = pruned.bert.encoder.layer[0].attention.self
    assert (bert.num_attention_heads, bert.attention_head_size, bert.all_head_size) == (2, 12, 2 * 12)


def test_channels_by_hand_take_their_heads() -> None:
    planner = planned("timm vit_tiny")
    plan = planner.plan_of(
        {"blocks.0.attn.qkv": (5, 3 * 64 + 70)}
    )  # of the query of head 0, the key of head 1
    assert planner.cut(plan)["blocks.0.attn.proj", Axis.IN] == tuple(range(2 * 64))
    assert [change.removed for change in plan.groups if change.removed] == [2 * 64]
    assert heads_left(planner.apply(plan)) == [1, 3]


def test_all_heads_by_hand_are_refused() -> None:
    with pytest.raises(PruningError, match="'blocks.0.attn.*' would lose all of its channels"):
        planned("timm vit_tiny").plan_of({"blocks.0.attn.qkv": (0, 64, 128)})


@pytest.mark.parametrize(
    ("options", "ratio", "left"),
    [
        ({"round_to": 16}, 0.5, [2, 2]),  # channels are rounded, heads are not
        ({"max_ratio": 0.3}, 0.7, [3, 3]),  # of four heads one is less than 30 %
        ({"max_ratio": 0.3, "scope": "global", "round_to": 4}, 0.7, [3, 3]),
        ({"overrides": {"h.0.attn.c_attn": 0.25}}, 0.5, [3, 2]),
        ({"overrides": {"h.0.attn": 0.25}, "scope": "global"}, 0.5, [3, 2]),
        ({"keep": ("h.0.attn",), "scope": "isomorphic"}, 0.5, [4, 2]),
        ({"steps": 3}, 0.75, [1, 1]),
    ],
)
def test_heads_go_with_every_option(options: dict[str, Any], ratio: float, left: list[int]) -> None:
    planner = planned("GPT-2", **options)
    assert heads_left(planner.apply(planner.plan(ratio))) == left


def test_the_last_head_stays_in_every_step() -> None:
    planner = planned("timm vit_tiny", steps=3)
    assert heads_left(planner.apply(planner.plan(0.9))) == [1, 1]


def test_heads_that_something_is_added_to_lose_their_size() -> None:
    torch.manual_seed(0)
    config = transformers.T5Config(vocab_size=50, d_model=48, d_kv=12, d_ff=96, num_layers=1, num_heads=4)
    example = {"input_ids": IDS, "decoder_input_ids": IDS[:, :6], "use_cache": False}
    net = explorer.wrap(transformers.T5ForConditionalGeneration(config), example)
    planner: Any = explorer.planner(net, heads="whole")
    by_head = {planner.ranked.root(place): one.by_head for place, one in enumerate(planner.ranked.candidates)}
    assert by_head["decoder.block.0.layer.1.EncDecAttention.v"]
    assert not by_head["decoder.block.0.layer.0.SelfAttention.v"]  # a bias for each head


def test_the_page_tells_heads_and_their_size() -> None:
    planner = planned("timm vit_tiny", keep=("blocks.1",))
    graph, plan = explorer.dependency_graph(planner.net), planner.plan(0.3)
    [whole] = head_sizes(graph, plan, HeadPruning.WHOLE)
    assert whole.startswith("**3 → 2**, head size 64 before and after (group of")


@pytest.mark.parametrize(
    "make", [partial(torchvision.models.VisionTransformer, 32, 8, 1, 2, 16, 32), packages.swin]
)
def test_networks_without_such_heads_say_so(make: Any) -> None:
    with pytest.raises(PruningError, match="no attention that can lose whole heads") as refused:
        explorer.planner(explorer.wrap(make(), image(32)), heads="whole")
    assert refused.value.field == "heads"


class Attention(nn.Module):
    """Called as one of timm's, and multiplies what comes of each head by a number of its own."""

    def __init__(self) -> None:
        super().__init__()
        self.num_heads, self.head_dim, self.attn_dim, self.scale = 4, 4, 16, 0.5
        self.qkv, self.proj = nn.Linear(8, 48), nn.Linear(16, 8)
        self.register_buffer("by_head", torch.arange(1.0, 5.0).view(4, 1, 1))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """One token after the other, shape ``[batch, tokens, 8]``."""
        shape = (*x.shape[:2], 3, self.num_heads, self.head_dim)
        q, k, v = self.qkv(x).reshape(shape).permute(2, 0, 3, 1, 4)
        found = (q @ k.transpose(-2, -1) * self.scale).softmax(-1) @ v * self.by_head
        output: torch.Tensor = self.proj(found.transpose(1, 2).flatten(2))
        return output


def test_attention_that_counts_its_heads_elsewhere_is_refused_before_a_plan(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(Attention, "__module__", "timm.models.vision_transformer")
    torch.manual_seed(0)
    net = explorer.wrap(nn.Sequential(nn.Linear(8, 8), Attention(), nn.Linear(8, 3)), torch.randn(2, 5, 8))
    sizes: Any = explorer.planner(net)
    assert any(one.group.separable for one in sizes.ranked.candidates)
    with pytest.raises(
        PruningError, match="Attention heads of 'mine' cannot go whole. .* cannot run"
    ) as refused:
        explorer.planner(net, heads="whole")
    assert refused.value.field == "heads"


def test_torchs_own_attention_keeps_its_number_of_heads_in_the_library() -> None:
    """Why the page says so: it prunes the embedding, which is what all layers around it share."""
    layer = nn.MultiheadAttention(8, 4)
    tp.prune_multihead_attention_out_channels(layer, [0, 2, 4, 6])
    assert (layer.num_heads, layer.embed_dim, layer.head_dim) == (4, 4, 1)
    with pytest.raises(AssertionError, match="divide evenly"):
        tp.pruner.function.MultiheadAttentionPruner().check(layer, [0], True)


@pytest.mark.parametrize("options", [{}, {"scope": "global"}])
def test_heads_whose_positions_are_turned_go_whole_with_all_that_share_their_keys(
    options: dict[str, Any],
) -> None:
    torch.manual_seed(0)
    planner: Any = explorer.planner(explorer.wrap(packages.llama(), {"input_ids": IDS}), **options)
    attention = "model.layers.0.self_attn"
    gone = planner.plan_of({f"{attention}.k_proj": 3}).removed  # 4 heads of 12 channels, 2 of keys
    assert gone[f"{attention}.v_proj"] == gone[f"{attention}.k_proj"] == tuple(range(12))
    assert gone[f"{attention}.q_proj"] == tuple(range(24))
    assert disagreement(planner, 0.5) < 2e-4
