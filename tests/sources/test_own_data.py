"""Data and metrics behind a ``--model``: pictures in folders, arrays in a file, functions; and what is refused."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image
from safetensors.torch import save_file
from torch import Tensor
from torch.utils.data import ConcatDataset, DataLoader, Subset, TensorDataset, random_split

import explorer
from explorer import sources
from explorer.anatomy.counting import total_macs
from explorer.anatomy.data import DataSet
from explorer.anatomy.lazy import AT_ONCE, LazyRows
from explorer.anatomy.network import Network
from explorer.measuring import judging
from explorer.measuring.evaluation import recalibrate
from explorer.sources import own, vision
from explorer.sources.data import classes, pictures
from explorer.sources.data.pictures import opened
from explorer.studies.data import data_facts
from explorer.studies.sensitivity.sweep import measure_sensitivity
from explorer.values import NetworkSpec, Weights
from explorer.values.errors import NetworkError
from tests.helpers.blocks import blocks
from tests.helpers.own import spec, tell

NET = """import numpy as np
import torch
from torch import nn

def build():
    return nn.Sequential(
        nn.Conv2d(3, 8, 3), nn.BatchNorm2d(8), nn.ReLU(), nn.Conv2d(8, 8, 3), nn.ReLU(), nn.AdaptiveAvgPool2d(1),
        nn.Flatten(), nn.Linear(8, 2))

def example():
    return torch.rand(1, 3, 16, 12)

def data():
    images = torch.rand(12, 3, 16, 12)
    return (images, torch.arange(12) % 2), (images[:4], torch.arange(4) % 2)

def of_one_class():
    (images, _), test = data()
    return (images, torch.zeros(12)), (test[0], torch.zeros(4))

def inputs():
    return torch.rand(6, 3, 16, 12)

def few_parameters(module):
    return sum(p.numel() for p in module.parameters())

few_parameters.higher_is_better = False

def loss(module):
    return module(torch.rand(2, 3, 16, 12)).square().mean()

def broken(module):
    raise ValueError("no such file: labels.csv")
