"""Two answers are compared output by output and position by position, each by its own scale."""

from __future__ import annotations

import math

import pytest
import torch
from torch import Tensor

from explorer.anatomy.agreement import apart, largest_difference
from explorer.anatomy.chance import same_draws
from explorer.anatomy.probing import like, run
from tests.helpers import awkward

BOXES, SCORES = 640 * torch.rand(4, 300), 1e-5 * torch.rand(4, 80)


def one(*tensors: Tensor) -> tuple[tuple[Tensor, ...], ...]:
    return (tensors,)


def test_a_wrong_score_beside_large_boxes_is_seen() -> None:
    right, wrong = torch.cat([BOXES, SCORES], 1), torch.cat([BOXES, SCORES.flip(1)], 1)
    assert largest_difference(one(wrong), one(right)) < 1e-6
    assert apart(one(wrong), one(right)).share > 0.1
    assert not apart(one(wrong), one(right)).equal


def test_rounding_where_a_few_values_cross_zero_is_none() -> None:
    right = torch.randn(3, 1000)
    right[:, :2] *= 1e-6
    assert apart(one(right + 2e-7 * torch.randn(3, 1000)), one(right)).equal
    assert not apart(one(right + 2e-3 * torch.randn(3, 1000)), one(right)).equal


def test_a_few_values_that_cross_zero_are_told_by_what_their_positions_usually_take() -> None:
    usual, right = torch.rand(1, 1000) + 0.5, torch.rand(1, 1000) + 0.5
    right[0, :3] = 1e-6

    def is_equal(off: float, usual: Tensor) -> bool:
        ours = right.clone()
        ours[0, :3] += off * right.max()
        return apart(one(ours), one(right), usual=(usual,)).equal

    assert is_equal(3e-6, usual)
    assert not is_equal(2e-5, usual)  # more than rounding makes
    assert not is_equal(3e-6, right)  # these positions are always that quiet
    assert not is_equal(3e-6, usual[:, 1:])  # other positions


def test_every_output_counts_and_the_worst_is_named() -> None:
    right = torch.randn(2, 5), torch.randn(2, 7), torch.randn(2, 3)
    found = apart(one(right[0], 2 * right[1], right[2]), one(*right))
    assert (found.output, found.outputs, found.surely_apart) == (1, 3, True)


def test_other_shapes_and_other_numbers_of_outputs_are_told() -> None:
    assert (
        apart(one(torch.ones(1, 8)), one(torch.ones(1, 16))).shapes
        == "output 1 has shape 1×8 instead of 1×16"
    )
    found = apart(one(torch.ones(1)), one(torch.ones(1), torch.ones(1)))
    assert found.shapes == "it answers with 1 outputs instead of 2"


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_what_is_no_number_on_both_sides_is_no_difference_and_on_one_side_is_all(value: float) -> None:
    right = torch.randn(2, 5)
    right[0, 1] = value
    assert apart(one(right), one(right)).equal
    assert math.isinf(apart(one(right.nan_to_num(0, 0, 0)), one(right)).share)


def test_labels_differ_by_their_share() -> None:
    assert apart(one(torch.tensor([1, 2, 3, 4])), one(torch.tensor([1, 2, 4, 3]))).share == 0.5


def test_scales_are_taken_over_all_runs() -> None:
    right = (torch.tensor([[1e-9]]),), (torch.tensor([[1.0]]),)
    wrong = (torch.tensor([[2e-9]]),), (torch.tensor([[1.0]]),)
    assert apart(wrong, right).equal


# --- inputs like the example ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    "example",
    [
        torch.rand(1, 3, 4, 4) + 5,
        -torch.rand(2, 7),
        torch.randint(3, 90, (1, 12)),
        torch.full((1, 5), 2.5),
        torch.rand(1, 3, 4, 4, dtype=torch.float64).contiguous(memory_format=torch.channels_last),
        torch.rand(1, 4) > 0.5,
    ],
)
def test_probes_have_the_range_sign_type_and_layout_of_the_example(example: Tensor) -> None:
    other = like(example, 1)
    assert (other.shape, other.dtype, other.stride()) == (example.shape, example.dtype, example.stride())
    low, high = example.double().aminmax()
    assert bool(((other >= low / 2) if low > 0 else (other >= 2 * low)).all())
    assert bool(((other <= 2 * high) if high > 0 else (other <= high / 2)).all())
    assert torch.equal(like(example, 1), other)


def test_runs_draw_the_same_numbers_and_nobody_elses_change() -> None:
    module, x = awkward.AlwaysDropping(), torch.randn(1, 6)
    before = torch.random.get_rng_state()
    assert apart(run(module, (x,)), run(module, (x,))).share == 0
    assert apart(run(module, (x,), seed=1), run(module, (x,))).share > 0
    assert torch.equal(torch.random.get_rng_state(), before)
    with same_draws():
        first = torch.rand(1)
    with same_draws():
        assert torch.equal(torch.rand(1), first)


def test_seeds_leave_nothing_behind_for_a_cuda_that_is_not_in_use() -> None:
    waiting = len(torch.cuda._queued_calls)
    with same_draws():
        torch.rand(1)
    assert len(torch.cuda._queued_calls) == waiting
