"""Example inputs and data as people have them are taken as meant, or refused in one sentence."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn
from torch.utils.data import DataLoader, TensorDataset

import explorer
from explorer.anatomy.counting import total_macs
from explorer.anatomy.data import DataSet
from explorer.anatomy.inputs import answer, call, described, stacked, tensors_in
from explorer.measuring.memory import peak_forward_bytes
from explorer.measuring.onnx_runtime import engine
from explorer.values.errors import NetworkError
from tests.helpers import awkward, toys
from tests.helpers.present import present

IMAGE, VECTOR = toys.example(), torch.randn(1, 5)


class OneDict(awkward.TwoInputs):
    """Takes a dict as its only argument."""

    def forward(self, batch: dict[str, Tensor]) -> Tensor:  # type: ignore[override]  # that is what it is about
        return super().forward(batch["image"], batch["vector"])


class Listed(awkward.TwoInputs):
    """Takes a list."""

    def forward(self, batch: list[Tensor]) -> Tensor:  # type: ignore[override]  # as above
        return super().forward(*batch)


class Mixing(awkward.ReadOn):
    """Subtracts the mean of the batch."""

    def forward(self, x: Tensor) -> dict[str, Any]:
        return super().forward(x - x.mean(0))


class Nested(awkward.TwoInputs):
    """Takes a pair whose second part is a list of pairs."""

    def forward(self, image: Tensor, more: Any) -> Tensor:
        return super().forward(image, more[0][1])


@pytest.mark.parametrize(
    ("module", "example"),
    [
        (awkward.TwoInputs(), (IMAGE, VECTOR)),
        (awkward.TwoInputs(), {"vector": VECTOR, "image": IMAGE}),
        (OneDict(), {"vector": VECTOR, "image": IMAGE}),
        (OneDict(), ({"vector": VECTOR, "image": IMAGE},)),
        (Listed(), [IMAGE, VECTOR]),
        (Listed(), (IMAGE, VECTOR)),
        (Nested(), (IMAGE, [("a vector", VECTOR)])),
        (awkward.TwoInputs(), (IMAGE.numpy(), VECTOR.double().numpy())),
    ],
)
def test_an_example_of_any_nesting_is_run_counted_timed_traced_and_pruned(
    module: nn.Module, example: Any
) -> None:
    net = explorer.wrap(module, example)
    assert total_macs(module, net.example_input) == 3 * 8 * 4 * 4 + 5 * 8 + 8 * 4
    assert peak_forward_bytes(module, net.example_input) > 0
    planner = explorer.planner(net)
    pruned = planner.apply(planner.plan(0.5))
    assert planner.plan(0.5).macs == total_macs(pruned, net.example_input) == 3 * 4 * 4 * 4 + 5 * 4 + 4 * 4
    assert call(pruned, net.example_input).shape == (1, 4)


@pytest.mark.parametrize("example", [(IMAGE, VECTOR), {"image": IMAGE, "vector": VECTOR}])
def test_onnx_runtime_is_given_every_input(example: Any) -> None:
    module = awkward.TwoInputs().eval()
    found = np.asarray(engine(module, example)())[0]
    assert np.allclose(found, answer(module, example)[0].numpy(), atol=1e-5)


def test_outputs_of_any_nesting_are_laid_flat() -> None:
    @dataclass
    class Answer:
        scores: Tensor
        more: Any

    a, b, c = (torch.zeros(size) for size in (1, 2, 3))
    nested = Answer(a, {"b": [b, ("word", None)], "c": torch.distributions.Normal(c, c + 1)})
    assert [tuple(tensor.shape) for tensor in tensors_in(nested)] == [(1,), (2,), (3,), (3,)]


def test_sizes_are_told_as_they_are_nested() -> None:
    assert described((IMAGE, {"v": VECTOR, "n": 3})) == "(1×3×4×4, {v: 1×5, n: int})"


# --- one input of a batch --------------------------------------------------------------------------------


def test_macs_are_those_of_one_input_whatever_the_examples_batch_is() -> None:
    module = toys.Residual()
    one, eight = (
        explorer.wrap(module, torch.randn(1, 3, 4, 4)),
        explorer.wrap(module, torch.randn(8, 3, 4, 4)),
    )
    expected = 16 * (3 * 8 + 8 * 8 * 9 + 8 * 4)
    for net in (one, eight):
        planner = explorer.planner(net)
        assert planner.plan(0.0).macs == expected == total_macs(module, net.example_input)
        assert planner.plan(0.5).macs == total_macs(planner.apply(planner.plan(0.5)), net.example_input)


def test_of_a_batch_of_pairs_one_pair_is_kept() -> None:
    net = explorer.wrap(awkward.TwoInputs(), (torch.randn(6, 3, 4, 4), torch.randn(6, 5)))
    assert [tuple(tensor.shape) for tensor in tensors_in(net.example_input)] == [(1, 3, 4, 4), (1, 5)]


@pytest.mark.parametrize(
    ("module", "example"),
    [(awkward.StateOfTwo(), torch.randn(2, 8)), (Mixing(), torch.randn(4, 6))],
)
def test_a_network_that_is_bound_to_its_batch_keeps_it(module: nn.Module, example: Tensor) -> None:
    assert explorer.wrap(module, example).example_input is example


def test_where_time_comes_first_the_batch_is_the_second_axis() -> None:
    class Tagger(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.up, self.lstm, self.head = nn.Linear(8, 16), nn.LSTM(16, 12), nn.Linear(12, 3)

        def forward(self, words: Tensor) -> Tensor:
            return self.head(self.lstm(torch.relu(self.up(words)))[0])

    assert explorer.wrap(Tagger(), torch.randn(5, 3, 8)).example_input.shape == (5, 1, 8)
    assert explorer.wrap(Tagger(), torch.randn(5, 1, 8)).example_input.shape == (5, 1, 8)


def test_wrapping_does_not_change_what_a_network_remembers() -> None:
    module = awkward.StateOfTwo()
    net = explorer.wrap(module, torch.randn(2, 8))
    planner = explorer.planner(net)
    pruned = planner.apply(planner.plan(0.5))
    assert not module.state.any()
    assert not pruned.get_buffer("state").any()


def test_stacking_joins_what_has_as_many_rows_as_the_first() -> None:
    whole = stacked([(torch.zeros(2, 3), torch.zeros(2), torch.zeros(5), 7)] * 3)
    assert [tuple(part.shape) for part in whole[:3]] == [(6, 3), (6,), (5,)]
    assert whole[3] == 7


# --- one sentence ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("module", "example", "match"),
    [
        (toys.Chain, toys.example(2), "got the class Chain. Pass an object of it"),
        (
            toys.Chain(),
            (1, 3, 2, 2),
            r"got tuple. Pass e.g. torch.randn\(1, 3, 2, 2\); several go into a tuple",
        ),
        (toys.Chain(), {}, "got dict"),
        (toys.Chain(), toys.example(2)[:0], "holds nothing: its shape is 0×"),
        (
            nn.Sequential(nn.Embedding(9, 4), nn.Linear(4, 2)),
            torch.tensor([[9]]),
            r"Layer '0' takes ids: whole numbers from 0 to 8\.$",
        ),
        (toys.Chain(), toys.example(2).byte(), "it holds uint8 and the weights are float32"),
        (awkward.TwoInputs(), (IMAGE,), r"cannot run an input of shape \(1×3×4×4\): .*missing 1 required"),
    ],
)
def test_what_is_no_example_is_refused_with_what_to_pass(module: Any, example: Any, match: str) -> None:
    with pytest.raises(NetworkError, match=match):
        explorer.wrap(module, example)


def test_a_module_without_wrap_is_told_which_argument_takes_what() -> None:
    with pytest.raises(
        NetworkError, match=r"Argument `net` takes what explorer.wrap\(module, example_input\) returns"
    ):
        explorer.planner(toys.Chain())


def test_a_network_that_cannot_be_copied_is_refused_at_once() -> None:
    module = toys.Chain()
    module.lock = __import__("threading").Lock()
    with pytest.raises(
        NetworkError, match=r"'lock' \(lock\) cannot be copied .*Take it out of the network's attributes"
    ):
        explorer.wrap(module, toys.example(2))


# --- data ----------------------------------------------------------------------------------------------------

IMAGES = torch.randn(12, 3, 2, 2)
LABELS = torch.arange(12) % 5


def labelled(labels: Any, images: Any = IMAGES) -> DataSet:
    return DataSet("toy", images, labels, images, labels)


@pytest.mark.parametrize(
    "labels",
    [
        LABELS.float(),
        LABELS[:, None],
        LABELS.numpy(),
        LABELS.numpy().astype("uint8"),
        LABELS.tolist(),
        nn.functional.one_hot(LABELS),
    ],
)
def test_labels_are_taken_as_meant(labels: Any) -> None:
    data = labelled(labels)
    assert data.train_y.dtype == torch.int64
    assert torch.equal(data.train_y, LABELS)
    assert data.classes == 5


def test_arrays_are_taken_as_images() -> None:
    assert labelled(LABELS, IMAGES.double().numpy()).train_x.dtype == torch.float32


@pytest.mark.parametrize(
    ("labels", "match"),
    [
        (LABELS + 0.5, "train_y of data set 'toy' must hold whole numbers from 0, one class a row, got 0.5"),
        (LABELS - 1, "got -1"),
        (LABELS[:3], "train_x of data set 'toy' has 12 rows and train_y has 3"),
        (
            torch.zeros(12, 2, 2),
            r"train_y of data set 'toy' must hold one label a row, got shape \(12, 2, 2\)\. .* other targets give",
        ),
        ("cat", "train_y of data set 'toy' must be a tensor or an array of numbers, got str"),
    ],
)
def test_labels_that_name_no_class_are_refused(labels: Any, match: str) -> None:
    with pytest.raises(NetworkError, match=match):
        labelled(labels)


def pairs(images: Tensor = IMAGES) -> TensorDataset:
    return TensorDataset(images, LABELS)


@pytest.mark.parametrize(
    "data",
    [
        (DataLoader(pairs(), 5), DataLoader(pairs(), 5)),
        (pairs(), pairs()),
        [(IMAGES, LABELS), (IMAGES.numpy(), LABELS.numpy())],
        labelled(LABELS),
    ],
)
def test_data_loaders_data_sets_and_arrays_become_a_data_set(data: Any) -> None:
    net = explorer.wrap(toys.Chain(), toys.example(2), data)
    assert torch.equal(present(net.data).train_x, IMAGES)
    assert torch.equal(present(net.data).test_y, LABELS)
    assert explorer.evaluate(net.module, net.data).examples == 12


@pytest.mark.parametrize(
    ("data", "match"),
    [
        (
            DataLoader(pairs(), 5),
            "Argument `data` of network 'mine' must hold a train and a test split, got DataLoader",
        ),
        ((IMAGES, LABELS), "Argument `data` of network 'mine' must hold a train and a test split, got tuple"),
        (([IMAGES], [IMAGES]), r"must yield pairs \(inputs, labels\), got Tensor"),
        (
            ((IMAGES, LABELS), "test"),
            "A split in argument `data` of network 'mine' must be a DataLoader .* got str",
        ),
        ([(IMAGES.byte(), LABELS)] * 2, "Its images are uint8: pass fractions as in training"),
        ([(torch.randn(12, 1, 2, 2), LABELS)] * 2, "cannot run an input of argument `data`, 1×1×2×2: "),
    ],
)
def test_data_that_is_none_is_refused_with_what_to_pass(data: Any, match: str) -> None:
    with pytest.raises(NetworkError, match=match):
        explorer.wrap(toys.Chain(), toys.example(2), data)


def test_a_network_that_takes_uint8_images_is_judged_on_them() -> None:
    class Bytes(toys.Chain):
        def forward(self, x: Tensor) -> Tensor:
            return super().forward(x.float() / 255)

    images = torch.randint(0, 256, (12, 3, 2, 2), dtype=torch.uint8)
    net = explorer.wrap(Bytes(), images[:1], [(images, LABELS)] * 2)
    assert explorer.evaluate(net.module, net.data).examples == 12


def test_a_network_that_answers_with_more_than_scores_is_judged_by_its_scores() -> None:
    torch.manual_seed(0)
    data = [(torch.randn(12, 6), LABELS % 4)] * 2
    net = explorer.wrap(awkward.AsDataclass(), torch.randn(1, 6), data)
    assert explorer.evaluate(net.module, net.data).examples == 12
    assert explorer.planner(net, criterion="taylor").plan(0.5).params