"""
START = "--model ./net.py:build --input ./net.py:example"

Load = Callable[[str], Network]


@pytest.fixture
def load(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Load:
    """Loads the network of `net.py` as it is with further flags behind its ``--model``."""
    (tmp_path / "net.py").write_text(NET)
    monkeypatch.setattr(sys, "path", [*sys.path])

    def loaded(flags: str) -> Network:
        tell(monkeypatch, tmp_path, f"{START} {flags}")
        return sources.load_spec(spec("net.py:build"))

    return loaded


def paint(folder: Path, count: int, level: int, size: tuple[int, int] = (12, 16)) -> Path:
    """Pictures of one grey, a little brighter each, in a folder of their own."""
    folder.mkdir(parents=True)
    for number in range(count):
        Image.new("RGB", size, (level + number,) * 3).save(folder / f"{number}.png")
    return folder


def labelled(net: Network) -> DataSet:
    assert net.data
    return net.data


def test_folders_of_train_and_val_are_labelled_pictures(load: Load, tmp_path: Path) -> None:
    for split, count in (("train", 6), ("val", 3)):
        paint(tmp_path / "pets" / split / "cat", count, 0)
        paint(tmp_path / "pets" / split / "dog", count, 200)
    net = load("--data imagefolder:pets")
    data = labelled(net)
    assert (data.name, data.train_y.tolist(), data.test_y.tolist()) == (
        "pets",
        [0] * 6 + [1] * 6,
        [0] * 3 + [1] * 3,
    )
    assert data.names == data.sample(2, 2).names == ("cat", "dog")
    assert torch.equal(data.test_x[4:5], torch.full((1, 3, 16, 12), 201 / 255))
    facts = data_facts(net)
    assert facts
    assert (facts.train, facts.test, facts.classes, facts.names) == (12, 6, 2, ("cat", "dog"))
    assert facts.form == "cut to the middle, values from 0 to 1"
    assert [one.label for one in facts.samples] == ["cat"] * 3 + ["dog"] * 3
    levels = [
        round(255 * level / 202) for level in (0, 1, 2, 200, 201, 202)
    ]  # from the darkest to the brightest
    assert [set(one.picture.pixels) for one in facts.samples] == [{level} for level in levels]
    with torch.no_grad():
        scores = net.module(
            torch.stack([torch.full((3, 16, 12), level / 255) for level in (0, 1, 2, 200, 201, 202)])
        )
    assert explorer.evaluate(net.module, net).accuracy == float(
        (scores.argmax(1) == data.test_y).double().mean()
    )


def test_pictures_serve_ranking_training_sensitivity_and_re_calibration(load: Load, tmp_path: Path) -> None:
    paint(tmp_path / "pets" / "cat", 20, 0)
    paint(tmp_path / "pets" / "dog", 20, 200)
    net = load("--data imagefolder:pets")
    data = labelled(net)
    planner: Any = explorer.planner(net, criterion="taylor")
    pruned = planner.apply(planner.plan(0.5))
    assert recalibrate(pruned, data) == 1
    *_, last = explorer.fine_tune(pruned, data, epochs=12, learning_rate=0.05)
    assert last.accuracy == 1.0  # black or white is soon told apart
    assert measure_sensitivity(net, ratios=(0.5,)).dense.by.name == "accuracy"


def test_a_folder_without_val_is_split_the_same_way_every_time(load: Load, tmp_path: Path) -> None:
    paint(tmp_path / "pets" / "cat", 10, 0)
    paint(tmp_path / "pets" / "dog", 5, 200)
    data, again = labelled(load("--data imagefolder:pets")), labelled(load("--data imagefolder:pets"))
    assert data.test_y.tolist() == [0, 0, 1]  # a fifth of each class
    assert len(data.train_y) == 12
    assert torch.equal(first := data.test_x[:], again.test_x[:])
    (tmp_path / "train").mkdir()
    for name in ("cat", "dog"):
        (tmp_path / "pets" / name).rename(tmp_path / "train" / name)
    (tmp_path / "train").rename(tmp_path / "pets" / "Training")  # which is no class
    (tmp_path / "pets" / "Training" / "cat" / "._0.png").write_bytes(b"of macOS")
    assert torch.equal(first, labelled(load("--data imagefolder:pets")).test_x[:])


def test_pixels_of_16_bits_are_fractions_of_all_that_they_can_be(tmp_path: Path) -> None:
    Image.fromarray(np.full((2, 2), 128 * 257, np.uint16)).save(tmp_path / "a.png")
    Image.fromarray(np.ones((2, 2), np.float32)).save(tmp_path / "b.tif")
    values = opened(tmp_path / "a.png", lambda picture: torch.from_numpy(np.array(picture)))
    assert values.unique().tolist() == [128]
    with pytest.raises(
        NetworkError, match=r"b\.tif' cannot be read: its pixels are of mode F, and nothing says"
    ):
        opened(tmp_path / "b.tif", torch.as_tensor)


def test_folders_called_as_the_networks_classes_are_mapped() -> None:
    categories = vision.categories("resnet18")
    assert classes.named(["golden_retriever", "Tench"], categories, 1000) == [207, 0]
    assert classes.named(["n01440764", "n03888257"], categories, 1000) == [
        categories.index("tench"),
        categories.index("parachute"),
    ]
    assert classes.named(["golden_retriever", "my cat"], categories, 1000) is None
    assert classes.named(["golden_retriever"], (), 1000) == [207]  # whoever built the network
    assert all(categories[place] for place in classes.WORDNET.values())


def test_a_librarys_network_takes_as_many_classes_as_the_pictures_have(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for name, level in (("cat", 0), ("dog", 200)):
        paint(tmp_path / "pets" / name, 5, level)
    model, flags = "torchvision:squeezenet1_1", "--data imagefolder:pets"
    random = NetworkSpec(model, Weights.RANDOM)
    tell(monkeypatch, tmp_path, f"--model {model} {flags}")
    with pytest.raises(
        NetworkError, match=r"answers with 1000 scores\. .* \(add --classes 2 behind its --model\)"
    ):
        sources.load_spec(random)
    tell(monkeypatch, tmp_path, f"--model {model} --classes 2 {flags}")
    net = sources.load_spec(random)
    assert own.catalog()[0].weights == (Weights.RANDOM,)
    judge = judging.judge_of(net)
    assert judge
    assert judge.by.name == "agreement"
    assert judge.by.note.startswith(
        "The weights are random, and know none of the labels, so answers are compared"
    )
    assert (judge.count, judge.seen) == (2, 8)  # a fifth of each class, and the others
    save_file(net.module.state_dict(), tmp_path / "pets.safetensors")
    tell(monkeypatch, tmp_path, f"--model {model} --checkpoint pets.safetensors")
    with pytest.raises(
        NetworkError, match=r"trained for other classes\? Say for how many: --classes N behind"
    ):
        sources.load_spec(spec(model))
    tell(monkeypatch, tmp_path, f"--model {model} --classes 2 --checkpoint pets.safetensors {flags}")
    assert explorer.evaluate(net.module, sources.load_spec(spec(model))).by.name == "accuracy"


def test_pictures_pass_the_transforms_of_the_weights(tmp_path: Path) -> None:
    paint(tmp_path / "one", 1, 100, (300, 400))
    picture = pictures.opened(tmp_path / "one" / "0.png", vision.transforms("resnet18", (224, 224)))
    mean, deviation = torch.tensor([0.485, 0.456, 0.406]), torch.tensor([0.229, 0.224, 0.225])
    assert picture.shape == (3, 224, 224)
    assert picture[:, 0, 0].tolist() == pytest.approx(((100 / 255 - mean) / deviation).tolist(), abs=1e-5)


@pytest.mark.parametrize("model", ["timm:test_resnet", "torchvision:resnet18"])
def test_pictures_are_as_large_as_the_input_that_was_given(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, model: str
) -> None:
    for name in ("cat", "dog"):
        paint(tmp_path / "pets" / name, 5, 0, (80, 60))
    tell(monkeypatch, tmp_path, f"--model {model} --classes 2 --input 1,3,64,48 --data imagefolder:pets")
    net = sources.load_spec(NetworkSpec(model, Weights.RANDOM))
    assert net.data
    assert net.data.test_x[:1].shape == (1, 3, 64, 48)


@pytest.mark.parametrize(
    ("make", "match"),
    [
        (lambda root: None, "There is no folder '.*pets'"),
        (lambda root: root.mkdir(), "holds 0 folders of classes, and it takes two at least"),
        (
            lambda root: [paint(root / name, 2, 0) for name in "abc"],
            "holds 3 classes, and .* answers with 2 scores",
        ),
        (
            lambda root: [paint(root / "a", 2, 0), paint(root / "b", 0, 0)],
            "The class '.*b' holds no pictures",
        ),
        (
            lambda root: [paint(root / "a", 2, 0), paint(root / "b", 1, 0)],
            "'.*b' holds one picture, so none is left",
        ),
        (
            lambda root: (
                [paint(root / "train" / name, 2, 0) for name in "ab"] + [paint(root / "val" / "a", 2, 0)]
            ),
            "must hold the same classes; 'b' is in one only",
        ),
        (
            lambda root: (
                [paint(root / name, 2, 0) for name in "ab"]
                + [file.write_text("<b>x</b>") for file in root.rglob("*.png")]
            ),
            "The picture '.*png' cannot be read: cannot identify image file",
        ),
    ],
)
def test_folders_that_are_no_data_are_refused(
    load: Load, tmp_path: Path, make: Callable[[Path], object], match: str
) -> None:
    make(tmp_path / "pets")
    with pytest.raises(NetworkError, match=match):
        load("--data imagefolder:pets")


def test_arrays_of_a_file_are_labelled_data(load: Load, tmp_path: Path) -> None:
    images = np.random.default_rng(0).integers(0, 256, (10, 3, 16, 12), dtype=np.uint8)
    np.savez(
        tmp_path / "own.npz",
        train_x=images,
        train_y=np.arange(10) % 2,
        test_x=images,
        test_y=np.arange(10) % 2,
    )
    data = labelled(load("--data npz:own.npz"))
    assert torch.equal(data.test_x, torch.from_numpy(images).float() / 255)
    np.savez(tmp_path / "own.npz", x=images, y=np.arange(10) % 2)
    assert len(labelled(load("--data npz:own.npz")).test_y) == 2
    np.savez(tmp_path / "own.npz", x=images)
    net = load("--data npz:own.npz")
    assert net.inputs
    assert len(net.inputs.judging) == 5


def test_arrays_need_not_be_pictures(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "net.py").write_text("from torch import nn\ndef build(): return nn.Linear(8, 3)\n")
    tell(monkeypatch, tmp_path, "--model ./net.py:build --data npz:own.npz")
    np.savez(tmp_path / "own.npz", x=np.ones((20, 8)), y=np.arange(20) % 3)
    assert labelled(sources.load_spec(spec("net.py:build"))).test_x.shape == (4, 8)


@pytest.mark.parametrize(
    ("arrays", "match"),
    [
        ({"train_x": np.ones(3)}, "has no array 'train_y', but train_x. It takes"),
        ({"x": np.ones(()), "y": np.ones(())}, r"has the shape \(\), and it takes two rows at least"),
        ({"x": np.ones((4, 16, 12, 3)), "y": np.arange(4) % 2}, "channels come last: pass images.permute"),
        (
            {"x": np.full((4, 3, 16, 12), np.nan), "y": np.arange(4) % 2},
            "Row 0 of train_x .* holds NaN .* 3 of 3 rows",
        ),
        ({"x": np.ones((4, 3, 16, 12)), "y": np.ones(3)}, "x in '.*' has 4 rows and y has 3"),
        (
            {"x": np.ones((4, 3, 16, 12)), "y": np.array([*"abab"])},
            "must be a tensor or an array of numbers, got ndarray of str",
        ),
        ({"x": np.ones((10, 5, 16, 12)), "y": np.arange(10) % 2}, "cannot run an input of argument `data`"),
        (
            {"x": np.array([{}] * 4, dtype=object)},
            "cannot be read: Object arrays cannot be loaded when allow_pickle",
        ),
    ],
)
def test_files_that_are_no_data_are_refused(load: Load, tmp_path: Path, arrays: Any, match: str) -> None:
    np.savez(tmp_path / "own.npz", **arrays)
    with pytest.raises(NetworkError, match=match):
        load("--data npz:own.npz")


def test_a_file_that_holds_something_else_is_refused(load: Load, tmp_path: Path) -> None:
    with pytest.raises(NetworkError, match="There is no file"):
        load("--data npz:own.npz")
    (tmp_path / "own.npz").write_text("<html>")
    with pytest.raises(NetworkError, match="cannot be read: File is not a zip file"):
        load("--data npz:own.npz")


def test_functions_give_data_inputs_and_metrics(load: Load) -> None:
    assert len(labelled(load("--data ./net.py:data")).test_y) == 4
    net = load("--data ./net.py:of_one_class")  # a part of one's data often lacks some classes
    assert labelled(net).classes == 2
    assert explorer.evaluate(net.module, net).by.name == "accuracy"
    assert load("--data ./net.py:inputs").inputs
    net = load("--metric ./net.py:few_parameters --loss ./net.py:loss")
    assert net.loss
    assert net.loss.name == "loss"
    found = explorer.evaluate(net.module, net)
    assert (found.by.name, found.by.higher_is_better) == ("few parameters", False)
    assert found.value == sum(p.numel() for p in net.module.parameters())


class Named(TensorDataset):
    """Names its classes, as torchvision's data sets do."""

    def __init__(self, count: int, classes: Any = ("cat", "dog"), target_transform: Any = None) -> None:
        super().__init__(torch.rand(count, 3, 8, 8), torch.arange(count) % 2)
        self.classes, self.target_transform = classes, target_transform


