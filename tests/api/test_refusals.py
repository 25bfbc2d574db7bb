"""What a public function cannot take is refused in one sentence, never by an error from deep inside."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

import explorer
from explorer.anatomy import splits
from explorer.anatomy.network import Network
from explorer.values.errors import ExplorerError, NetworkError, PruningError, UnknownNameError
from tests.helpers.blocks import Blocks, blocks, image

X, Y = image(8), torch.arange(8) % 4
PAIRS = [(x, int(y)) for x, y in zip(X, Y, strict=True)]


class Loader:
    """Hands out the same row, as often as it says."""

    def __init__(self, row: Any, length: int | None = None) -> None:
        self.row, self.length = row, length

    def __iter__(self) -> Iterator[Any]:
        while True:
            yield self.row() if callable(self.row) else self.row

    def __len__(self) -> int:
        if self.length is None:
            raise TypeError
        return self.length


def judged(module: nn.Module | None = None, split: Any = (X, Y)) -> Network:
    return explorer.wrap(module or blocks(), image(), data=(split, split), name="mine")


@pytest.mark.parametrize(
    "split",
    [
        (X, Y.float()),
        (X, Y[:, None]),
        (X.numpy(), Y.numpy()),
        (X, Y.tolist()),
        (X.tolist(), Y.tolist()),
        (X, nn.functional.one_hot(Y)),
        PAIRS,
        [(x.numpy(), np.int64(y)) for x, y in PAIRS],
        TensorDataset(X, Y),
        DataLoader(TensorDataset(X, Y), 3),
    ],
)
def test_data_comes_in_many_forms(split: Any) -> None:
    data: Any = judged(split=split).data
    assert torch.equal(data.train_x, X)
    assert torch.equal(data.test_y, Y)


@pytest.mark.parametrize(
    "split, sentence",
    [
        ((X[:0], Y[:0]), "train_x of data set 'mine' is empty"),
        ([(X[0], 0), (X[1, :, :4], 1)], "differ in size"),
        ((X, Y + 0.5), "must hold whole numbers from 0"),
        ((X, ["a"] * 8), "train_y of data set 'mine' must be a tensor or an array of numbers, got list"),
        (((X, X), Y), "holds labels beside inputs in a tuple, and they are taken beside one tensor"),
        (
            Loader([].pop),
            r"failed with IndexError: .* \(test_refusals\.py, line .*\)\. Correct what hands it out",
        ),
        (Loader((X, Y)), "hands out more than 50 batches, and may never end"),
        (Loader((X, Y), 10**9), "is larger than 4 GiB, and it is held in memory"),
        (Loader({"image": X}), "must yield pairs .* got dict. Give it a collate_fn that makes pairs"),
        (((255 * X).to(torch.uint8), Y), "Its images are uint8: pass fractions"),
    ],
)
def test_data_that_cannot_be_taken_is_refused(
    split: Any, sentence: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(splits, "MOST_PARTS", 50)
    with pytest.raises(NetworkError, match=sentence):
        judged(split=split)


class Replaced(Blocks):
    """Its forward is a function that holds the object itself, so that copies run the original."""

    def __init__(self) -> None:
        super().__init__()
        self.forward = lambda x: Blocks.forward(self, x)  # type: ignore[method-assign]


def quantised() -> nn.Module:
    return torch.ao.quantization.quantize_dynamic(blocks(), {nn.Linear})


def partly_scripted() -> nn.Module:
    module: Any = blocks()
    module.layer1 = torch.jit.script(module.layer1)
    return module


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize(
    "make, sentence",
    [
        (quantised, "'head' is quantised"),
        (lambda: torch.jit.trace(blocks().eval(), image()), "Network 'blocks' is compiled by torch.jit"),
        (lambda: blocks().to("meta"), "'stem.weight' of network 'blocks' has no values yet"),
        (lambda: nn.Sequential(nn.LazyConv2d(4, 1)), "'0.weight' of network 'blocks' has no values yet"),
        (Replaced, "A copy of network 'blocks' runs '.*' of the original"),
    ],
)
def test_networks_that_cannot_be_pruned_are_refused(make: Any, sentence: str) -> None:
    with pytest.raises(NetworkError, match=sentence):
        explorer.wrap(make(), image(), name="blocks")


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("backend", ["native", "depgraph"])
def test_a_scripted_part_stays_whole_and_the_rest_is_pruned(backend: str) -> None:
    planner = explorer.planner(explorer.wrap(partly_scripted(), image()), backend)
    plan = planner.plan(0.5)
    pruned: Any = planner.apply(plan)
    assert plan.nonzero == sum(int(p.count_nonzero()) for p in pruned.parameters()) < plan.params_before
    whole = partly_scripted().get_submodule("layer1").state_dict()
    assert [p.shape for p in pruned.layer1.state_dict().values()] == [p.shape for p in whole.values()]


@pytest.mark.parametrize("name", [None, 3, ""])
def test_a_name_is_a_text(name: Any) -> None:
    with pytest.raises(NetworkError, match="Argument `name` must be a text"):
        explorer.wrap(blocks(), image(), name=name)


def test_an_example_without_numbers_or_values_is_refused() -> None:
    for example in (np.array(["a"]), image().to("meta"), (1, 3, 8, 8), None):
        with pytest.raises(NetworkError, match="The example input of 'mine'"):
            explorer.wrap(blocks(), example)


def test_sensitivity_takes_loose_numbers_and_refuses_what_is_none() -> None:
    net = judged()
    for ratios in (0.5, "50%", ["0.5"], np.array([0.5]), torch.tensor([0.5]), (0.5, 0.5)):
        assert explorer.measure_sensitivity(net, ratios=ratios, workers=1).options.ratios == (0.5,)
    wrong: list[dict[str, Any]] = [{"ratios": ()}, {"ratios": None}, {"workers": -1}, {"workers": "two"}]
    for given in wrong:
        with pytest.raises(PruningError, match="ratio|workers must be"):
            explorer.measure_sensitivity(net, **given)


def test_a_budget_takes_loose_words_and_refuses_another_networks_sensitivity() -> None:
    net, other = judged(), copy.deepcopy(blocks())
    found = explorer.measure_sensitivity(net, ratios=(0.3, 0.6))
    ways = [
        explorer.spend_budget(net, found, "macs", share).limit for share in ("80%", "0.8", np.float32(0.8))
    ]
    assert ways == pytest.approx([0.8 * ways[0] / 0.8] * 3)
    for share in (True, None, float("nan"), 80):
        with pytest.raises(PruningError, match="A budget is a share"):
            explorer.spend_budget(net, found, share=share)
    with pytest.raises(PruningError, match="must be what measure_sensitivity returns"):
        explorer.spend_budget(net, None)
    other.stem.weight.data *= 2
    with pytest.raises(PruningError, match="measured on another network that is called 'mine', too"):
        explorer.spend_budget(judged(other), found)


def test_every_public_function_refuses_a_bare_module() -> None:
    module: Any = blocks()
    for run in (
        explorer.planner,
        explorer.measure_sensitivity,
        explorer.dependency_graph,
        explorer.check,
        lambda net: explorer.spend_budget(net, None),
    ):
        with pytest.raises(NetworkError, match="Expected a Network, got Blocks"):
            run(module)


def test_a_network_is_loaded_by_its_name_and_wrapped_with_an_example() -> None:
    for name in (["digits-cnn"], None, 3, blocks()):
        with pytest.raises(UnknownNameError, match="A network is loaded by its name, got"):
            explorer.load(name)
    with pytest.raises(UnknownNameError, match="has no weights"):
        explorer.load("digits-cnn", np.array(["trained", "random"]))
    with pytest.raises(NetworkError, match="The example input of 'mine' must be one tensor .* got NoneType"):
        explorer.wrap(blocks())


def test_a_network_of_ones_own_is_measured_here_however_many_workers_are_given() -> None:
    assert explorer.measure_sensitivity(judged(), ratios=0.5, workers=2).where == "this process"


def test_a_fault_of_a_writer_is_not_taken_for_a_wrong_value(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(graph: object) -> str:
        raise AttributeError("a fault of the writer")

    graph = explorer.dependency_graph(judged())
    assert "stem" in explorer.export(graph, "graph_svg")
    for value, name in (([graph], "runs_csv"), (graph, "comparison_csv"), ([], "graph_html")):
        with pytest.raises(ExplorerError, match=f"Export '{name}' takes .*, got {type(value).__name__}"):
            explorer.export(value, name)
    monkeypatch.setattr("explorer.exports.graph_files.picture", broken)
    with pytest.raises(AttributeError, match="a fault of the writer"):
        explorer.export(graph, "graph_svg")


def test_what_is_no_module_is_neither_evaluated_nor_trained_nor_exported() -> None:
    net: Any = judged()
    with pytest.raises(NetworkError, match="Argument `module` must be .* got Network. Pass net.module"):
        explorer.evaluate(net, net.data)
    with pytest.raises(NetworkError, match="Argument `module` must be"):
        next(explorer.fine_tune(net, net.data, 1, 0.01))
    for value in (None, explorer.planner(net).plan(0.5)):
        with pytest.raises(ExplorerError, match="Export 'recipe_yaml' takes a plan of SparseML"):
            explorer.export(value, "recipe_yaml")
