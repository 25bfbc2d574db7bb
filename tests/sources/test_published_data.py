"""Data sets that torchvision fetches: downloaded with progress when asked, or read from a prepared folder."""

from __future__ import annotations

import hashlib
import io
import pickle
import tarfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

from explorer import sources
from explorer.anatomy.data import DataSet
from explorer.sources import vision
from explorer.sources.data.classes import WORDNET
from explorer.values.errors import DownloadError, NetworkError, UnknownNameError
from tests.helpers.own import spec, tell
from tests.helpers.serving import serving

NET = """
import torch
from torch import nn

def build(classes=1000):
    return nn.Sequential(nn.Conv2d(3, 4, 3), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(4, classes))

def ten():
    return build(10)
"""
Load = Callable[..., DataSet]


@pytest.fixture
def load(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Load:
    (tmp_path / "net.py").write_text(NET)
    monkeypatch.setattr(torch.hub, "get_dir", lambda: str(tmp_path / "hub"))

    def loaded(data: str, function: str = "build", progress: Any = None) -> DataSet:
        tell(monkeypatch, tmp_path, f"--model ./net.py:{function} --input 1,3,8,8 --data {data}")
        found = sources.load_spec(spec(f"net.py:{function}"), progress).data
        assert found
        return found

    return loaded


def imagenette() -> bytes:
    """An archive like the published one: two pictures of each class for training, one for judging."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w:gz") as archive:
        for level, wnid in enumerate(WORDNET):
            for path in ("train/{}/a.JPEG", "train/{}/b.JPEG", "val/{}/c.JPEG"):
                picture = io.BytesIO()
                Image.new("RGB", (8, 8), (25 * level,) * 3).save(picture, "jpeg")
                part = tarfile.TarInfo(f"imagenette2-320/{path.format(wnid)}")
                part.size = picture.tell()
                picture.seek(0)
                archive.addfile(part, picture)
    return out.getvalue()


def test_imagenette_is_fetched_when_asked_and_stands_for_imagenets_classes(
    monkeypatch: pytest.MonkeyPatch, load: Load
) -> None:
    told: list[float] = []
    archive = imagenette()
    with serving() as server:
        server.files["/imagenette2-320.tgz"] = archive
        known = {"320px": (server.url("imagenette2-320.tgz"), hashlib.md5(archive).hexdigest())}
        monkeypatch.setattr(vision.torchvision().datasets.Imagenette, "_ARCHIVES", known)
        with pytest.raises(
            DownloadError, match=r"Imagenette is not in '.*datasets/Imagenette'\. Download it, or name"
        ):
            load("torchvision:Imagenette")
        assert server.requests == 0
        data = load("torchvision:Imagenette", progress=told.append)
    assert told[-1] == 1
    assert data.test_y.tolist() == list(WORDNET.values())
    assert data.train_y.tolist() == [place for place in WORDNET.values() for _ in range(2)]
    assert data.classes == 1000
    assert data.test_x[3:4].mean().item() == pytest.approx(75 / 255, abs=0.01)
    assert load("torchvision:Imagenette").test_y.tolist() == data.test_y.tolist()  # the server is gone


def test_what_cannot_be_fetched_is_one_sentence_with_another_way(
    monkeypatch: pytest.MonkeyPatch, load: Load
) -> None:
    with serving() as server:
        gone = server.url("cifar.tgz")
    monkeypatch.setattr(vision.torchvision().datasets.CIFAR10, "url", gone)
    told = (
        r"^torchvision's CIFAR10 could not be downloaded: .*refused\. Check the connection, or fetch it elsewhere by "
        r"torchvision\.datasets\.CIFAR10\(FOLDER, download=True\), and name that folder: --data "
        r"torchvision:CIFAR10:FOLDER\.$"
    )
    with pytest.raises(DownloadError, match=told):
        load("torchvision:CIFAR10", "ten", progress=lambda fraction: None)


def prepare(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """CIFAR-10 of one picture a file, as torchvision keeps it, which holds each file to its hash."""
    cifar: Any = vision.torchvision().datasets.CIFAR10
    folder = root / cifar.base_folder
    folder.mkdir(parents=True)

    def written(name: str, content: dict[str, Any]) -> str:
        (folder / name).write_bytes(data := pickle.dumps(content))
        return hashlib.md5(data).hexdigest()

    def batch(label: int) -> dict[str, Any]:
        return {"data": np.full((1, 3 * 32 * 32), 20 * label, np.uint8), "labels": [label]}

    names = [name for name, _ in cifar.train_list]
    train = [[name, written(name, batch(label))] for label, name in enumerate(names)]
    monkeypatch.setattr(cifar, "train_list", train)
    monkeypatch.setattr(cifar, "test_list", [["test_batch", written("test_batch", batch(9))]])
    meta = {"label_names": [f"class {number}" for number in range(10)]}
    monkeypatch.setattr(cifar, "meta", cifar.meta | {"md5": written(cifar.meta["filename"], meta)})


def test_a_prepared_folder_is_read_and_held_to_the_networks_classes(
    monkeypatch: pytest.MonkeyPatch, load: Load, tmp_path: Path
) -> None:
    prepare(tmp_path / "prepared", monkeypatch)
    data = load("torchvision:CIFAR10:prepared", "ten")
    assert (data.train_y.tolist(), data.test_y.tolist(), data.classes) == ([0, 1, 2, 3, 4], [9], 10)
    assert torch.equal(data.test_x[:1], torch.full((1, 3, 8, 8), 180 / 255))
    with pytest.raises(
        NetworkError, match=r"torchvision's CIFAR10 holds 10 classes, and 'net\.py:build' answers with 1000"
    ):
        load("torchvision:CIFAR10:prepared")
    with pytest.raises(
        UnknownNameError, match=r"--data torchvision:CIFAR is not known\. Did you mean CIFAR10"
    ):
        load("torchvision:CIFAR")
