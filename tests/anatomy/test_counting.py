"""The counting convention, by hand and against torch's own counter."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torch.utils.flop_counter import FlopCounterMode

import explorer
from explorer.anatomy.counting import flop_counter_reading, layer_rows, state_bytes, total_macs, total_params
from explorer.anatomy.layers import layer_outcomes, width_of
from explorer.anatomy.propagation import CostTable, layer_costs
from explorer.studies.summary import summarize
from tests.helpers import awkward, toys


def test_macs_of_a_chain_are_its_products() -> None:
    rows = {row.name: row for row in layer_rows(explorer.wrap(toys.Chain(), toys.example(2)))}
    assert rows["conv"].macs == 2 * 2 * 6 * 3 * 3 * 3
    assert rows["bn"].macs == 0
    assert rows["head"].macs == 6 * 2 * 2 * 5
    assert rows["conv"].params == 6 * 3 * 3 * 3 + 6
    assert rows["conv"].output_shape == (1, 6, 2, 2)
    assert rows["head"].weight_shape == (5, 24)


def test_attention_counts_projections_and_both_products() -> None:
    attention = torch.nn.MultiheadAttention(8, 2, batch_first=True)

    class Attend(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.attention = attention

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return self.attention(x, x, x, need_weights=False)[0].mean(1)

    tokens, width = 5, 8
    net = explorer.wrap(Attend(), torch.randn(1, tokens, width))
    (row,) = layer_rows(net)
    assert row.macs == tokens * width * 3 * width + 2 * tokens * tokens * width + tokens * width * width
    assert row.params == 3 * width * width + 3 * width + width * width + width


@pytest.mark.parametrize(
    "name", ["digits-cnn", "digits-resnet", "digits-densenet", "digits-mobilenet", "resnet18"]
)
def test_macs_equal_half_of_torchs_flops_where_it_sees_everything(name: str) -> None:
    net = explorer.load(name)
    with torch.no_grad(), FlopCounterMode(display=False) as counter:
        net.module(net.example_input)
    assert sum(row.macs for row in layer_rows(net)) * 2 == counter.get_total_flops()


def test_resnet18_has_the_published_counts() -> None:
    """Torch-Pruning's README counts 1,822,177,768 with bias, norm and pooling; torch's counter the convention's."""
    summary = summarize(explorer.load("resnet18"))
    torchs, torch_prunings = summary.counters
    assert summary.params == 11_689_512
    assert summary.macs == torchs.macs == 1_814_073_344
    assert torchs.reason == ""
    assert torch_prunings.macs == 1_822_177_768
    assert "biases" in torch_prunings.reason


@pytest.mark.large
def test_a_vision_transformer_is_counted_whole_where_torchs_counter_is_blind() -> None:
    tokens, width, hidden = 50, 768, 3072
    projections, products, mlp = 4 * tokens * width**2, 2 * tokens**2 * width, 2 * tokens * width * hidden
    patches = 49 * width * 3 * 32 * 32
    summary = summarize(explorer.load("vit_b_32"))
    assert summary.macs == 12 * (projections + products + mlp) + patches + width * 1000
    assert summary.counters[0].macs < summary.macs
    assert "fused kernels (attention" in summary.counters[0].reason


@pytest.mark.large
def test_attention_written_as_plain_functions_is_counted_too() -> None:
    """4.491 G; Torch-Pruning's counter, which does not see it, says 2.977 G."""
    summary = summarize(explorer.load("swin_t"))
    assert summary.macs == summary.counters[0].macs == 4_490_566_656
    assert summary.counters[1].macs == 2_976_692_008
    assert "plain functions" in summary.counters[1].reason


class Tagger(nn.Module):
    """A recurrent layer between two linear ones."""

    def __init__(self, kind: Callable[..., nn.RNNBase], layers: int, bidirectional: bool) -> None:
        super().__init__()
        self.into = nn.Linear(6, 8)
        self.memory = kind(8, 5, layers, batch_first=True, bidirectional=bidirectional)
        self.head = nn.Linear(10 if bidirectional else 5, 3)

    def forward(self, x: Tensor) -> Tensor:
        return self.head(self.memory(self.into(x))[0])


