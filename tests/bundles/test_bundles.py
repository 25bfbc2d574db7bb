"""A bundle is rebuilt without running what lies in it, goes on being trained, and names what failed its check."""

from __future__ import annotations

import copy
import json
import warnings
from collections.abc import Generator
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from unittest.mock import patch
from zipfile import ZipFile

import pytest
import torch
from safetensors.torch import load as load_tensors
from safetensors.torch import save as save_tensors
from torch import Tensor, nn

import explorer
from explorer.anatomy.network import Network
from explorer.anatomy.rebuild import save, unpacked
from explorer.bundles.checking import Elsewhere, answers_same
from explorer.bundles.compressed import compressed
from explorer.bundles.dense import dense_of
from explorer.bundles.making import AS_PRUNED, bundle_in_steps
from explorer.bundles.taking import code_of, take_away
from explorer.exports.bundle import write_folder
from explorer.measuring.exporters import ExportedFile
from explorer.process.steps import finished
from explorer.studies.recover import fine_tuned
from explorer.values import FineTune, ProfileRequest, Progress
from explorer.values.errors import ExportError, NetworkError, PruningError
from explorer.values.page import Page, Price
from tests.helpers.bundles import nothing_checked, unchecked

EXPORTED = "explorer.bundles.making.exported"


class Tied(nn.Module):
    """Two layers with one weight, and a batch norm."""

    def __init__(self) -> None:
        super().__init__()
        self.first = nn.Conv2d(3, 8, 3)
        self.norm = nn.BatchNorm2d(8)
        self.body = nn.Conv2d(8, 16, 3)
        self.one, self.other = nn.Linear(16, 4), nn.Linear(16, 4)
        self.other.weight = self.one.weight

    def forward(self, x: Tensor) -> Tensor:
        x = self.body(self.norm(self.first(x)).relu()).relu().mean((2, 3))
        return self.one(x) + self.other(x)


def folder_of(tmp_path: Path, name: str = "digits-cnn", ratio: float = 0.5) -> tuple[Path, nn.Module]:
    """A bundle on disk, and the network in it."""
    planner = explorer.planner(explorer.load(name))
    plan = planner.plan(ratio)
    pruned = planner.sketch(plan)
    return write_folder(unchecked(planner, plan, pruned), tmp_path / "net.pruned"), pruned


@pytest.mark.large
def test_a_bundle_is_checked_where_the_explorer_is_not_and_rebuilt_by_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(EXPORTED, lambda *_: ExportedFile(b"onnx"))  # held by tests of its own
    net = explorer.load("digits-vit")
    planner = explorer.planner(net)
    plan = planner.plan(0.5)
    with warnings.catch_warnings():
        warnings.simplefilter("error", UserWarning)  # says which file failed its check, and why
        folder = explorer.save_bundle(planner, plan, tmp_path / "vit.pruned")
    assert {path.name for path in folder.iterdir()} == {
        *("model.safetensors", "structure.json", "plan.json", "environment.json", "dense.safetensors"),
        *("load.py", "prune.py", "digits_vit.py", "model.onnx", "model.pt2", "report.html", "README.md"),
    }
    report = (folder / "report.html").read_text()
    assert f"<td>{plan.macs_before:,}</td><td>{plan.macs:,}</td>" in report
    assert "The library left what the plan said, to the last value." in report
    assert 'class="widths"' in report
    assert "--model digits-vit --weights trained --backend depgraph --ratio 0.5</code>" in report
    rebuilt = explorer.load_bundle(folder)
    assert answers_same(rebuilt, planner.apply(plan), net.example_input)
    assert not rebuilt.training