@pytest.mark.parametrize(
    ("train", "test", "called"),
    [
        (Named(4), Named(2), ("cat", "dog")),
        (Named(4, [("tench", "Tinca tinca"), ("crane",)]), Named(2, ()), ("tench", "crane")),
        (*random_split(Named(8), [6, 2]), ("cat", "dog")),
        (DataLoader(Subset(Named(8), [1, 2, 3, 4]), 2), ConcatDataset([Named(2)]), ("cat", "dog")),
        (Named(4), Named(2, ("dog", "cat")), ()),
        (Named(4, target_transform=lambda label: 1 - label), Named(2, None), ()),
        (Named(4, 2), Named(2, {"cat": 0, "dog": 1}), ()),
        (Named(4)[:], Named(2), ("cat", "dog")),
    ],
)
def test_classes_are_called_as_the_data_sets_of_torch_call_them(
    train: Any, test: Any, called: tuple[str, ...]
) -> None:
    net = explorer.wrap(blocks(), torch.rand(1, 3, 8, 8), data=(train, test))
    facts = data_facts(net)
    assert facts
    assert labelled(net).names == facts.names == called
    assert {one.label for one in facts.samples} <= set(called or ("0", "1"))


def test_what_names_no_data_or_fails_is_told(load: Load) -> None:
    for flags, match in (
        (
            "--data pictures",
            "--data pictures names no data. Write imagefolder:…, torchvision:…, npz:…, package.module:function",
        ),
        ("--data npz:", "names nothing behind 'npz:'"),
        ("--data ./net.py:nothing", "has no 'nothing'"),
        ("--metric ./net.py:START", "has no 'START'"),
    ):
        with pytest.raises(NetworkError, match=match):
            load(flags)
    net = load("--metric ./net.py:broken")
    with pytest.raises(NetworkError, match="raised ValueError: no such file: labels.csv"):
        explorer.evaluate(net.module, net)


