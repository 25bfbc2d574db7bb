"""Networks of every kind: right, or one sentence that names the layer."""

from __future__ import annotations

from collections.abc import Callable
from threading import Lock
from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torch.nn.utils import parametrizations, prune, spectral_norm, weight_norm

import explorer
from explorer.values.errors import ExplorerError, NetworkError
from tests.helpers.awkward import Tied
from tests.helpers.blocks import PARAMS, Blocks, blocks, image, wrapped
from tests.helpers.silent import disagreement

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


def changed(change: Callable[[Any], object]) -> Callable[[], nn.Module]:
    """The network, with something done to it."""

    def make() -> nn.Module:
        module = blocks()
        change(module)
        return module

    return make


def masked_for_good(module: Any) -> None:
    """Which puts weights behind their biases."""
    for name in LAYERS:
        prune.l1_unstructured(module.get_submodule(name), "weight", 0.5)
        prune.remove(module.get_submodule(name), "weight")


class Mixed(nn.Module):
    """A layer in bfloat16 and one in double between two of single precision."""

    def __init__(self) -> None:
        super().__init__()
        self.a, self.b = nn.Linear(6, 16), nn.Linear(16, 8).bfloat16()
        self.c, self.head = nn.Linear(8, 8).double(), nn.Linear(8, 3)

    def forward(self, x: Tensor) -> Tensor:
        hidden = torch.relu(self.b(torch.relu(self.a(x)).bfloat16()))
        return self.head(torch.relu(self.c(hidden.double())).float())


class Waves(nn.Module):
    """Complex weights."""

    def __init__(self) -> None:
        super().__init__()
        self.a, self.b, self.head = (
            nn.Linear(*sizes, dtype=torch.cfloat) for sizes in ((6, 16), (16, 8), (8, 3))
        )

    def forward(self, x: Tensor) -> Tensor:
        return self.head(torch.tanh(self.b(torch.tanh(self.a(x))))).abs()


class WritesIntoItsInput(Blocks):
    """As a network does that takes the mean off its images in place."""

    def forward(self, x: Tensor) -> Tensor:
        x -= 0.5
        return super().forward(x)


VECTOR = torch.randn(1, 6, generator=torch.Generator().manual_seed(0))
TOLERANCE = 1e-3  # in bfloat16 both sides round alike

WHOLE: dict[str, tuple[Callable[[], Any], Any]] = {  # networks in which every group may be cut
    "channels_last": (channels_last, image()),
    "bfloat16": (lambda: blocks().bfloat16(), image().bfloat16()),
    "half precision": (lambda: blocks().half(), image().half()),
    "double precision": (lambda: blocks().double(), image().double()),
    "mixed precision": (Mixed, VECTOR),
    "complex": (Waves, VECTOR.to(torch.cfloat)),
    "frozen": (lambda: blocks().requires_grad_(False), image()),
    "partly frozen": (changed(lambda module: module.layer1.requires_grad_(False)), image()),
    "in train mode": (lambda: blocks().train(), image()),
    "hooks": (changed(lambda module: module.stem.register_forward_hook(lambda *a: a[2].relu())), image()),
    "masked for good": (changed(masked_for_good), image()),
    "one value in many places": (
        changed(lambda m: setattr(m.stem, "weight", nn.Parameter(torch.ones(8, 1, 1, 1).expand(8, 3, 1, 1)))),
        image(),
    ),
    "several devices": (lambda: nn.DataParallel(blocks()), image()),
    "compiled": (lambda: torch.compile(blocks()), image()),
    "compiled in place": (changed(lambda module: module.compile()), image()),
    "partly compiled": (changed(lambda m: setattr(m, "layer1", torch.compile(m.layer1))), image()),
    "writes into its input": (WritesIntoItsInput, image()),
}


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("kind", WHOLE)
def test_networks_of_every_kind_are_pruned_and_right(kind: str) -> None:
    make, example = WHOLE[kind]
    before = example.clone()
    planner: Any = explorer.planner(explorer.wrap(make(), example), "depgraph")
    plan = planner.plan(0.5)
    pruned = planner.apply(plan)
    assert [left.root for left in planner.left_whole] == ["head"]
    assert plan.params == sum(parameter.numel() for parameter in pruned.parameters()) < plan.params_before
    assert plan.nonzero == sum(int(parameter.count_nonzero()) for parameter in pruned.parameters())
    assert disagreement(planner, 0.5) < TOLERANCE
    assert torch.equal(example, before)


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("options", [{}, {"criterion": "random", "scope": "global"}])
@pytest.mark.parametrize("kind", WHOLE)
def test_networks_of_every_kind_are_masked_as_planned(kind: str, options: dict[str, Any]) -> None:
    make, example = WHOLE[kind]
    net = explorer.wrap(make(), example)
    if kind == "complex" and options:
        with pytest.raises(
            ExplorerError, match="'a.weight' of network 'mine' holds complex numbers"
        ) as refused:
            explorer.planner(net, "native", **options)
        assert refused.value.field == "criterion"
        return
    planner = explorer.planner(net, "native", **options)
    for ratio in (0.5, 0.9):
        plan = planner.plan(ratio)
        masked = planner.apply(plan)
        assert plan.nonzero == sum(int(parameter.count_nonzero()) for parameter in masked.parameters())