@pytest.mark.parametrize("bidirectional", [False, True])
@pytest.mark.parametrize("layers", [1, 2])
@pytest.mark.parametrize(("kind", "gates"), [(nn.RNN, 1), (nn.GRU, 3), (nn.LSTM, 4)])
def test_recurrent_layers_multiply_both_weights_at_every_step(
    kind: Callable[..., nn.RNNBase], gates: int, layers: int, bidirectional: bool
) -> None:
    steps, ways = 7, 2 if bidirectional else 1
    net = explorer.wrap(Tagger(kind, layers, bidirectional), torch.randn(1, steps, 6))
    first, more = gates * 5 * (8 + 5), gates * 5 * (5 * ways + 5)
    rows = {row.name: row.macs for row in layer_rows(net)}
    assert rows["memory"] == steps * ways * (first + (layers - 1) * more)
    macs = total_macs(net.module, net.example_input)
    assert sum(rows.values()) == macs
    assert ("LSTM" in flop_counter_reading(net, macs).reason) == (kind is nn.LSTM)


PRODUCTS: dict[str, tuple[Callable[[Tensor], Tensor], int]] = {
    "a matrix with a vector": (lambda x: x[0] @ x[0, 0], 5 * 6),
    "many matrices with a vector": (lambda x: x @ x[0, 0], 2 * 5 * 6),
    "a vector added to one": (lambda x: torch.addmv(x[0, :, 0], x[0], x[0, 0]), 5 * 6),
    "two vectors": (lambda x: x[0, 0] @ x[0, 1], 6),
    "the sum of many": (lambda x: torch.addbmm(torch.zeros(5, 5), x, x.mT), 2 * 5 * 6 * 5),
}


class Functional(nn.Module):
    """Nothing but a function."""

    def __init__(self, function: Callable[[Tensor], Tensor]) -> None:
        super().__init__()
        self.function = function

    def forward(self, x: Tensor) -> Tensor:
        return self.function(x)


@pytest.mark.parametrize("kind", PRODUCTS)
def test_products_that_torchs_counter_leaves_out_are_counted(kind: str) -> None:
    function, macs = PRODUCTS[kind]
    assert total_macs(Functional(function), torch.randn(2, 5, 6)) == macs


def test_a_bilinear_layer_multiplies_its_weight_once_an_input() -> None:
    layer = nn.Bilinear(4, 5, 6)
    assert total_macs(layer, (torch.randn(1, 4), torch.randn(1, 5))) == 4 * 5 * 6


def test_layers_in_containers_that_never_run_are_counted_once() -> None:
    net = explorer.wrap(toys.Uncalled(), toys.example(4))
    rows = {row.name: row for row in layer_rows(net)}
    assert sum(row.macs for row in rows.values()) == total_macs(net.module, net.example_input)
    assert rows["layers.1"].macs == 4 * 4 * 8 * 8
    assert rows["scales.0"].params == 8
    assert rows["norm"].params == 0
    assert sum(row.params for row in rows.values()) == total_params(net.module)


@pytest.mark.parametrize(
    "layer, width",
    [
        (nn.Conv2d(3, 8, 1), 8),
        (nn.ConvTranspose2d(3, 8, 1), 8),
        (nn.Linear(4, 6), 6),
        (nn.BatchNorm2d(7, affine=False), 7),
        (nn.LayerNorm((5, 9)), 9),
        (nn.GroupNorm(2, 4), 4),
        (nn.Embedding(11, 3), 3),
        (nn.PReLU(6), 6),
        (nn.MultiheadAttention(8, 2), 8),
        (nn.Parameter(torch.zeros(1, 1, 12)), 12),
        (nn.Parameter(torch.zeros(8, 1, 1)), 8),
        (nn.ReLU(), 0),
        (None, 0),
    ],
)
def test_the_width_of_a_layer_is_how_many_channels_leave_it(
    layer: nn.Module | nn.Parameter | None, width: int
) -> None:
    assert width_of(layer) == width


