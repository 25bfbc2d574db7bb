"""Checkpoints of one's own: all of a file fits, or nothing of it is loaded; what is no tensors is never read."""

from __future__ import annotations

import os
import pickle
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import save_file
from torch import Tensor, nn

from explorer import sources
from explorer.anatomy.network import Network
from explorer.values.errors import NetworkError
from tests.helpers.own import spec, tell

CODE = "from torch import nn\ndef build(): return nn.Sequential(nn.Linear(4, 3), nn.BatchNorm1d(3), nn.Linear(3, 2))\n"


def weights() -> dict[str, Tensor]:
    torch.manual_seed(1)
    state = nn.Sequential(nn.Linear(4, 3), nn.BatchNorm1d(3), nn.Linear(3, 2)).state_dict()
    return dict(state)


@pytest.fixture(autouse=True)
def home(tmp_path: Path) -> Path:
    (tmp_path / "net.py").write_text(CODE)
    return tmp_path


def loaded(monkeypatch: pytest.MonkeyPatch, home: Path, file: str, more: str = "") -> Network:
    tell(monkeypatch, home, f"--model ./net.py:build --input 2,4 --checkpoint {file} {more}")
    return sources.load_spec(spec("net.py:build"))


def holds(net: Network, state: Mapping[str, Tensor]) -> bool:
    return all(torch.equal(net.module.state_dict()[name], tensor) for name, tensor in state.items())


def test_tensors_come_from_safetensors_and_from_state_dicts(
    monkeypatch: pytest.MonkeyPatch, home: Path
) -> None:
    state = weights()
    save_file(state, home / "w.safetensors")
    torch.save(state, home / "w.pt")
    torch.save({"state_dict": state, "ema": weights(), "epoch": 3}, home / "w.pth")
    torch.save({"ema": state, "epoch": 3}, home / "only.pt")
    for file in ("w.safetensors", "w.pt", "w.pth", "only.pt"):
        assert holds(loaded(monkeypatch, home, file), state), file


def test_a_prefix_is_offered_to_be_stripped_and_goes_when_asked(
    monkeypatch: pytest.MonkeyPatch, home: Path
) -> None:
    state = weights()
    save_file({f"module.{name}": tensor for name, tensor in state.items()}, home / "w.safetensors")
    with pytest.raises(
        NetworkError, match=r"Without 'module\.' before its names it fits: add --strip module\. behind"
    ):
        loaded(monkeypatch, home, "w.safetensors")
    assert holds(loaded(monkeypatch, home, "w.safetensors", "--strip module."), state)
    with pytest.raises(NetworkError, match=r"begins with 'net\.', so .* They are like 'module\."):
        loaded(monkeypatch, home, "w.safetensors", "--strip net.")


def test_all_that_does_not_fit_is_listed_and_nothing_is_loaded(
    monkeypatch: pytest.MonkeyPatch, home: Path
) -> None:
    state = weights()
    del state["0.bias"]
    state |= {"2.weight": torch.ones(5, 3), "head.weight": torch.ones(1)}
    save_file(state, home / "w.safetensors")
    listed = r"1 missing \(0\.bias\); 1 unexpected \(head\.weight\); 1 of another shape \(2\.weight 5×3 for 2×3\)\."
    with pytest.raises(
        NetworkError, match=rf"so nothing of it is loaded: {listed} Give the checkpoint of this very"
    ):
        loaded(monkeypatch, home, "w.safetensors")


def test_what_is_tied_to_a_tensor_in_the_file_is_not_missing(
    monkeypatch: pytest.MonkeyPatch, home: Path
) -> None:
    tied = "from torch import nn\ndef build():\n    net = nn.Sequential(nn.Linear(4, 4), nn.Linear(4, 4))\n"
    (home / "net.py").write_text(f"{tied}    net[1].weight = net[0].weight\n    return net\n")
    state = {"0.weight": torch.eye(4), "0.bias": torch.ones(4), "1.bias": torch.ones(4)}
    save_file(state, home / "w.safetensors")
    assert holds(loaded(monkeypatch, home, "w.safetensors"), {**state, "1.weight": torch.eye(4)})


class Evil:
    def __reduce__(self) -> tuple[Any, ...]:
        return os.mkdir, ("evil",)


def hostile(home: Path) -> None:
    torch.save(nn.Linear(2, 2), home / "module.pt")
    torch.save({"a": Evil()}, home / "evil.pt")
    (home / "plain.pt").write_bytes(pickle.dumps(Evil()))
    torch.jit.script(nn.Linear(2, 2)).save(home / "script.pt")
    save_file(weights(), home / "whole.safetensors")
    (home / "cut.safetensors").write_bytes((home / "whole.safetensors").read_bytes()[:-10])
    (home / "nothing.pt").write_bytes(b"")
    (home / "nothing.safetensors").write_bytes(b"")
    (home / "program.pt2").write_bytes(b"PK")
    torch.save([1, 2], home / "numbers.pt")
    torch.save({"a": weights(), "b": weights()}, home / "two.pt")
    (home / "text.pt").write_text("hello")
    save_file({name: tensor.long() for name, tensor in weights().items()}, home / "whole_numbers.safetensors")
    save_file(weights() | {"0.bias": torch.full((3,), torch.nan)}, home / "nan.safetensors")
    with zipfile.ZipFile(home / "bomb.pt", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("archive/data.pkl", b"\0" * (1 << 20))


@pytest.mark.filterwarnings("error", "ignore:.torch.jit.script. is deprecated:DeprecationWarning")
@pytest.mark.parametrize(
    ("file", "sentence"),
    [
        ("module.pt", r"is a pickle that holds more than tensors, and could hold code, so it is not loaded\. Hand"),
        ("evil.pt", r"is a pickle that holds more than tensors"),
        ("plain.pt", r"is a pickle that holds more than tensors"),
        ("script.pt", r"is TorchScript, a program, which is never loaded\. Hand over the tensors"),
        ("program.pt2", r"A \.pt2 holds a program, which is never loaded\. Hand over the tensors"),
        ("cut.safetensors", r"cannot be read: .*damaged or no safetensors"),
        ("nothing.safetensors", r"is empty: it holds 0 bytes"),
        ("nothing.pt", r"is empty: it holds 0 bytes"),
        ("text.pt", r"cannot be read \(.*\): it is damaged, or torch\.save did not write it"),
        ("two.pt", r"holds several sets of tensors: a, b\. Save the one that you mean"),
        ("whole_numbers.safetensors", r"8 stored without plain numbers \(0\.weight"),
        ("bomb.pt", r"^The checkpoint 'bomb\.pt' "),
        ("numbers.pt", r"holds no tensors by name, but \[1, 2\]"),
        ("nan.safetensors", r"holds NaN or infinite values in '0\.bias', so no weight can be ranked"),
        ("gone.pt", r"There is no checkpoint '.*gone\.pt'"),
        ("net.py", r"A checkpoint must be \.safetensors, \.pt or \.pth, got 'net\.py'"),
    ],
)  # fmt: skip
def test_hostile_and_damaged_files_get_one_sentence(
    monkeypatch: pytest.MonkeyPatch, home: Path, file: str, sentence: str
) -> None:
    hostile(home)
    with pytest.raises(NetworkError, match=sentence):
        loaded(monkeypatch, home, file)
    assert not (home / "evil").exists()