def test_many_pictures_stay_unread_until_they_are_asked_for() -> None:
    read: list[int] = []

    def row(place: int) -> Tensor:
        read.append(place)
        return torch.full((1,), float(place))

    rows = LazyRows(row, range(10_000))
    assert isinstance(rows[:5000], LazyRows)
    assert read == []
    assert rows[3:5].tolist() == [[3.0], [4.0]]
    assert rows[torch.tensor([7, 2])].tolist() == [[7.0], [2.0]]
    assert [len(batch) for batch in rows[:1030].split(512)] == [512, 512, 6]
    assert sum(len(part) for part in rows.tensor_split(8)) <= AT_ONCE


def test_a_look_at_the_data_reads_ten_examples_spread_over_the_classes() -> None:
    read: list[int] = []

    def row(place: int) -> Tensor:
        read.append(place)
        return torch.full((3, 8, 8), float(place))

    labels = torch.arange(10_000) // 2000  # sorted, as those of folders are
    rows: Any = LazyRows(row, range(10_000))
    net = explorer.wrap(blocks(), torch.rand(1, 3, 8, 8))
    facts = data_facts(replace(net, data=DataSet("many", rows, labels, rows, labels)))
    assert facts
    assert (facts.size, len(read)) == ("3×8×8", 10)
    assert [one.label for one in facts.samples] == [str(label) for label in (0, 0, 1, 1, 2, 2, 3, 3, 4, 4)]