def test_a_network_that_was_trained_on_and_saved_again_is_rebuilt_as_it_then_was(tmp_path: Path) -> None:
    folder, pruned = folder_of(tmp_path)
    net = explorer.load("digits-cnn")
    rebuilt = explorer.load_bundle(folder)
    assert answers_same(rebuilt, pruned, net.example_input)
    assert net.data is not None
    list(explorer.fine_tune(rebuilt, net.data, epochs=1, learning_rate=0.002))
    assert not answers_same(rebuilt, pruned, net.example_input)
    save(rebuilt, folder)
    assert answers_same(explorer.load_bundle(folder), rebuilt.eval(), net.example_input)


def test_a_network_of_ones_own_is_handed_over_and_keeps_what_it_shares(tmp_path: Path) -> None:
    net = explorer.wrap(Tied(), torch.randn(1, 3, 12, 12), name="tied")
    planner = explorer.planner(net)
    plan = planner.plan(0.5)
    with nothing_checked():
        folder = explorer.save_bundle(planner, plan, tmp_path / "tied.pruned")
    with pytest.raises(NetworkError, match="a network 'tied' of a class that the explorer does not know"):
        explorer.load_bundle(folder)
    rebuilt = explorer.load_bundle(folder, dense=Tied())
    assert answers_same(rebuilt, planner.sketch(plan), net.example_input)
    assert isinstance(rebuilt, Tied)
    assert rebuilt.one.weight is rebuilt.other.weight
    assert "Return your own network here" in (folder / "prune.py").read_text()


def test_a_network_that_was_changed_since_it_was_loaded_takes_its_weights_along() -> None:
    net = explorer.load("digits-cnn", weights="random", seed=4)
    planner = explorer.planner(net, "native")
    plan = planner.plan(0.5)
    by_seed = unchecked(planner, plan, planner.sketch(plan))
    assert "dense.safetensors" not in by_seed
    assert b"torch.manual_seed(4)" in by_seed["prune.py"]
    other = copy.deepcopy(net.module)
    nn.init.zeros_(other.get_parameter("head.bias"))
    mine = explorer.wrap(other, net.example_input, name="digits-cnn")
    planner = explorer.planner(mine, "native")
    assert "dense.safetensors" in unchecked(planner, planner.plan(0.5), planner.sketch(planner.plan(0.5)))


def test_a_dense_network_of_another_class_is_refused(tmp_path: Path) -> None:
    folder, _ = folder_of(tmp_path)
    with pytest.raises(
        NetworkError, match="the folder belongs to another class. Hand over the network that was pruned"
    ):
        explorer.load_bundle(folder, dense=Tied())


@pytest.mark.parametrize("attribute", ["forward", "_parameters", "__class__", "training_hook"])
def test_a_folder_sets_numbers_that_are_there_and_nothing_else(tmp_path: Path, attribute: str) -> None:
    folder, _ = folder_of(tmp_path)
    file = folder / "structure.json"
    told = json.loads(file.read_text())
    told["modules"]["head"] = {attribute: 3}
    file.write_text(json.dumps(told))
    with pytest.raises(NetworkError, match=f"has no number '{attribute}' in 'head'"):
        explorer.load_bundle(folder)


def test_a_folder_that_holds_something_else_is_refused(tmp_path: Path) -> None:
    with pytest.raises(NetworkError, match="holds no pruned network that can be read"):
        explorer.load_bundle(tmp_path)


