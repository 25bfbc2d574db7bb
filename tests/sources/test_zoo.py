"""The bundled networks are what their cards say, and names lead to networks."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import nn

import explorer
from explorer import sources
from explorer.measuring.evaluation import evaluate, recalibrate
from explorer.sources import bundled, fitting, train
from explorer.sources.digits import digits
from explorer.sources.mnist import mnist
from explorer.values import NetworkSpec, Weights
from explorer.values.errors import NetworkError, UnknownNameError
from tests.helpers.fingerprints import fingerprint
from tests.helpers.paths import ROOT
from tests.helpers.present import present

NAMES = list(bundled.NETWORKS)
PLAIN = [name for name in NAMES if not name.endswith(bundled.LASSO)]
TO_BE_PRUNED = [name for name in NAMES if name.endswith(bundled.LASSO)]
FADED = 1e-10  # below this a weight of theirs changes no answer


@pytest.fixture
def threads_kept() -> Iterator[None]:
    threads = torch.get_num_threads()
    yield
    torch.set_num_threads(threads)


@pytest.mark.parametrize("name", PLAIN)
def test_the_code_of_a_network_builds_it_where_the_explorer_is_not(name: str) -> None:
    code = bundled.code_of(NetworkSpec(name, Weights.TRAINED))
    (text,), there = code.files.values(), dict[str, Any]()
    exec(text, there)
    exec(code.build, there)
    assert str(there["net"]) == str(bundled.NETWORKS[name].build())


@pytest.mark.parametrize("name", NAMES)
def test_shipped_weights_do_what_the_card_says(name: str) -> None:
    net, card = sources.load(name), present(sources.card(name))
    result = evaluate(net.module, net.data)
    assert result.accuracy == card["accuracy"]
    assert result.loss == pytest.approx(card["loss"], rel=1e-3)
    assert sum(parameter.numel() for parameter in net.module.parameters()) == card["parameters"]


@pytest.mark.parametrize("name", NAMES)
def test_shipped_networks_are_good_and_small(name: str) -> None:
    least = 0.98 if name.startswith("mnist") else 0.95 if "vit" in name else 0.97
    assert float(present(sources.card(name))["accuracy"]) >= least
    assert bundled.weights_file(name).stat().st_size < 1_000_000


@pytest.mark.parametrize("name", NAMES)
def test_cards_tell_how_a_network_was_made(name: str) -> None:
    card = present(sources.card(name))
    assert card["name"] == name
    assert card["description"] == bundled.NETWORKS[name].description
    assert {"seed", "epochs", "optimizer", "data", "split", "training", "torch"} <= card.keys()


@pytest.mark.parametrize("name", NAMES)
def test_networks_come_in_eval_mode_with_input_and_data(name: str) -> None:
    net = sources.load(name)
    assert not any(layer.training for layer in net.module.modules())
    assert net.spec == NetworkSpec(name, Weights.TRAINED)
    assert net.data is (mnist() if name.startswith("mnist") else digits())
    assert net.module(net.example_input).shape == (1, 10)


def test_every_load_is_a_copy_of_its_own() -> None:
    first, second = sources.load("digits-cnn"), sources.load("digits-cnn")
    nn.init.zeros_(first.module.get_parameter("head.weight"))
    assert second.module.get_parameter("head.weight").any()


def layer(name: str, path: str) -> Any:
    """A layer of a network, whose attributes torch does not type."""
    return sources.load(name).module.get_submodule(path)


def test_each_network_holds_the_coupling_it_is_there_for() -> None:
    assert layer("digits-cnn", "fc").in_features == 4 * layer("digits-cnn", "block4.conv").out_channels
    assert layer("digits-resnet", "stage2.block0").downsample is not None
    assert layer("digits-resnet", "stage2.block1").downsample is None
    dense = layer("digits-densenet", "dense2")
    growth = dense.layer0.conv.out_channels
    assert dense.layer2.conv.in_channels == dense.layer0.conv.in_channels + 2 * growth
    depthwise = layer("digits-mobilenet", "stage2.block1.depthwise.conv")
    assert depthwise.groups == depthwise.in_channels == depthwise.out_channels
    assert layer("digits-vit", "blocks.block0.attention").num_heads == 4


def magnitudes(name: str) -> torch.Tensor:
    """Of every value that is stored: weights, biases and what BatchNorm recorded."""
    stored = sources.load(name).module.state_dict().values()
    return torch.cat([tensor.flatten() for tensor in stored if tensor.is_floating_point()]).abs()


@pytest.mark.parametrize("name", NAMES)
def test_no_shipped_value_is_subnormal(name: str) -> None:
    found = magnitudes(name)
    assert not bool(((found > 0) & (found < torch.finfo(found.dtype).tiny)).any())


@pytest.mark.parametrize("name", PLAIN)
def test_training_as_most_people_do_leaves_no_weights_that_faded(name: str) -> None:
    faded, to_be_pruned = float((magnitudes(name) < FADED).float().mean()), name + bundled.LASSO
    assert faded < 0.005  # biases start at zero, and some stay there
    if to_be_pruned in NAMES:
        assert float((magnitudes(to_be_pruned) < FADED).float().mean()) > 10 * faded


def test_each_digits_network_comes_in_both_trainings_with_one_shape() -> None:
    assert [f"{name}{bundled.LASSO}" for name in PLAIN if name.startswith("digits")] == TO_BE_PRUNED
    for name in TO_BE_PRUNED:
        twin = sources.load(name.removesuffix(bundled.LASSO)).module
        assert repr(twin) == repr(sources.load(name).module)
        assert "group lasso" in str(present(sources.card(name))["training"])


def test_subnormal_values_are_flushed_and_no_others() -> None:
    layer, tiny = nn.Linear(4, 1, bias=False), torch.finfo(torch.float32).tiny
    layer.weight.data = torch.tensor([[tiny / 2, -tiny / 4, tiny, -1.0]])
    fitting.flush(layer)
    assert layer.weight.tolist() == [[0.0, 0.0, tiny, -1.0]]


@pytest.mark.large
@pytest.mark.parametrize("name", TO_BE_PRUNED)
def test_networks_trained_to_be_pruned_do_without_a_third_of_their_channels(name: str) -> None:
    net = sources.load(name)
    planner = explorer.planner(net, "depgraph", scope="global")
    pruned = planner.apply(planner.plan(ratio=0.3))
    recalibrate(pruned, net.data)
    assert evaluate(pruned, net.data).accuracy >= float(present(sources.card(name))["accuracy"]) - 0.02


@pytest.mark.large
@pytest.mark.parametrize("name", ["digits-cnn", "digits-resnet", "digits-densenet", "digits-mobilenet"])
def test_batchnorm_statistics_are_those_of_the_train_split(name: str) -> None:
    net = sources.load(name)
    shipped = evaluate(net.module, net.data).accuracy
    recalibrate(net.module, net.data)
    assert evaluate(net.module, net.data).accuracy == pytest.approx(shipped, abs=0.01)


@pytest.mark.large
def test_one_seed_gives_the_same_bits_in_any_process() -> None:
    names = ["digits-vit", "mobilenet_v2"]
    code = (
        "import torch; torch.set_num_threads(1); torch.rand(3)\n"
        "from explorer import sources\n"
        "from tests.helpers.fingerprints import fingerprint\n"
        f"for name in {names}: print(fingerprint(sources.load(name, 'random', seed=7).module))"
    )
    other = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert [
        fingerprint(sources.load(name, "random", seed=7).module) for name in names
    ] == other.stdout.split()


def test_another_seed_gives_other_weights() -> None:
    one, two = (fingerprint(sources.load("digits-cnn", "random", seed).module) for seed in (1, 2))
    assert one != two


def test_loading_leaves_the_callers_random_numbers_alone() -> None:
    torch.manual_seed(1)
    undisturbed = torch.rand(4)
    torch.manual_seed(1)
    sources.load("digits-cnn", "random", seed=5)
    assert torch.equal(torch.rand(4), undisturbed)


def test_a_spec_rebuilds_the_same_network() -> None:
    net = sources.load("digits-mobilenet", "random", seed=3)
    assert net.spec == NetworkSpec("digits-mobilenet", Weights.RANDOM, 3)
    assert fingerprint(sources.load_spec(net.spec).module) == fingerprint(net.module)


def test_an_unknown_name_is_answered_with_close_ones() -> None:
    with pytest.raises(UnknownNameError, match=r"Unknown network 'nope'\. Known networks: .*digits-cnn"):
        sources.load("nope")
    with pytest.raises(UnknownNameError, match=r"Unknown network 'resnet-18'\. Known networks: resnet18"):
        sources.load("resnet-18")
    with pytest.raises(UnknownNameError, match="Known networks: digits-resnet"):
        sources.load_spec(NetworkSpec("digit-resnet", Weights.TRAINED))


def test_weights_that_a_network_does_not_offer_are_refused() -> None:
    with pytest.raises(
        UnknownNameError, match=r"'digits-cnn' has no weights 'pretrained'\. Choose 'trained' or"
    ):
        sources.load("digits-cnn", "pretrained")
    with pytest.raises(
        UnknownNameError, match=r"'resnet18' has no weights 'trained'\. Choose 'pretrained' or"
    ):
        sources.load_spec(NetworkSpec("resnet18", Weights.TRAINED))


@pytest.mark.parametrize("seed", [-1, 2**63, 1.5, "x"])
def test_a_seed_out_of_range_is_refused(seed: Any) -> None:
    with pytest.raises(NetworkError, match=r"whole number in \[0, 2\*\*63\)"):
        sources.load("digits-cnn", "random", seed)


def test_damaged_shipped_weights_are_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bundled, "FOLDER", tmp_path)
    with pytest.raises(NetworkError, match=r"'digits-cnn' cannot be loaded: No such file.*Make them anew"):
        sources.load("digits-cnn")
    bundled.weights_file("digits-cnn").write_bytes(b"not weights at all")
    with pytest.raises(NetworkError, match="'digits-cnn' cannot be loaded"):
        sources.load("digits-cnn")


def test_the_catalog_lists_the_bundled_first_and_each_name_once() -> None:
    names = [entry.name for entry in sources.catalog()]
    assert names[: len(NAMES)] == NAMES
    assert len(names) == len(set(names))
    assert {"resnet18", "mobilenet_v2", "vgg11_bn", "squeezenet1_0", "swin_t"} <= set(names)


@pytest.mark.large
def test_one_epoch_of_training_lowers_the_loss(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, threads_kept: None
) -> None:
    train.main(["digits-resnet", "--epochs", "1", "--folder", str(tmp_path)])
    untrained = sources.load("digits-resnet", "random")
    monkeypatch.setattr(bundled, "FOLDER", tmp_path)
    trained, card = sources.load("digits-resnet"), present(sources.card("digits-resnet"))
    result = evaluate(trained.module, trained.data)
    assert result.loss < evaluate(untrained.module, untrained.data).loss
    assert result.accuracy == float(card["accuracy"]) > 0.5
    assert card["epochs"] == 1


@pytest.mark.large
def test_training_again_gives_the_same_network(threads_kept: None) -> None:
    torch.set_num_threads(1)
    first, second = (fingerprint(fitting.train("digits-cnn", epochs=1)) for _ in range(2))
    assert first == second


def test_training_an_unknown_network_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="2"):
        train.main(["nope"])
    assert "unknown network 'nope'; known: mnist-resnet, mnist-vgg, digits-cnn" in capsys.readouterr().err


@pytest.mark.parametrize(
    "arguments, message", [(["--epochs", "0"], "at least 1, got 0"), (["--epochs", "x"], "x")]
)
def test_training_for_no_epochs_is_refused(
    arguments: list[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit, match="2"):
        train.main(arguments)
    assert message in capsys.readouterr().err
