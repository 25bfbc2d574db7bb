"""A drawn digit comes to the networks as their data do, and what is no drawing is refused in one sentence."""

from __future__ import annotations

import re

import pytest
import torch

import explorer
from explorer.studies.drawn import Pad, as_input, digit_examples, ink_of, takes_drawings
from explorer.values.behaviour import CELLS
from explorer.values.errors import NetworkError
from tests.helpers.fingerprints import fingerprint
from tests.helpers.planning import bench_of, planner_of
from tests.helpers.present import present


@pytest.mark.parametrize("name, exact", [("mnist-resnet", 1.0), ("digits-resnet", 0.85)])
def test_a_test_image_that_is_drawn_is_answered_as_through_the_data(name: str, exact: float) -> None:
    """MNIST's images come back pixel by pixel; some 8×8 digits stand a column aside."""
    net = bench_of(name).net
    data = present(net.data)
    images = torch.cat([as_input(ink_of(image, data), data) for image in data.test_x[:100]])
    same = [torch.allclose(one, other, atol=1e-5) for one, other in zip(images, data.test_x, strict=False)]
    assert sum(same) >= exact * 100
    with torch.no_grad():
        answers, through_data = net.module(images).argmax(1), net.module(data.test_x[:100]).argmax(1)
    assert torch.equal(answers, through_data)


def block(top: int, left: int, height: int, width: int) -> tuple[int, ...]:
    """A pad with one filled box."""
    pad = torch.zeros(CELLS, CELLS, dtype=torch.int)
    pad[top : top + height, left : left + width] = 255
    return tuple(pad.flatten().tolist())


@pytest.mark.parametrize("top, left", [(0, 0), (3, 20), (16, 36)])
def test_where_a_digit_is_drawn_and_how_large_does_not_matter(top: int, left: int) -> None:
    data = present(bench_of("mnist-resnet").net.data)
    image = as_input(block(top, left, 40, 20), data)[0, 0]
    filled = (image == image.max()).nonzero()
    # 40 by 20 cells become 20 by 10 pixels, and their centre, at 9.5 and 4.5, pixel 14 less a half.
    assert filled.amin(0).tolist() == [4, 9]
    assert filled.amax(0).tolist() == [23, 18]
    assert torch.equal(image, as_input(block(top, left, 20, 10), data)[0, 0])
    assert image.unique().tolist() == pytest.approx([float(data.train_x.min()), float(data.train_x.max())])


def test_an_8_by_8_digit_fills_its_rows_and_seven_columns_at_most() -> None:
    data = present(bench_of("digits-resnet").net.data)
    image = as_input(block(10, 0, 20, 56), data)[0, 0]
    wide = (image == image.max()).nonzero()
    assert (wide.amin(0).tolist(), wide.amax(0).tolist()) == ([0, 1], [7, 7])


@pytest.mark.parametrize(
    "ink, got",
    [
        ((0,) * 10, "10 of them"),
        ((*block(0, 0, 9, 9)[1:], 256), "256"),
        ((*block(0, 0, 9, 9)[1:], -1), "-1"),
        ((*block(0, 0, 9, 9)[1:], "x"), "'x'"),
        ((*block(0, 0, 9, 9)[1:], float("nan")), "nan"),
    ],
)
def test_what_is_no_drawing_is_refused(ink: tuple[int, ...], got: str) -> None:
    data = present(bench_of("digits-cnn").net.data)
    sentence = (
        f"A drawing must hold 3,136 whole numbers from 0 to 255, one for each cell of 56 rows, got {got}."
    )
    with pytest.raises(NetworkError, match=re.escape(sentence)):
        as_input(ink, data)


def test_an_empty_pad_is_refused() -> None:
    with pytest.raises(NetworkError, match="The pad is empty. Draw a digit, or start from a test image."):
        as_input((0,) * CELLS**2, present(bench_of("digits-cnn").net.data))


def test_both_networks_answer_in_plain_torch_and_the_copy_is_made_once() -> None:
    net, planner = bench_of("digits-cnn").net, planner_of("digits-cnn")
    before, made = fingerprint(net.module), []

    def sketch() -> torch.nn.Module:
        made.append(planner.sketch(planner.plan(0.5)))
        return made[-1]

    pad, examples = Pad(net), digit_examples(net)
    assert [one.label for one in examples] == [digit for digit in range(10) for _ in range(3)]
    for one in examples[:6]:
        found = pad.answer(one.ink, 0.5, sketch, False)
        image = as_input(one.ink, present(net.data))
        with torch.no_grad():
            assert found.dense == pytest.approx(net.module(image)[0].softmax(0).tolist(), abs=1e-6)
            assert found.pruned == pytest.approx(made[0](image)[0].softmax(0).tolist(), abs=1e-6)
    assert len(made) == 1
    assert pad.answer(examples[0].ink, 0.5, sketch, True).seen == 250
    assert len(made) == 2
    assert fingerprint(net.module) == before


def test_only_networks_that_know_handwritten_digits_take_drawings() -> None:
    assert takes_drawings(bench_of("digits-cnn").net)
    random, mine = (
        explorer.load("digits-cnn", "random"),
        explorer.wrap(torch.nn.Linear(4, 2), torch.ones(1, 4)),
    )
    assert not takes_drawings(random)
    assert not takes_drawings(mine)
    with pytest.raises(NetworkError, match="'digits-cnn' with random weights knows no handwritten digits"):
        digit_examples(random)
