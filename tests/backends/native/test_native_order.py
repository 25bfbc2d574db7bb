"""The order in which torch.topk takes values, against torch.topk itself."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from explorer.backends.native import order as native_order
from explorer.backends.native import stretches
from explorer.backends.native.order import TopkOrder, topk_splits_like_this
from explorer.backends.native.pool import Pool
from explorer.backends.native.scores import BLOCK, PAGE, Scores

SHARES = (0.02, 0.1, 0.25, 0.333, 0.5, 0.51, 0.77, 0.9, 0.99, 1.0)


def values(size: int, distinct: int, seed: int = 0) -> Tensor:
    generator = torch.Generator().manual_seed(seed)
    return torch.randint(0, distinct, (size,), generator=generator).float() / distinct


def by_library(scores: Tensor, count: int, largest: bool = False) -> set[int]:
    return set(torch.topk(scores, count, largest=largest, sorted=False).indices.tolist())


def order_of(scores: Tensor) -> TopkOrder:
    return TopkOrder(Scores([scores], largest=False))


def taken_by(order: TopkOrder, count: int) -> set[int] | None:
    """Positions that go; None where only the library knows."""
    arranged = order.arranged(count) if order.knows(count) else None
    return None if arranged is None else set(arranged.tolist())


@pytest.mark.parametrize("distinct", [1, 2, 7, 100, 5000, 10**6])
@pytest.mark.parametrize("size", [1, 2, 3, 4, 5, 17, 200, 5000, 3 * BLOCK + 1])
def test_what_goes_is_what_topk_takes_at_every_tie(size: int, distinct: int) -> None:
    scores, order = values(size, distinct), None
    for share in SHARES:
        count = round(share * size)
        order = order or order_of(scores)
        taken = taken_by(order, count)
        if taken is not None:
            assert taken == by_library(scores, count)
        else:
            assert count * native_order.BY_HEAP <= size  # topk sorts so few


def test_in_whichever_order_the_counts_are_asked() -> None:
    scores = values(20_000, 300)
    counts = (19_999, 500, 10_000, 10_001, 9_999, 400, 19_000, 10_000)
    order = order_of(scores)
    for count in counts:
        assert taken_by(order, count) == by_library(scores, count)


@pytest.mark.parametrize("pivot", [0.2, 0.5, 0.8])
@pytest.mark.parametrize("distinct", [3, 5000, 10**6])
@pytest.mark.parametrize("prepared", [False, True])
def test_a_pool_held_by_halves_is_arranged_like_one_held_whole(
    distinct: int, pivot: float, prepared: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With scores read again after they were let go, whichever side of the first split is the larger one."""
    monkeypatch.setattr(stretches, "LARGE", 1000)
    monkeypatch.setattr(stretches, "KEPT", 50)
    scores = values(4 * BLOCK + 77, distinct)
    scores[[1, len(scores) // 2, -1]] = pivot
    order, stops = order_of(scores), [round(share * len(scores)) for share in SHARES]
    if prepared:
        list(order.prepare(stops))
    for count in (*reversed(stops), 77_777, 50_001, 20_000):
        taken = taken_by(order, count)
        assert (
            taken == by_library(scores, count)
            if count > stops[0]
            else taken in (None, by_library(scores, count))
        )


def test_scores_in_any_arrangement_are_split_as_topk_splits_them() -> None:
    """Sorted, turned around and organ-pipe: what quickselect likes least."""
    rising = torch.arange(4000).float()
    for scores in (rising, rising.flip(0), torch.cat([rising, rising.flip(0)]), (rising % 64).sort().values):
        order = order_of(scores)
        for share in SHARES:
            count = round(share * len(scores))
            assert taken_by(order, count) in (None, by_library(scores, count))


def test_without_a_tie_the_answer_does_not_hang_on_how_topk_splits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(native_order, "topk_splits_like_this", lambda: False)
    scores = torch.tensor([0.3, 0.1, 0.2, 0.2, 0.5])
    order = order_of(scores)
    assert [taken_by(order, count) for count in (1, 2, 3)] == [{1}, None, {1, 2, 3}]


def test_this_machine_breaks_ties_as_planned() -> None:
    """Where it does not, plans stay exact and take the library's own time at ties."""
    assert topk_splits_like_this()


@pytest.mark.parametrize("halves", [False, True])
@pytest.mark.parametrize("largest", [False, True])
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64, torch.float16])
def test_every_parameter_of_a_pool_is_told_what_it_loses(
    dtype: torch.dtype, largest: bool, halves: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    if halves:
        monkeypatch.setattr(stretches, "LARGE", 1000)
    sizes = (1, 300, 7, 50_000, 3, 2 << PAGE, 0, 5)
    scores = values(sum(sizes), 2000).to(dtype)
    pool = Pool(scores.split(sizes), largest)
    for share in (*SHARES, 0.4567):
        count = round(share * len(scores))
        gone = torch.zeros(len(scores), dtype=torch.bool)
        gone[torch.topk(scores, count, largest=largest, sorted=False).indices] = True
        counts = pool.counts(count)
        assert counts is not None
        assert counts.tolist() == [int(piece.sum()) for piece in gone.split(sizes)]
        number, place = pool.last(count)
        equal = [scores.split(sizes)[i][pool.within(pool.tied(count), i)] for i in range(len(sizes))]
        assert set(torch.cat(equal).tolist()) == {float(scores.split(sizes)[number][place])}
