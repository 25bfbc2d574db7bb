"""An ONNX file answers any batch as torch does; where it cannot, that is said."""

from __future__ import annotations

import re
from dataclasses import dataclass
from importlib.util import find_spec

import pytest
import torch
from torch import Tensor, nn

import explorer
from explorer.measuring import onnx_export
from explorer.measuring.onnx_export import NOT_INSTALLED, exported
from explorer.measuring.onnx_runtime import answers_of
from explorer.values.errors import NetworkError


class Bound(nn.Module):
    """Its forward pass knows a batch of one only."""

    def __init__(self) -> None:
        super().__init__()
        self.layer = nn.Linear(4, 4)

    def forward(self, x: Tensor) -> Tensor:
        return self.layer(x).view(1, 4)


class Drawn(nn.Module):
    """Answers another thing every time."""

    def __init__(self) -> None:
        super().__init__()
        self.layer = nn.Linear(4, 4)

    def forward(self, x: Tensor) -> Tensor:
        return self.layer(x) + torch.rand(len(x), 4)


@dataclass
class Held:
    scores: Tensor
    name: str = "cat"


class Holding(nn.Module):
    def forward(self, x: Tensor) -> Held:
        return Held(2 * x)


@pytest.fixture
def without_onnxscript(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(onnx_export, "find_spec", lambda _: None)


def assert_answers(name: str, note: str) -> None:
    """A pruned network's file answers 1 and 5 images as the network does."""
    net = explorer.load(name)
    planner = explorer.planner(net)
    pruned = planner.sketch(planner.plan(0.5))
    made = exported(pruned, net.example_input)
    assert made.note == note
    assert net.data is not None
    for batch in (1, 5):
        images = net.data.test_x[:batch]
        (found,) = answers_of(made.content, images)
        with torch.no_grad():
            torch.testing.assert_close(found, pruned(images), rtol=1e-4, atol=1e-4)


@pytest.mark.large
@pytest.mark.skipif(find_spec("onnxscript") is None, reason="onnxscript is not installed")
def test_the_present_exporter_writes_a_file_for_any_batch() -> None:
    assert_answers("digits-vit", "")


@pytest.mark.usefixtures("without_onnxscript")
@pytest.mark.parametrize("name", ["digits-vit", "digits-densenet"])
def test_the_older_exporter_does_so_where_onnxscript_is_missing(name: str) -> None:
    assert_answers(name, NOT_INSTALLED)


@pytest.mark.usefixtures("without_onnxscript")
def test_an_answer_of_a_class_of_ones_own_is_written_as_its_tensors() -> None:
    x = torch.randn(3, 4)
    (found,) = answers_of(exported(Holding().eval(), x[:1]).content, x)
    assert torch.equal(found, 2 * x)


@pytest.mark.usefixtures("without_onnxscript")
def test_a_network_of_one_batch_only_says_so() -> None:
    made = exported(Bound().eval(), torch.randn(1, 4))
    assert made.note.startswith("It takes a batch of 1 only")


@pytest.mark.usefixtures("without_onnxscript")
def test_a_file_that_answers_otherwise_is_refused_with_the_difference() -> None:
    told = r"ONNX Runtime's answer to a batch of 1 differs from torch's by \S+ of the largest output\."
    with pytest.raises(NetworkError, match=re.compile(told)):
        exported(Drawn().eval(), torch.randn(1, 4))