def test_a_script_that_fails_its_check_is_named_and_the_rest_is_written(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    planner = explorer.planner(explorer.load("digits-cnn"), "native")
    plan = planner.plan(0.5)
    dense = {name: tensor.clone() for name, tensor in planner.net.module.state_dict().items()}
    pruned = planner.sketch(plan)
    monkeypatch.setattr(Elsewhere, "loaded", lambda *_: pruned.state_dict())
    monkeypatch.setattr(Elsewhere, "pruned", lambda *_: dense)
    monkeypatch.setattr(EXPORTED, lambda *_: ExportedFile(b"onnx", "It takes one input."))
    monkeypatch.setattr("explorer.bundles.making.exported_program", lambda *_: ExportedFile(b"program"))
    monkeypatch.setattr("explorer.bundles.making.reported", lambda *_: b"measured")
    made = explorer.bundle(planner, plan)
    assert made.notes[0] == "model.onnx: It takes one input."
    (failed,) = made.failed
    assert failed.name == "prune.py"
    assert failed.reason == "prune.py gives 'block1.conv.weight' other values than the pruned network has."
    assert "load.py" in made
    assert "prune.py" not in made
    with pytest.warns(UserWarning, match=r"'prune.py' is not in .*net.pruned': prune.py gives"):
        explorer.save_bundle(planner, plan, tmp_path / "net.pruned")


def test_a_failed_export_is_named_and_the_rest_is_written() -> None:
    failure = NetworkError("Torch's exporter cannot export this network: it loops.")
    planner = explorer.planner(explorer.load("digits-cnn"), "native")
    with nothing_checked(), patch(EXPORTED, side_effect=failure):
        made = explorer.bundle(planner, planner.plan(0.5))
    assert [(one.name, one.reason) for one in made.failed] == [
        ("model.onnx", "Torch's exporter cannot export this network: it loops.")
    ]
    assert {"load.py", "prune.py", "model.safetensors"} <= dict(made.files).keys()


def test_a_script_that_breaks_off_is_told_by_its_last_words() -> None:
    with pytest.raises(ExportError, match=r"prune.py failed: ValueError: no such thing"):
        Elsewhere().pruned({"prune.py": b"raise ValueError('no such thing')"})


def test_a_program_that_cannot_be_had_is_named_and_the_rest_is_written() -> None:
    planner = explorer.planner(explorer.load("digits-cnn"), "native")
    failure = NetworkError("torch.export cannot export this network: it loops.")
    with nothing_checked(), patch("explorer.bundles.making.exported_program", side_effect=failure):
        made = explorer.bundle(planner, planner.plan(0.5))
    assert [(one.name, one.reason) for one in made.failed] == [("model.pt2", str(failure))]
    assert "model.onnx" in made


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64, torch.float16, torch.int64])
def test_zeros_are_left_out_of_the_compressed_file_and_come_back(dtype: torch.dtype) -> None:
    dense = torch.arange(1, 91).to(dtype)
    held = {
        "dense": dense,
        "odd": dense.reshape(9, 10).clone(),
        "scalar": torch.tensor(3),
        "none": torch.empty(0),
    }
    held["odd"][1:, 1:] = 0
    held["zero"] = torch.zeros(4, 5, 6, dtype=dtype)
    file = compressed(save_tensors(held))
    assert len(file) < len(save_tensors(held))
    packed = load_tensors(file)
    assert (packed["odd:values"].numel(), packed["odd:bits"].numel()) == (
        9 + 10 - 1,
        12,
    )  # 90 bits in 12 bytes
    assert "dense" in packed
    again = unpacked(packed)
    assert {name: one.tolist() for name, one in again.items()} == {
        name: one.tolist() for name, one in held.items()
    }
    assert again["odd"].dtype == dtype
    with pytest.raises(ExportError, match="It would be no smaller"):
        compressed(save_tensors({"dense": dense}))


def test_a_masked_network_is_rebuilt_of_the_compressed_file_where_that_alone_is_left(tmp_path: Path) -> None:
    planner = explorer.planner(explorer.load("digits-cnn"), "native")
    plan = planner.plan(0.8)
    folder = write_folder(unchecked(planner, plan, planner.sketch(plan)), tmp_path / "net.pruned")
    sizes = [(folder / f"model.{kind}safetensors").stat().st_size for kind in ("", "compressed.")]
    assert sizes[1] < 0.35 * sizes[0]  # a fifth of the values, and a bit for each
    (folder / "model.safetensors").unlink()
    assert answers_same(explorer.load_bundle(folder), planner.sketch(plan), planner.net.example_input)


