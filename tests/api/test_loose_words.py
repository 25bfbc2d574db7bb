"""Loose words are taken as they are meant, or refused in one sentence that names the argument."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch

import explorer
from explorer.anatomy.network import Network
from explorer.values import ChannelCriterion
from explorer.values.errors import ExplorerError, PruningError, UnknownNameError
from tests.helpers.blocks import blocks, wrapped

LAYER1 = ("layer1.0", "layer1.2")


@pytest.fixture(scope="module")
def net() -> Network:
    return wrapped()


def options(net: Network, backend: str, **loose: Any) -> Any:
    return explorer.planner(net, backend, **loose).options


@pytest.mark.parametrize(
    "backend, option", [("depgraph", "keep"), ("native", "layers"), ("sparseml", "layers")]
)
def test_layers_come_in_any_list(net: Network, backend: str, option: str) -> None:
    layer: Any = net.module.get_submodule("layer1.0")
    lists: list[Any] = [
        "layer1.0",
        ["layer1.0"],
        ("layer1.0",),
        {"layer1.0"},
        np.array(["layer1.0"]),
        layer,
        [layer],
    ]
    for loose in lists:
        assert getattr(options(net, backend, **{option: loose}), option) == ("layer1.0",)
    assert getattr(options(net, backend, **{option: "layer1.0, layer1.2"}), option) == LAYER1


@pytest.mark.parametrize("backend", ["native", "sparseml"])
def test_a_block_means_every_layer_in_it_that_can_be_masked(net: Network, backend: str) -> None:
    assert options(net, backend, layers="layer1").layers == LAYER1
    assert options(net, backend, layers=net.module.get_submodule("layer1")).layers == LAYER1
    with pytest.raises(PruningError, match="'layer1.1' of network 'blocks' cannot be masked: .* it is none"):
        options(net, backend, layers="layer1.1")


def test_a_block_that_is_kept_keeps_every_layer_in_it(net: Network) -> None:
    for loose in ("layer1", net.module.get_submodule("layer1")):
        gone = explorer.planner(net, "depgraph", keep=loose).plan(0.5)
        assert set(gone.removed) == {"layer2.0", "layer2.2"}


@pytest.mark.parametrize("option", ["keep", "overrides"])
def test_what_is_no_layer_of_the_network_is_refused_by_the_option(net: Network, option: str) -> None:
    for loose in (blocks().stem, net.module, 3, b"stem", "nope", torch.zeros(()), np.array(1)):
        given = loose if option == "keep" else {loose: 0.5} if not isinstance(loose, np.ndarray) else loose
        with pytest.raises(ExplorerError, match=f"{option} (must|got)|has no layer 'nope' to") as refused:
            options(net, "depgraph", **{option: given})
        assert refused.value.field == option


@pytest.mark.parametrize("backend", ["depgraph", "native"])
def test_ratios_of_their_own_come_as_mappings_pairs_or_texts(net: Network, backend: str) -> None:
    layer = net.module.get_submodule("layer1.0")
    numbers: list[Any] = [0.5, "0.5", "50%", " 50 % ", np.float32(0.5), np.array(0.5), torch.tensor(0.5)]
    ways: list[Any] = [{"layer1.0": number} for number in numbers]
    ways += [[("layer1.0", 0.5)], (("layer1.0", 0.5),), {("layer1.0", 0.5)}, [["layer1.0", 0.5]]]
    ways += [("layer1.0", 0.5), "layer1.0:0.5", {layer: 0.5}, [(layer, 0.5)]]
    for loose in ways:
        assert options(net, backend, overrides=loose).overrides == (("layer1.0", 0.5),)


@pytest.mark.parametrize("backend", ["depgraph", "native"])
@pytest.mark.parametrize(
    "loose, sentence",
    [
        ({"stem": True}, "must be a fraction in .*, got True for 'stem'"),
        ({"stem": float("nan")}, "must be a fraction in .*, got nan for 'stem'"),
        ({"stem": 1.5}, "must be a fraction in .*, got 1.5 for 'stem'"),
        ({"stem": "half"}, "must be a fraction in .*, got 'half' for 'stem'"),
        ({"stem": torch.tensor([0.5])}, "must be a fraction in .* for 'stem'"),
        ("stem", "overrides must give each of some layers a ratio, got 'stem'"),
        (0.5, "overrides must give each of some layers a ratio, got 0.5"),
        ({1: 0.5}, r"overrides must give each of some layers a ratio, got \(1, 0.5\)"),
        ([("stem", 0.3), ("stem", 0.5)], "overrides gives one layer several ratios"),
    ],
)
def test_ratios_that_are_none_are_refused(net: Network, backend: str, loose: Any, sentence: str) -> None:
    with pytest.raises(PruningError, match=sentence):
        options(net, backend, overrides=loose)


def own_ratios(net: Network, overrides: Any) -> dict[str, float | None]:
    planner: Any = explorer.planner(net, "depgraph", overrides=overrides)
    return {one.roots[0]: one.ratio for one in planner.ranking_classes() if one.ratio is not None}


@pytest.mark.parametrize(
    "overrides, found",
    [
        ({"layer1": 0.3}, {"layer1.0": 0.3}),  # the sum with layer1.2 starts in the stem
        ({"layer2": 0.3}, {"layer2.0": 0.3, "layer2.2": 0.3}),
        ({"layer2": 0.3, "layer2.0": 0.5}, {"layer2.0": 0.5, "layer2.2": 0.3}),
        ({"layer1": 0.3, "layer1.2": 0.5}, {"layer1.0": 0.3, "stem": 0.5}),
    ],
)
def test_a_blocks_ratio_is_for_the_groups_that_start_in_it(
    net: Network, overrides: dict[str, float], found: dict[str, float]
) -> None:
    assert own_ratios(net, overrides) == found
    planner: Any = explorer.planner(net, "depgraph", overrides=overrides)
    planner.apply(planner.plan(0.2))  # the library does the same


def test_a_layer_without_a_group_is_told_why_it_can_have_no_ratio(net: Network) -> None:
    with pytest.raises(
        PruningError, match="'head' cannot have a ratio of its own. 'head' is an output layer"
    ):
        own_ratios(net, {"head": 0.5})
    with pytest.raises(
        PruningError, match="'layer1.1' cannot have a ratio of its own. It holds no output channels"
    ):
        own_ratios(net, {"layer1.1": 0.5})


def test_a_blocks_ratio_reaches_every_layer_that_is_masked_and_the_innermost_decides(net: Network) -> None:
    found = options(net, "native", overrides={"layer1.0": 0.5, "layer1": 0.3, "layer2": 1}).overrides
    assert dict(found) == {"layer1.0": 0.5, "layer1.2": 0.3, "layer2.0": 1, "layer2.2": 1}


def test_words_are_taken_in_any_case(net: Network) -> None:
    for loose in (ChannelCriterion.L1, "l1", "L1", " l1 "):
        assert options(net, "depgraph", criterion=loose).criterion is ChannelCriterion.L1
    for name in ("DepGraph", "depgraph", "Torch-Pruning", "DepGraph (Torch-Pruning)"):
        assert type(explorer.planner(net, name)).__name__ == "DepGraphPlanner"
    for strange in (None, 3, ["depgraph"], "nope"):
        with pytest.raises(UnknownNameError, match="Unknown backend"):
            explorer.planner(net, strange)


@pytest.mark.parametrize("backend", ["depgraph", "native", "sparseml"])
def test_a_ratio_is_a_number_however_it_is_written(net: Network, backend: str) -> None:
    planner = explorer.planner(net, backend)
    ways: list[Any] = ["0.5", "50%", np.float32(0.5), np.array(0.5), torch.tensor(0.5)]
    assert {planner.plan(loose).nonzero for loose in ways} == {planner.plan(0.5).nonzero}
    wrong: list[Any] = [True, float("nan"), 1, -0.1, 50, "half", [0.5], torch.tensor([0.5]), "120%"]
    for loose in wrong:
        with pytest.raises(PruningError, match="Pruning ratio must be a fraction"):
            planner.plan(loose)


def test_numbers_and_flags_are_read_from_texts(net: Network) -> None:
    for loose in ("8", 8.0, np.int64(8), torch.tensor(8)):
        assert options(net, "depgraph", round_to=loose).round_to == 8
    assert options(net, "depgraph", max_ratio="50%").max_ratio == 0.5
    assert options(net, "native", biases="true").biases is True
    with pytest.raises(PruningError, match="round_to must be a whole number of at least 1, got 8.5"):
        options(net, "depgraph", round_to=8.5)