CALCULATED = "'layer1.0' works its weight out of others"
PARTLY: dict[str, tuple[Callable[[Any], object], str, str]] = {  # how `layer1.0` is changed -> why it stays
    "weight_norm of old": (lambda layer: weight_norm(layer), CALCULATED, "cannot be masked"),
    "weight_norm": (lambda layer: parametrizations.weight_norm(layer), CALCULATED, "cannot be masked"),
    "spectral_norm of old": (lambda layer: spectral_norm(layer), CALCULATED, "cannot be masked"),
    "spectral_norm": (lambda layer: parametrizations.spectral_norm(layer), CALCULATED, "cannot be masked"),
    "a mask": (
        lambda layer: prune.l1_unstructured(layer, "weight", 0.5),
        CALCULATED,
        "carries a mask already",
    ),
}


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("kind", PARTLY)
def test_a_layer_with_worked_out_weights_stays_whole_and_is_named(kind: str) -> None:
    change, why, unmasked = PARTLY[kind]
    net = explorer.wrap(changed(lambda module: change(module.layer1[0]))(), image())
    planner: Any = explorer.planner(net, "depgraph")
    planner.apply(planner.plan(0.5))
    assert {left.root for left in planner.left_whole if why in left.reason} == {"stem", "layer1.0"}
    assert set(planner.plan(0.5).removed) == {"layer2.0", "layer2.2"}
    assert disagreement(planner, 0.5) < TOLERANCE
    with pytest.raises(ExplorerError, match=f"'layer1.0' of network 'mine' {unmasked}"):
        explorer.planner(net, "native", layers="layer1.0")


def test_tied_weights_stay_whole_and_are_named() -> None:
    net = explorer.wrap(Tied(), torch.arange(5)[None])
    planner: Any = explorer.planner(net, "depgraph")
    assert (
        "'embed', 'head' share one weight" in {left.root: left.reason for left in planner.left_whole}["down"]
    )
    assert "Not masked: 'embed'" in explorer.planner(net, "native").plan(0.5).left_out
    assert disagreement(planner, 0.5) < TOLERANCE


class Unfollowed(Blocks):
    """Runs without gradients, so that nobody can follow its channels."""

    def forward(self, x: Tensor) -> Tensor:
        with torch.no_grad():
            return super().forward(x)


def stored(change: Callable[[Tensor], Tensor]) -> Callable[[], nn.Module]:
    return changed(
        lambda module: setattr(module.head, "weight", nn.Parameter(change(module.head.weight.data), False))
    )


class Locked(Blocks):
    """Holds what cannot be copied, deep inside."""

    def __init__(self) -> None:
        super().__init__()
        self.layer1[1].lock = Lock()  # type: ignore[assignment]


def inferred() -> nn.Module:
    with torch.inference_mode():
        return blocks()


REFUSED: dict[str, tuple[Callable[[], nn.Module], str]] = {
    "sparse": (stored(Tensor.to_sparse), "'head.weight' of network 'mine' is stored as sparse_coo"),
    "sparse rows": (stored(Tensor.to_sparse_csr), "'head.weight' of network 'mine' is stored as sparse_csr"),
    "8 bits": (
        stored(lambda w: w.to(torch.float8_e5m2)),
        "'head.weight' of network 'mine' holds float8_e5m2",
    ),
    "inference tensors": (inferred, "'stem.weight' of network 'mine' was made under torch.inference_mode"),
    "what cannot be copied": (Locked, r"'layer1.1.lock' \(lock\) cannot be copied"),
    "exported": (
        lambda: torch.export.export(blocks().eval(), (image(),)).module(),
        r"cannot be put into eval mode \(Calling eval\(\) is not supported yet\)",
    ),
}


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("kind", REFUSED)
def test_what_nobody_can_prune_is_refused_by_name(kind: str) -> None:
    make, sentence = REFUSED[kind]
    with pytest.raises(NetworkError, match=sentence):
        explorer.wrap(make(), image())


def test_a_network_without_gradients_is_told_so() -> None:
    net = explorer.wrap(Unfollowed(), image())
    with pytest.raises(
        ExplorerError, match="No convolution or linear layer of it was seen to run.*torch.no_grad"
    ):
        explorer.planner(net)
    assert explorer.planner(net, "native").plan(0.5).nonzero < PARAMS
