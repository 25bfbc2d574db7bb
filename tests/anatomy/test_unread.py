"""Data sets in Python that are larger than what is held in memory."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torch.utils.data import DataLoader, Dataset, Subset, SubsetRandomSampler, TensorDataset

import explorer
from explorer.anatomy import splits
from explorer.anatomy.lazy import LazyRows
from explorer.anatomy.splits import data_set
from explorer.values.errors import NetworkError

IMAGES, LABELS = torch.randn(64, 3, 6, 6), torch.arange(64) % 3
BYTES = 3 * 6 * 6 * 4  # of an image


class Read(Dataset[tuple[Tensor, int]]):
    """Notes which rows are asked for."""

    def __init__(self) -> None:
        self.read: list[int] = []

    def __len__(self) -> int:
        return len(IMAGES)

    def __getitem__(self, place: int) -> tuple[Tensor, int]:
        self.read.append(place)
        return IMAGES[place], int(LABELS[place])


class Named(Read):
    targets = LABELS.tolist()


class Uneven(Read):
    def __getitem__(self, place: int) -> tuple[Tensor, int]:
        return (IMAGES[place, :, :4] if place == 40 else IMAGES[place]), int(LABELS[place])


@pytest.fixture(autouse=True)
def _small(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(splits, "HELD_BYTES", 20 * BYTES)


def unread(split: Any) -> tuple[LazyRows, list[int]]:
    """Its rows, which stay unread, and its labels."""
    found: Any = data_set((split, (IMAGES[:3], LABELS[:3])), "mine")
    assert isinstance(found.train_x, LazyRows)
    return found.train_x, found.train_y.tolist()


def test_labels_that_a_data_set_names_take_two_rows_and_the_size_of_one() -> None:
    data = Named()
    rows, labels = unread(data)
    assert sorted(set(data.read)) == [0, 63]
    assert labels == LABELS.tolist()
    assert torch.equal(rows[torch.tensor([7, 2])], IMAGES[[7, 2]])


def test_labels_that_it_does_not_name_are_read_once_and_no_row_is_kept() -> None:
    data = Read()
    rows, labels = unread(data)
    assert labels == LABELS.tolist()
    assert data.read == [0, *range(64)]  # the first says how large they are
    assert torch.equal(rows[3:5], IMAGES[3:5])
    assert data.read[65:] == [3, 4]


def test_names_that_differ_from_what_is_handed_out_count_for_nothing() -> None:
    data = Named()
    data.targets = [2 - label for label in LABELS.tolist()]
    assert unread(data)[1] == LABELS.tolist()


def test_a_loader_says_which_rows_and_in_what_form() -> None:
    odd = list(range(1, 64, 2))
    sampled = DataLoader(Named(), batch_size=7, sampler=SubsetRandomSampler(odd))
    assert sorted(unread(sampled)[1]) == sorted(LABELS[odd].tolist())
    part = DataLoader(Subset(Named(), odd), batch_size=7, drop_last=True)
    rows, labels = unread(part)
    assert labels == LABELS[odd[:28]].tolist()
    assert torch.equal(rows[:28], IMAGES[odd[:28]])

    def negative(batch: list[Any]) -> tuple[Tensor, Tensor]:
        return -torch.stack([one[0] for one in batch]), torch.tensor([(one[1] + 1) % 3 for one in batch])

    rows, labels = unread(DataLoader(Named(), collate_fn=negative))
    assert labels == ((LABELS + 1) % 3).tolist()
    assert torch.equal(rows[:5], -IMAGES[:5])


def test_small_splits_and_streams_are_held_as_before() -> None:
    small = Subset(Read(), range(20))
    found = data_set((small, TensorDataset(IMAGES[:9], LABELS[:9])), "mine")
    assert torch.equal(found.train_x, IMAGES[:20])
    assert torch.equal(found.test_x, IMAGES[:9])


def test_a_network_is_judged_re_calibrated_and_trained_alike_on_either() -> None:
    module = nn.Sequential(nn.Conv2d(3, 8, 3), nn.BatchNorm2d(8), nn.ReLU(), nn.Flatten(), nn.Linear(128, 3))
    found = []
    for train in (Named(), (IMAGES, LABELS)):
        net = explorer.wrap(module, IMAGES[:1], data=(train, (IMAGES, LABELS)))
        planner = explorer.planner(net)
        pruned = planner.apply(planner.plan(0.5))
        explorer.recalibrate(pruned, net.data)
        torch.manual_seed(0)
        points = list(explorer.fine_tune(pruned, net.data, epochs=1, learning_rate=0.01))
        found.append((explorer.evaluate(pruned, net.data), [point.loss for point in points]))
    assert found[0][1] == pytest.approx(found[1][1], abs=1e-4)
    assert found[0][0].accuracy == found[1][0].accuracy


def test_rows_of_another_size_are_named_when_they_are_read() -> None:
    with pytest.raises(NetworkError, match=r"row 40 is 3×4×6.*, the first is 3×6×6\), so they make no batch"):
        unread(Uneven())
