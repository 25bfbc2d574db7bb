"""An exported program answers as the network at other batches, holds no pickle, and refuses what it cannot follow."""

from __future__ import annotations

import io
from dataclasses import dataclass
from zipfile import ZipFile

import pytest
import torch
from torch import Tensor, nn

import explorer
from explorer.anatomy.inputs import answer
from explorer.measuring import exporters
from explorer.measuring.program_export import exported_program
from explorer.values.errors import NetworkError


class Fixed(nn.Module):
    """Its forward pass is written for one batch."""

    def forward(self, x: Tensor) -> Tensor:
        return x.reshape(2, -1)


class Looping(nn.Module):
    """What it does depends on what it is given."""

    def forward(self, x: Tensor) -> Tensor:
        return x + 1 if float(x.sum()) > 0 else x - 1


@dataclass
class Answer:
    first: Tensor
    more: list[object]


class Answering(nn.Module):
    def forward(self, x: Tensor) -> Answer:
        return Answer(x, ["cat", x + 1])


def test_a_program_takes_any_batch_and_holds_no_pickle() -> None:
    net = explorer.load("digits-cnn")
    made = exported_program(net.module, net.example_input)
    assert made.note == ""
    with ZipFile(io.BytesIO(made.content)) as held:
        parts = {name.partition("/")[2]: held.read(name) for name in held.namelist()}
    assert parts["data/sample_inputs/model.pt"] == b""
    assert not any(b"ctorch" in content for content in parts.values())  # how a pickle names torch's classes
    images = torch.randn(5, 1, 8, 8)
    found = torch.export.load(io.BytesIO(made.content)).module()(images)  # what a person does with it
    assert torch.allclose(found, answer(net.module, images)[0], atol=1e-5)


def test_an_answer_that_exporters_do_not_know_leaves_as_its_tensors() -> None:
    x = torch.randn(4, 3)
    made = exported_program(Answering().eval(), x[:1])
    found = torch.export.load(io.BytesIO(made.content)).module()(x)
    assert torch.equal(torch.stack(found), torch.stack((x, x + 1)))


def test_a_program_of_one_batch_says_so() -> None:
    assert exported_program(Fixed().eval(), torch.randn(2, 3)).note == "It takes a batch of 2 only."


def test_a_network_that_cannot_be_followed_is_refused() -> None:
    with pytest.raises(NetworkError, match=r"Torch.export cannot export this network: "):
        exported_program(Looping().eval(), torch.randn(2, 3))


def test_a_program_that_answers_otherwise_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(exporters, "own_answer", lambda module, example: answer(module, example)[0] + 1)
    with pytest.raises(NetworkError, match="answer to a batch of 1 differs by .* of the largest output"):
        exported_program(nn.Linear(3, 2).eval(), torch.randn(1, 3))