@pytest.mark.parametrize("module", [toys.Uncalled(), toys.Depthwise(), toys.Grouped()])
def test_plans_and_counts_call_the_same_number_a_layers_width(module: nn.Module) -> None:
    net = explorer.wrap(module, toys.example(4))
    planned = {name: cost.out_width for name, cost in layer_costs(net).items()}
    assert planned == {row.name: row.width for row in layer_outcomes(net, net.module)}


def test_a_shared_tensor_is_stored_once() -> None:
    module = torch.nn.Sequential(torch.nn.Linear(6, 6), torch.nn.ReLU())
    module.append(module[0])
    assert state_bytes(module) == 4 * (6 * 6 + 6)


@pytest.mark.parametrize("name", ["digits-vit", "digits-mobilenet", "mobilenet_v2", "resnext50_32x4d"])
def test_closed_form_costs_equal_the_counts_at_full_width(name: str) -> None:
    net = explorer.load(name)
    table = CostTable(layer_costs(net))
    params, macs, stored = (int(column.sum()) for column in table.at(table.out, table.into))
    assert params == total_params(net.module)
    assert macs == total_macs(net.module, net.example_input)
    assert stored == state_bytes(net.module)


def test_a_layer_of_ones_own_is_a_row_for_each_of_its_parameters() -> None:
    net = explorer.wrap(awkward.own_normed("rms"), torch.randn(1, 3, 8, 8))
    rows = {row.name: row for row in layer_rows(net)}
    assert [(rows[name].type, rows[name].params) for name in ("1.weight", "1.bias")] == [
        ("Parameter", 16)
    ] * 2
    assert "1" not in rows


def test_products_of_a_layer_of_ones_own_go_with_its_weight() -> None:
    class Product(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.matrix, self.shift = torch.nn.Parameter(torch.ones(6, 5)), torch.nn.Parameter(torch.ones(5))

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return x @ self.matrix + self.shift

    rows = layer_rows(explorer.wrap(torch.nn.Sequential(Product()), torch.randn(1, 6)))
    assert {row.name: (row.params, row.macs) for row in rows} == {"0.matrix": (30, 30), "0.shift": (5, 0)}


def test_a_weight_that_layers_share_is_counted_once() -> None:
    net = explorer.wrap(awkward.Tied(), torch.arange(7)[None])
    table = CostTable(layer_costs(net))
    params, macs, stored = (int(column.sum()) for column in table.at(table.out, table.into))
    assert params == total_params(net.module) == 20 * 16 + 16 * 32 + 32 + 32 * 16 + 16
    assert macs == total_macs(net.module, net.example_input) == 7 * (2 * 16 * 32 + 16 * 20)
    assert stored == state_bytes(net.module)


def test_a_network_is_run_once_for_all_that_is_counted_in_it() -> None:
    class Counted(nn.MultiheadAttention):
        runs = 0

        def forward(self, x: Tensor) -> Any:  # type: ignore[override]
            Counted.runs += 1
            return super().forward(x, x, x)[0]

    net = explorer.wrap(nn.Sequential(nn.Linear(4, 8), Counted(8, 2, batch_first=True)), torch.randn(1, 3, 4))
    before = Counted.runs
    assert layer_costs(net).keys() == {row.name for row in layer_rows(net)}
    assert Counted.runs - before == 1


def test_each_kind_of_operation_is_asked_once_whether_it_is_made_of_others(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked: list[str] = []
    decompose = torch._ops.OpOverload.decompose

    def noted(operation: Any, *args: Any, **named: Any) -> Any:
        asked.append(operation.name())
        return decompose(operation, *args, **named)

    monkeypatch.setattr(torch._ops.OpOverload, "decompose", noted)
    example = torch.randn(1, 3, 8, 8)
    module = nn.Sequential(nn.Conv2d(3, 4, 3), nn.ReLU(), nn.Flatten(), nn.Linear(36 * 4, 5))
    assert total_macs(module, example) == 36 * 4 * 27 + 144 * 5
    assert not asked
    with torch.inference_mode():  # there a product of matrices arrives as what it is made of
        assert total_macs(module, example) == 36 * 4 * 27 + 144 * 5
