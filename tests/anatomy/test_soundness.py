"""Networks whose channels Torch-Pruning couples wrongly are refused, not pruned."""

from __future__ import annotations

from collections import Counter
from typing import ClassVar

import pytest
import torch
from torch import Tensor, nn

import explorer
from explorer.anatomy.copies import sharing
from explorer.anatomy.soundness import dense_judge
from explorer.anatomy.surgery import slice_channels
from explorer.anatomy.verifying import zeroing_note
from explorer.values import Axis
from explorer.values.errors import PruningError
from tests.helpers import toys


class Normed(nn.Module):
    """The same behind a GroupNorm, which alone would make removing and silencing differ."""

    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(3, 8, 1)
        self.norm = nn.GroupNorm(2, 8)
        self.head = nn.Linear(8 * 4 * 4, 4)

    def forward(self, x: Tensor) -> Tensor:
        features = torch.relu(self.norm(self.conv(x)))
        return self.head((features + toys.Turned.apply(features)).flatten(1))


class Folded(nn.Module):
    """Channel k meets channel k + 4 of the same layer."""

    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(3, 8, 1)
        self.head = nn.Conv2d(4, 4, 1)

    def forward(self, x: Tensor) -> Tensor:
        features = self.conv(x)
        return self.head(features[:, :4] + features[:, 4:]).mean((2, 3))


class Hardwired(nn.Module):
    """Reshapes by a width that it stores."""

    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(3, 8, 1)
        self.head = nn.Conv2d(8, 4, 1)

    def forward(self, x: Tensor) -> Tensor:
        return self.head(self.conv(x).reshape(1, 8, 4, 4)).mean((2, 3))


class Nearly(nn.Module):
    """Answers with differences of two heads, and notes in which precision it was run.

    Args:
        between: how far the weights of the two heads lie apart; where that is little, a difference is mostly rounding.
    """

    runs: ClassVar[Counter[torch.dtype]] = Counter()  # of its copies, too

    def __init__(self, between: float) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.features = nn.Linear(16, 512)
        self.one, self.other = nn.Linear(512, 64, bias=False), nn.Linear(512, 64, bias=False)
        with torch.no_grad():
            self.one.weight.copy_(1 + torch.rand(64, 512))
            self.other.weight.copy_(self.one.weight + between * torch.randn(64, 512))
        Nearly.runs.clear()

    def forward(self, x: Tensor) -> Tensor:
        self.runs[x.dtype] += 1
        features = torch.relu(self.features(x))
        one = self.one(features)
        return torch.cat([one, one - self.other(features)], 1)


@pytest.mark.parametrize("module", [toys.Flipped(), Normed()])
def test_channels_that_do_not_belong_together_are_noticed(module: nn.Module) -> None:
    with pytest.raises(PruningError, match=r"with half of them removed, the network's output differs by"):
        explorer.planner(explorer.wrap(module, toys.example()))


def test_a_fold_of_one_layer_onto_itself_is_refused() -> None:
    with pytest.raises(PruningError, match="with half of them removed, the network's own forward cannot run"):
        explorer.planner(explorer.wrap(Folded(), toys.example()))


def test_features_that_become_images_are_refused() -> None:
    module = nn.Sequential(nn.Linear(10, 32), nn.Unflatten(1, (8, 2, 2)), nn.ConvTranspose2d(8, 3, 2))
    with pytest.raises(PruningError, match=r"with half of them removed, '1' cannot run"):
        explorer.planner(explorer.wrap(module, torch.randn(1, 10)))


def test_a_group_that_no_ratio_reaches_is_checked_all_the_same() -> None:
    module = toys.Flipped()
    module.first.weight.data *= 100
    with pytest.raises(PruningError, match="output differs by"):
        explorer.planner(explorer.wrap(module, toys.example()), scope="global")


@pytest.mark.large
@pytest.mark.parametrize("name", ["digits-vit", "convnext_tiny", "vit_b_32", "swin_t"])
def test_norms_and_attention_are_no_reason_to_refuse(name: str) -> None:
    assert explorer.planner(explorer.load(name)).plan(0.5).params > 0


def test_a_network_that_cannot_run_once_pruned_is_refused() -> None:
    with pytest.raises(PruningError, match=r"cannot run \(shape '\[1, 8, 4, 4\]' is invalid"):
        explorer.planner(explorer.wrap(Hardwired(), toys.example()))


@pytest.mark.parametrize(
    "module", [toys.Gate(), toys.Grouped(), toys.Depthwise(), toys.Concat(), toys.Residual()]
)
def test_right_couplings_pass(module: nn.Module) -> None:
    assert explorer.planner(explorer.wrap(module, toys.example())).plan(0.5).params > 0


def test_what_only_rounding_sets_apart_is_settled_in_double_precision_without_asking_for_chance() -> None:
    rounded, plain = runs_to_open(Nearly(1e-4)), runs_to_open(Nearly(1.0))
    assert rounded[torch.float64] > 0
    assert plain[torch.float64] == 0
    # What sets the example apart from its batch is rounding, too: one more run of either
    assert rounded[torch.float32] - plain[torch.float32] == 2


def test_a_few_scores_that_only_cross_zero_are_compared_without_double_precision() -> None:
    runs: Counter[torch.dtype] = Counter()
    head = nn.Linear(8, 1000)
    module = nn.Sequential(nn.Linear(4, 8), head)
    module.register_forward_pre_hook(lambda _, given: runs.update([given[0].dtype]))
    with torch.no_grad():  # three scores follow from channel 3 nearly alone
        head.weight[:3], head.bias[:3] = 0.0, 0.0
        head.weight[:3, 3], head.weight[:3, 0] = 1.0, 1e-6
    net, cut = explorer.wrap(module, torch.ones(1, 4)), {("0", Axis.OUT): [3], ("1", Axis.IN): [3]}
    judge = dense_judge(net, net.module)

    def is_settled(off: float) -> bool:
        pruned = slice_channels(sharing(net.module), cut)
        largest = pruned(net.example_input).abs().max().detach()
        pruned.get_submodule("1").bias = nn.Parameter(head.bias + off * largest * (torch.arange(1000) < 3))
        return not judge.look_at(pruned, cut, quick=True).fault

    runs.clear()
    assert is_settled(3e-6)
    assert runs.keys() == {torch.float32}
    assert not is_settled(2e-5)


def runs_to_open(module: Nearly) -> Counter[torch.dtype]:
    """How often it is run in which precision until it can be pruned."""
    assert explorer.planner(explorer.wrap(module, torch.randn(1, 16))).plan(0.5).params > 0
    return module.runs.copy()


def test_layers_that_see_how_many_channels_there_are_get_a_note() -> None:
    module = nn.Sequential(nn.Conv2d(3, 8, 1), nn.GroupNorm(2, 8), nn.Conv2d(8, 4, 1))
    planner = explorer.planner(explorer.wrap(module, toys.example()))
    assert "GroupNorm" in zeroing_note(module, planner.cut_at(0.5))
