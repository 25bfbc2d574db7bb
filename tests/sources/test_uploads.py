"""Uploaded weights: read whole or not at all, kept as safetensors, and loaded by any process from there."""

from __future__ import annotations

import json
import struct
import tarfile
import zipfile
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file
from torch import Tensor

from explorer import sources
from explorer.bundles.dense import dense_of
from explorer.sources import vision
from explorer.sources.bundled import build_random
from explorer.sources.uploads import take
from explorer.values import NetworkSpec, Weights
from explorer.values.checkpoints import Fit
from explorer.values.errors import NetworkError

NAME = "digits-cnn"


def weights() -> dict[str, Tensor]:
    torch.manual_seed(5)
    return dict(build_random(NAME).state_dict())


def taken(file: Path, strip: str = "") -> Fit:
    spec = NetworkSpec(NAME, Weights.UPLOADED, upload=str(file.parent / "kept.safetensors"))
    return take(sources.load_bare(spec), file, file.name, strip, Path(spec.upload))


def test_all_that_fits_is_kept_and_loaded_and_goes_into_a_bundle_by_its_own_file(tmp_path: Path) -> None:
    state = weights()
    torch.save({"model": {f"module.{name}": tensor for name, tensor in state.items()}}, tmp_path / "w.pth")
    assert taken(tmp_path / "w.pth").prefix == "module."
    assert not (tmp_path / "kept.safetensors").exists()
    assert taken(tmp_path / "w.pth", "module.") == Fit(len(state))
    net = sources.load_spec(NetworkSpec(NAME, Weights.UPLOADED, upload=str(tmp_path / "kept.safetensors")))
    assert all(torch.equal(net.module.state_dict()[name], tensor) for name, tensor in state.items())
    assert net.judged_on is not None
    dense = dense_of(net)
    assert dense.code is not None
    assert dense.weights.keys() == state.keys()
    assert vision.code_of(NetworkSpec("resnet18", Weights.UPLOADED)).weights == ""


def test_what_does_not_fit_is_listed_and_leaves_the_network_as_it_is(tmp_path: Path) -> None:
    state, spec = weights(), NetworkSpec(NAME, Weights.RANDOM)
    first, second, third = list(state)[:3]
    state[first] = state[first].to_sparse()
    state[second] = torch.empty_like(state[second], device="meta")
    del state[third]
    torch.save(state | {"<b>": torch.ones(1)}, tmp_path / "w.pt")
    module = sources.load_bare(spec)
    before = {name: tensor.clone() for name, tensor in module.state_dict().items()}
    found = take(module, tmp_path / "w.pt", "w.pt", "", tmp_path / "kept.safetensors")
    assert [(one.what, one.names) for one in found.misfits] == [
        ("missing", (third,)),
        ("unexpected", ("<b>",)),
        ("stored without plain numbers", (first, second)),
    ]
    assert all(torch.equal(module.state_dict()[name], tensor) for name, tensor in before.items())


def hostile(home: Path) -> None:
    torch.save(weights(), home / "fine.pt")
    with zipfile.ZipFile(home / "fine.pt") as fine:
        parts = {name: fine.read(name) for name in fine.namelist()}
    with zipfile.ZipFile(home / "paths.pt", "w") as archive:
        for name, data in {**parts, "../../evil": b""}.items():
            archive.writestr(name, data)
    with zipfile.ZipFile(home / "bomb.pt", "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in {**parts, "fine/data/0": bytes(1 << 24)}.items():
            archive.writestr(name, data)
    with tarfile.open(home / "tar.pt", "w") as tar:
        tar.add(home / "fine.pt", "storages")
    header = json.dumps({"x": {"dtype": "F32", "shape": [1 << 40], "data_offsets": [0, 1 << 42]}}).encode()
    (home / "huge.safetensors").write_bytes(struct.pack("<Q", len(header)) + header)
    (home / "cut.pt").write_bytes((home / "fine.pt").read_bytes()[:3000])
    (home / "empty.ckpt").write_bytes(b"")


@pytest.mark.parametrize(
    ("file", "sentence"),
    [
        ("paths.pt", r"^The checkpoint 'paths\.pt' names paths outside of itself, .* Hand over the tensors: .+\)\.$"),
        ("bomb.pt", r"^The checkpoint 'bomb\.pt' is packed and would grow when it is read, .* Hand over"),
        ("tar.pt", r"^The checkpoint 'tar\.pt' "),
        ("huge.safetensors", r"^The checkpoint 'huge\.safetensors' cannot be read: .* damaged or no safetensors\.$"),
        ("cut.pt", r"^The checkpoint 'cut\.pt' cannot be read \(.*\): it is damaged.* Hand over"),
        ("empty.ckpt", r"^The checkpoint 'empty\.ckpt' is empty: it holds 0 bytes"),
        ("x.exe", r"^A checkpoint must be \.safetensors, \.pt or \.pth, got 'x\.exe'\. Hand over"),
    ],
)  # fmt: skip
def test_hostile_files_get_one_sentence_and_leave_nothing(tmp_path: Path, file: str, sentence: str) -> None:
    hostile(tmp_path)
    with pytest.raises(NetworkError, match=sentence):
        taken(tmp_path / file)
    assert not (tmp_path / "kept.safetensors").exists()
    assert not (tmp_path.parents[1] / "evil").exists()


def test_what_a_server_has_forgotten_or_no_longer_fits_is_told(tmp_path: Path) -> None:
    file = tmp_path / "kept.safetensors"
    spec = NetworkSpec(NAME, Weights.UPLOADED, upload=str(file))
    with pytest.raises(
        NetworkError, match=r"no longer has the uploaded weights of 'digits-cnn'\. Upload them again"
    ):
        sources.load_spec(spec)
    state = weights()
    lost = state.popitem()[0]
    save_file(state, file)
    assert lost not in load_file(file)
    with pytest.raises(NetworkError, match=rf"no longer fit it: 1 missing \({lost}\)\. Upload them again"):
        sources.load_spec(spec)