def test_another_planners_plan_is_refused() -> None:
    plan = explorer.planner(explorer.load("digits-cnn"), "native").plan(0.5)
    with pytest.raises(PruningError, match="This plan was made by another planner"):
        explorer.bundle(explorer.planner(explorer.load("digits-cnn"), "native", criterion="random"), plan)


def test_corrections_stand_in_a_script_where_the_network_needs_them() -> None:
    for name, needed in {"digits-vit": True, "digits-resnet": False}.items():
        planner = explorer.planner(explorer.load(name))
        plan = planner.plan(0.5)
        assert (b"SortedLayerNorm" in unchecked(planner, plan, planner.sketch(plan))["prune.py"]) is needed


def test_a_page_takes_away_what_was_trained_on(tmp_path: Path) -> None:
    net = explorer.load("digits-cnn")
    planner, settings = explorer.planner(net, "native"), FineTune(1, 0.002)
    path = tmp_path / "one.zip"
    page = Page(price=Price(1.5, "EUR"), why=True)
    with nothing_checked(), patch("explorer.bundles.making.reported", return_value=b"measured") as told:
        taken = finished(take_away(planner, 0.5, settings, str(path), page))
    assert told.call_args.args[-1] == page
    assert any("report.html has no verdicts: Verdicts come of a profile" in note for note in taken.notes)
    assert AS_PRUNED not in taken.notes
    assert (taken.name, taken.failed, taken.bytes) == ("digits-cnn.pruned.zip", (), path.stat().st_size)
    with ZipFile(path) as held:
        held.extractall(tmp_path)
    plan = planner.plan(0.5)
    (trained, _) = finished(fine_tuned(planner.apply(plan), net, settings))
    assert answers_same(
        explorer.load_bundle(tmp_path / "digits-cnn.pruned"), trained.eval(), net.example_input
    )
    assert list(tmp_path.glob(".*")) == []


def test_a_folder_is_profiled_for_verdicts_where_they_are_asked_for() -> None:
    planner = explorer.planner(explorer.load("digits-cnn"), round_to=4)
    seen: list[ProfileRequest] = []

    def measured(net: Network, request: ProfileRequest) -> Generator[Progress, None, Any]:
        seen.append(request)
        yield Progress(0.5, "Timing")
        return SimpleNamespace(verdicts=("why",))

    with (
        nothing_checked(),
        patch("explorer.bundles.page.profile", measured),
        patch("explorer.bundles.making.reported", return_value=b"measured") as told,
    ):
        made = finished(bundle_in_steps(planner, planner.plan(0.5), None, Page(why=True)))
    assert AS_PRUNED in made.notes
    assert (seen[0].options, seen[0].ratio) == (planner.options, 0.5)
    assert told.call_args.args[-1].verdicts == ("why",)


@pytest.mark.parametrize("modifier", ["OBS", "Movement"])  # takes gradients in one shot; trains
def test_code_that_trains_says_where_data_of_ones_own_belongs(modifier: str) -> None:
    x, y = torch.randn(8, 3, 5, 5), torch.arange(8) % 4
    module = nn.Sequential(nn.Conv2d(3, 8, 3), nn.ReLU(), nn.Flatten(), nn.Linear(72, 4))
    mine = explorer.wrap(module, x[:1], data=((x, y), (x, y)))
    for net, own in ((mine, True), (explorer.load("digits-cnn"), False)):
        planner = explorer.planner(net, "sparseml", modifier=modifier)
        code = code_of(dense_of(net), planner, planner.plan())
        compile(code, "prune.py", "exec")
        assert ("load_digits" in code) is not own
        assert ("TRAIN_X holds inputs as floats of shape [N, 3, 5, 5]" in code) is own


def test_the_code_of_a_page_is_the_script_of_the_folder() -> None:
    planner = explorer.planner(explorer.load("digits-cnn"), round_to=4)
    plan = planner.plan(0.5)
    code = code_of(dense_of(planner.net), planner, plan)
    assert code.encode() == unchecked(planner, plan, planner.sketch(plan))["prune.py"]