def test_a_look_at_inputs_without_labels_shows_none() -> None:
    images = torch.rand(6, 3, 8, 8)
    facts = data_facts(explorer.wrap(blocks(), images[:1], data=images))
    assert facts
    assert (facts.name, facts.test, facts.train, facts.classes) == ("", 3, 3, 0)
    assert [one.label for one in facts.samples] == [""] * 3
    assert data_facts(explorer.wrap(blocks(), images[:1])) is None


@pytest.mark.parametrize(
    ("fit", "judged", "seen"), [(4, 64, 128), (100, 100, 128), (280, 200, 140), (1000, 200, 200)]
)
def test_on_many_images_a_slider_is_followed_by_as_many_as_leave_it_smooth(
    monkeypatch: pytest.MonkeyPatch, fit: int, judged: int, seen: int
) -> None:
    images, labels = torch.rand(200, 3, 8, 8), torch.arange(200) % 4
    net = explorer.wrap(blocks(), images[:1], data=((images, labels), (images, labels)))
    monkeypatch.setattr(judging, "LIVE", fit * total_macs(net.module, net.example_input))
    judge = judging.judge_of(net)
    assert judge
    assert judge.live
    found, every = judge.live.evaluate(net.module), judge.evaluate(net.module)
    assert (found.examples, every.examples) == (judged, 200)
    assert (judge.live.count, judge.live.seen, judge.count) == (judged, seen, 200)
    assert (found.interval.high - found.interval.low > every.interval.high - every.interval.low) == (
        judged < 200
    )


def test_data_that_is_drawn_is_the_same_each_time(load: Load) -> None:
    first, again = (load("--data ./net.py:data").data for _ in range(2))
    assert first
    assert again
    assert torch.equal(first.train_x, again.train_x)
