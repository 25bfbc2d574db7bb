"""A network of one's own takes down its own engine and nothing else, whatever its code does."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from explorer.process.engine import EngineSettings
from explorer.process.limits import GIB
from explorer.process.pool import EnginePool
from explorer.values import NetworkSpec, Weights
from explorer.values.errors import EngineError, NetworkError
from tests.helpers.own import spec, told_engines

pytestmark = pytest.mark.large

CODE = """
import os
from torch import nn

def endless():
    while True:
        pass

def leaves():
    os._exit(7)

def eats():
    return [bytearray(1 << 28) for _ in range(64)]

def raises():
    raise ValueError("a plain mistake")
"""
NAMES = ("endless", "leaves", "eats", "raises")
CNN = NetworkSpec("digits-cnn", Weights.TRAINED)


@pytest.fixture(scope="module")
def pool(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EnginePool]:
    """Two engines: one for the bundled network, one for those of `CODE`."""
    folder = tmp_path_factory.mktemp("runaway")
    (folder / "net.py").write_text(CODE)
    flags = " ".join(f"--model ./net.py:{name}" for name in NAMES)
    with (
        pytest.MonkeyPatch.context() as monkeypatch,
        told_engines(monkeypatch, folder, flags, EngineSettings(memory=3 * GIB), size=2) as pool,
    ):
        assert pool.call("summary", CNN, key=CNN.key).classes == 10
        yield pool


@pytest.mark.parametrize(
    ("name", "timeout", "sentence"),
    [
        ("endless", 2, r"took longer than 2 s, so the engine process was stopped"),
        ("leaves", 60, r"was killed \(exit code 7\)"),
        ("eats", 60, r"needed more memory than the engine process may use \(3 GB\)"),
    ],
)
def test_it_takes_its_own_engine_down_and_no_other(
    pool: EnginePool, name: str, timeout: float, sentence: str
) -> None:
    ours = pool.pids[0]
    with pytest.raises(EngineError, match=sentence):
        pool.call("summary", spec(f"net.py:{name}"), key="theirs", timeout=timeout)
    assert pool.call("summary", CNN, key=CNN.key).classes == 10
    assert pool.pids[0] == ours


def test_its_engine_answers_again(pool: EnginePool) -> None:
    with pytest.raises(NetworkError, match=r"ValueError: a plain mistake \(net\.py, line 16\)"):
        pool.call("summary", spec("net.py:raises"), key="theirs")
