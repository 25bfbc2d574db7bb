"""torchvision's classifiers, and downloads against a server that misbehaves in every way."""

from __future__ import annotations

import hashlib
import io
import os
import pickle
from collections.abc import Iterator
from pathlib import Path

import pytest
import torch

from explorer import sources
from explorer.sources import download, vision
from explorer.values import NetworkSpec, Weights
from explorer.values.errors import CancelledError, DownloadError
from tests.helpers.serving import Server, serving


@pytest.fixture
def server() -> Iterator[Server]:
    with serving() as started:
        yield started


@pytest.fixture(autouse=True)
def checkpoints(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty cache of torch's, instead of the person's own."""
    monkeypatch.setenv("TORCH_HOME", str(tmp_path))
    return tmp_path / "hub" / "checkpoints"


def saved(content: object) -> bytes:
    buffer = io.BytesIO()
    torch.save(content, buffer)
    return buffer.getvalue()


def test_a_download_tells_its_progress_and_is_kept(server: Server, checkpoints: Path) -> None:
    url = server.put(bytes(3 * download.CHUNK))
    fractions: list[float] = []
    file = download.weights_file("net", url, fractions.append)
    assert fractions == sorted(fractions)
    assert 0 < fractions[0] < fractions[-1] == 1
    assert file.parent == checkpoints
    assert download.weights_file("net", url) == file
    assert server.requests == 1


def test_a_failing_server_is_told_with_the_way_out(server: Server, checkpoints: Path) -> None:
    message = (
        r"^Weights of 'resnet18' could not be downloaded from 127\.0\.0\.1: HTTP Error 503: Service Unavailable\. "
        r"Check the connection, or choose random weights\.$"
    )
    with pytest.raises(DownloadError, match=message):
        download.weights_file("resnet18", server.url("broken.pth"))
    assert not list(checkpoints.iterdir())


def test_a_host_that_refuses_is_told(server: Server) -> None:
    url = server.url("weights.pth")
    server.shutdown()
    server.server_close()
    with pytest.raises(DownloadError, match=r"from 127\.0\.0\.1: .*refused\. Check the connection"):
        download.weights_file("net", url)


def test_a_truncated_file_is_not_kept(server: Server, checkpoints: Path) -> None:
    with pytest.raises(DownloadError, match=r"after 4 of 8 bytes|4 bytes read, 4 more expected"):
        download.weights_file("net", server.url("truncated.pth"))
    assert not list(checkpoints.iterdir())


def test_a_file_with_a_wrong_hash_is_not_kept(server: Server, checkpoints: Path) -> None:
    found = hashlib.sha256(b"other").hexdigest()[:8]
    with pytest.raises(DownloadError, match=f"SHA-256 starts with {found}, not with 00000000"):
        download.weights_file("net", server.put(b"other", digest="0" * 8))
    assert not list(checkpoints.iterdir())


def test_a_silent_server_is_given_up(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(download, "TIMEOUT", 0.1)
    with pytest.raises(DownloadError, match="timed out"):
        download.weights_file("net", server.url("silent.pth"))


def test_a_damaged_file_in_the_cache_is_fetched_anew(server: Server) -> None:
    url = server.put(b"whole")
    file = download.weights_file("net", url)
    file.write_bytes(b"who")
    assert download.weights_file("net", url).read_bytes() == b"whole"
    assert server.requests == 2


def test_a_cancelled_download_leaves_nothing_behind(server: Server, checkpoints: Path) -> None:
    def cancel(fraction: float) -> None:
        raise CancelledError(f"stopped at {fraction:.0%}")

    with pytest.raises(CancelledError, match="stopped at"):
        download.weights_file("net", server.put(bytes(100)), cancel)
    assert not list(checkpoints.iterdir())


class Intruder:
    """Would run code if anything unpickled it trustingly."""

    def __reduce__(self) -> tuple[object, tuple[str]]:
        return os.mkdir, ("intruder-was-here",)


@pytest.mark.parametrize(
    "content", [pickle.dumps(Intruder(), protocol=2), saved({"w": Intruder()}), b"nonsense", b""]
)
def test_a_file_that_is_not_tensors_is_refused_and_not_run(
    content: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    file = tmp_path / "weights.pth"
    file.write_bytes(content)
    with pytest.raises(
        DownloadError, match=r"Weights of 'net' in .*weights\.pth cannot be read: the file is damaged"
    ):
        download.read_weights("net", file)
    assert not Path("intruder-was-here").exists()


def test_pretrained_weights_end_up_in_the_network(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    trained = sources.load("squeezenet1_1", seed=11).module.state_dict()
    monkeypatch.setattr(vision._weights("squeezenet1_1").value, "url", server.put(saved(trained)))
    spec = NetworkSpec("squeezenet1_1", Weights.PRETRAINED)
    assert sources.needs_download(spec)
    net = sources.load("squeezenet1_1", "pretrained")
    assert net.spec == spec
    assert not net.module.training
    assert not sources.needs_download(spec)
    loaded = net.module.state_dict()
    assert all(torch.equal(loaded[name], tensor) for name, tensor in trained.items())


def test_weights_of_another_network_are_refused(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    url = server.put(saved({"w": torch.zeros(1)}))
    monkeypatch.setattr(vision._weights("squeezenet1_1").value, "url", url)
    with pytest.raises(DownloadError, match="do not fit the network"):
        sources.load("squeezenet1_1", "pretrained")


@pytest.mark.large
@pytest.mark.parametrize("name", ["squeezenet1_0", "mobilenet_v3_small", "shufflenet_v2_x0_5", "googlenet"])
def test_classifiers_run_their_example_input(name: str) -> None:
    net = sources.load(name)
    assert net.spec == NetworkSpec(name, Weights.RANDOM)
    assert net.data is None
    with torch.no_grad():
        assert net.module(net.example_input).shape == (1, 1000)


def test_auxiliary_classifiers_are_left_out() -> None:
    assert sources.load("googlenet").module.aux1 is None


@pytest.mark.parametrize("name, size", [("resnet18", 224), ("inception_v3", 299), ("efficientnet_b3", 300)])
def test_example_inputs_have_the_size_a_network_was_made_for(name: str, size: int) -> None:
    assert vision.example(name).shape == (1, 3, size, size)
    assert torch.equal(vision.example(name), vision.example(name))


def test_classifiers_are_sorted_by_family_and_nothing_else_is_listed() -> None:
    families = {entry.name: entry.family for entry in vision.catalog()}
    assert list(families.values()) == sorted(families.values(), key=str.lower)
    assert families["wide_resnet50_2"] == families["resnet18"] == "ResNet"
    assert families["vit_b_16"] == "ViT"
    assert set(families.values()) == set(vision.FAMILIES.values())
    assert not [name for name in families if "rcnn" in name or "quantized" in name or "deeplab" in name]


def test_every_classifier_offers_pretrained_weights_whose_hash_is_known() -> None:
    for entry in vision.catalog():
        assert entry.weights == (Weights.PRETRAINED, Weights.RANDOM)
        assert download.HASH.search(vision._weights(entry.name).url)
