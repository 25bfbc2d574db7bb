"""What pruning does to answers is a recount in plain torch, and the network stays as it was."""

from __future__ import annotations

from base64 import b64decode
from dataclasses import replace
from io import BytesIO

import numpy as np
import pytest
import torch
from PIL import Image
from scipy.stats import binomtest
from torch import nn

import explorer
from explorer.anatomy.data import DataSet
from explorer.measuring.evaluation import evaluate, recalibrate
from explorer.process.steps import finished
from explorer.studies import behaviour
from explorer.studies.behaviour import Behaving, picture_of
from explorer.ui.parts.pixels import photo
from explorer.values.behaviour import Behaviour, Picture
from explorer.values.errors import PruningError
from tests.helpers.fingerprints import fingerprint
from tests.helpers.planning import bench_of, planner_of
from tests.helpers.present import present


def recount(module: nn.Module, data: DataSet) -> tuple[list[int], list[float]]:
    """Top class of every test image, and its probability."""
    with torch.no_grad():
        powers = module.eval()(data.test_x).exp()
    shares = powers / powers.sum(dim=1, keepdim=True)
    return shares.argmax(dim=1).tolist(), shares.amax(dim=1).tolist()


@pytest.mark.parametrize("recalibrated", [False, True])
def test_flips_and_counts_are_those_of_a_recount_in_plain_torch(recalibrated: bool) -> None:
    net, planner = bench_of("digits-cnn").net, planner_of("digits-cnn")
    data, before = present(net.data), fingerprint(net.module)
    sketch, twin = (planner.sketch(planner.plan(0.15)) for _ in range(2))
    found = compared(Behaving(net), sketch, recalibrated)
    if recalibrated:
        recalibrate(twin, data.sample(250, 450))
    labels = data.test_y.tolist()
    (dense, sure), (pruned, unsure) = recount(net.module, data), recount(twin, data)
    flips = [place for place in range(450) if dense[place] != pruned[place]]
    was_right = [place for place in flips if dense[place] == labels[place]]
    assert 0 < len(was_right) < len(flips)
    ordered = was_right + [place for place in flips if place not in was_right]
    if len(ordered) > behaviour.SHOWN:
        ordered = [ordered[shown * len(ordered) // behaviour.SHOWN] for shown in range(behaviour.SHOWN)]
    assert [flip.place for flip in found.flips] == ordered
    for flip in found.flips:
        assert (flip.label, flip.dense.top, flip.pruned.top) == (
            labels[flip.place],
            dense[flip.place],
            pruned[flip.place],
        )
        assert flip.dense.confidence == pytest.approx(sure[flip.place], abs=1e-5)
        assert flip.pruned.confidence == pytest.approx(unsure[flip.place], abs=1e-5)
    assert found.count(flipped=True) == len(flips)
    assert found.confusion(True)[3, 3] == sum(a == b == 3 for a, b in zip(labels, pruned, strict=True))
    assert sum(found.confusion(False).values()) == found.images == found.all_images == 450
    assert found.seen == (250 if recalibrated else 0)
    assert fingerprint(net.module) == before


def of(name: str, ratio: float, recalibrated: bool = False) -> tuple[Behaviour, nn.Module]:
    """What pruning at a ratio does, and the pruned copy."""
    planner = planner_of(name)
    sketch = planner.sketch(planner.plan(ratio))
    return compared(Behaving(bench_of(name).net), sketch, recalibrated), sketch


def compared(behaving: Behaving, module: nn.Module, recalibrated: bool) -> Behaviour:
    return behaving.compare(behaving.ready(module, recalibrated))


def test_accuracies_by_class_sum_up_to_the_accuracy_with_wilsons_intervals() -> None:
    found, sketch = of("digits-cnn", 0.5)
    net = bench_of("digits-cnn").net
    assert [one.label for one in found.classes] == list(range(10))
    assert sum(one.images for one in found.classes) == 450
    for is_pruned, module in ((False, net.module), (True, sketch)):
        shares = [(one.pruned if is_pruned else one.dense, one.images) for one in found.classes]
        correct = sum(round(share.value * images) for share, images in shares)
        assert correct / 450 == evaluate(module, net.data).accuracy
        for share, images in shares:
            oracle = binomtest(round(share.value * images), images).proportion_ci(method="wilson")
            assert (share.low, share.high) == pytest.approx((oracle.low, oracle.high), abs=1e-4)


def test_a_class_is_called_by_its_name_or_its_number() -> None:
    none = Behaviour((), (), 1, 0)
    assert none.name(2) == "2"
    named = replace(none, names=("crane", "", "cat", "crane"))
    assert [named.name(label) for label in range(5)] == ["crane (0)", "1", "cat", "crane (3)", "4"]


def test_names_of_classes_go_from_the_data_to_what_is_found() -> None:
    torch.manual_seed(0)
    x, names = torch.randn(80, 16), ("a", "b", "c")
    module = nn.Sequential(nn.Linear(16, 64), nn.ReLU(), nn.Linear(64, 3))
    data = DataSet("mine", x, module(x).argmax(dim=1), x, module(x).argmax(dim=1), names=names)
    net = explorer.wrap(module, x[:1], data=data, metric=lambda one: 1.0)
    planner = explorer.planner(net, "native")
    assert compared(Behaving(net), planner.sketch(planner.plan(0.9)), recalibrated=False).names == names


def test_correct_and_wrong_before_and_after_make_up_all_images() -> None:
    found, _ = of("digits-cnn", 0.5)
    both = [found.count(was, now) for was in (True, False) for now in (True, False)]
    assert sum(both) == 450
    assert found.count(True, False) + found.count(False, True) <= found.count(flipped=True)
    assert found.count(True, True, flipped=True) == 0


def test_the_run_on_all_images_counts_each_of_them() -> None:
    net, planner = bench_of("mnist-resnet").net, planner_of("mnist-resnet")
    behaving = Behaving(net)
    copy = behaving.ready(planner.sketch(planner.plan(0.3)), recalibrated=True)
    sample, told = behaving.compare(copy), list(behaving.compare_all(copy))
    found = finished(behaving.compare_all(copy))
    assert (sample.images, found.images, found.all_images) == (int(1.7e9 / 5_537_984), 1000, 1000)
    assert found.count(is_correct=True) / 1000 == evaluate(copy.module, net.data).accuracy
    assert [step.fraction for step in told][-1] == 1
    assert told[0].text == "Running the dense network on 128 of 1,000 test images"


def test_without_batchnorm_nothing_is_recalibrated() -> None:
    assert of("digits-vit", 0.3, recalibrated=True)[0].seen == 0


def test_random_weights_are_refused() -> None:
    with pytest.raises(PruningError, match="digits-cnn.* takes trained weights and labelled images"):
        Behaving(explorer.load("digits-cnn", "random"))


@pytest.mark.parametrize("channels", [1, 3])
def test_a_picture_shows_the_inputs_own_pixels(channels: int) -> None:
    pixels = np.arange(channels * 4 * 6, dtype=np.uint8).reshape(channels, 4, 6)
    picture = present(picture_of(torch.from_numpy(pixels / 255.0), 0.0, 1.0))
    source = photo(picture, 60, "six by four").partition("base64,")[2].partition('"')[0]
    with Image.open(BytesIO(b64decode(source))) as image:
        shown = np.asarray(image)
    assert np.array_equal(shown if channels == 3 else shown[..., None], pixels.transpose(1, 2, 0))
    assert 'width="60" height="40"' in photo(picture, 60, "six by four")


def test_large_images_are_shown_smaller_and_other_inputs_not_at_all() -> None:
    assert picture_of(torch.zeros(3, 128, 256), 0.0, 1.0) == Picture(64, 32, bytes(3 * 64 * 32))
    assert picture_of(torch.zeros(2, 8, 8), 0.0, 1.0) is None
    assert picture_of(torch.zeros(16), 0.0, 1.0) is None


def test_own_labelled_inputs_that_are_no_images_flip_without_a_picture() -> None:
    torch.manual_seed(0)
    module, x = nn.Sequential(nn.Linear(16, 64), nn.ReLU(), nn.Linear(64, 3)), torch.randn(80, 16)
    y = module(x).argmax(dim=1)
    net = explorer.wrap(module, x[:1], data=((x, y), (x, y)), metric=lambda one: 1.0)
    planner = explorer.planner(net, "native")
    found = compared(Behaving(net), planner.sketch(planner.plan(0.9)), recalibrated=True)
    assert (found.images, found.seen) == (80, 0)
    assert found.count(was_correct=True) == 80
    assert 0 < found.count(True, False) == len(found.flips)
    assert {flip.picture for flip in found.flips} == {None}
