"""The digits are the real ones, split once and for all."""

from __future__ import annotations

import pytest
import torch
from sklearn.datasets import load_digits

from explorer.sources.digits import digits


def rows(images: torch.Tensor) -> set[bytes]:
    return {image.numpy().tobytes() for image in images}


def test_every_image_is_in_exactly_one_split() -> None:
    data = digits()
    assert len(data.train_x) + len(data.test_x) == 1797
    assert len(data.test_x) == 450
    assert not rows(data.train_x) & rows(data.test_x)
    assert len(rows(data.train_x) | rows(data.test_x)) == len(rows(torch.from_numpy(load_digits().images)))


def test_every_class_has_the_same_share_in_both_splits() -> None:
    data = digits()
    for label in range(10):
        train, test = int((data.train_y == label).sum()), int((data.test_y == label).sum())
        assert test / (train + test) == pytest.approx(0.25, abs=0.005)


def test_images_are_ready_for_a_network() -> None:
    data = digits()
    assert data.train_x.shape == (1347, 1, 8, 8)
    assert data.train_x.dtype == torch.float32
    assert data.train_y.dtype == torch.int64
    assert data.classes == 10


def test_pixels_are_normalised_by_the_train_split_alone() -> None:
    data = digits()
    assert float(data.train_x.mean()) == pytest.approx(0, abs=1e-5)
    assert float(data.train_x.std()) == pytest.approx(1, abs=1e-5)
    assert float(data.test_x.mean()) != pytest.approx(0, abs=1e-5)


def test_labels_belong_to_their_images() -> None:
    source, data = load_digits(), digits()
    images = torch.cat([data.train_x, data.test_x]).double()
    ink = ((images - images.min()) / (images.max() - images.min()) * 16).round()
    ours = zip(ink.flatten(1).numpy(), torch.cat([data.train_y, data.test_y]).tolist(), strict=True)
    theirs = zip(source.data, source.target.tolist(), strict=True)
    assert {(pixels.tobytes(), label) for pixels, label in ours} == {
        (pixels.tobytes(), label) for pixels, label in theirs
    }


def test_the_split_is_the_same_every_time() -> None:
    again = digits.__wrapped__()
    assert torch.equal(again.test_x, digits().test_x)
    assert torch.equal(again.train_y, digits().train_y)
