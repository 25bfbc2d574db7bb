"""The app on a module in hand: it reaches other processes whole, and ends when its opener does."""

from __future__ import annotations

import json
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from urllib.request import urlopen

import pytest
import torch
from torch import nn

import explorer
from explorer import sources
from explorer.backends import DEPGRAPH, fields_of
from explorer.backends.codec import as_json
from explorer.engine import cell
from explorer.engine.session import Session
from explorer.measuring.judging import evaluate
from explorer.ui.pruning.run import PruningRun
from explorer.ui.shell.own import tell_starter
from explorer.values import ChannelCriterion, ChannelOptions, NetworkSpec, Weights, applied, own
from explorer.values.errors import FlagError, NetworkError, PruningError
from explorer.values.project import Wanted
from tests.helpers import toys
from tests.helpers.own import spec
from tests.helpers.paths import ROOT
from tests.helpers.processes import gone, until

SCRIPT = """
import json, time
import torch
from torch import nn
import explorer

class Mine(nn.Module):
    def __init__(self):
        super().__init__()
        self.first, self.second = nn.Conv2d(3, 12, 3), nn.Conv2d(12, 4, 1)

    def forward(self, x, scale):
        return {"out": self.second(self.first(x).relu()) * scale}

torch.manual_seed(0)
module = Mine()
session = explorer.show(module, (torch.randn(1, 3, 8, 8), torch.ones(1)), metric=lambda net: 7.0,
                        loss=lambda net: net.first.weight.sum(), browse=False)
session.wait()
told = [session.url, session._app.pid, str(session._folder), module.first.weight.sum().item()]
print(json.dumps(told), flush=True)
time.sleep(600)
"""
OPTIONS = ChannelOptions(ChannelCriterion.L1, round_to=2)


@pytest.mark.large
def test_a_class_of_a_script_reaches_the_app_which_ends_with_the_script(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "script.py").write_text(SCRIPT)
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    script = subprocess.Popen([sys.executable, "script.py"], cwd=tmp_path, stdout=subprocess.PIPE, text=True)
    try:
        assert script.stdout
        url, server, folder, total = json.loads(script.stdout.readline())
        with urlopen(f"{url}/_stcore/health", timeout=5) as answer:
            assert answer.status == 200
        assert owners_only(Path(folder))
        handed = own.Own("Mine", f"handed:{folder}")
        monkeypatch.setenv(own.VARIABLE, own.as_text([handed], tmp_path))
        net = sources.load_spec(spec("Mine"))  # in this process, whose __main__ is another
        assert net.module.first.weight.sum().item() == total  # type: ignore[union-attr, operator]
        assert net.metric is not None
        assert net.loss is not None
        assert evaluate(net.module, net).value == 7
        assert [part.shape for part in net.example_input] == [(1, 3, 8, 8), (1,)]
    finally:
        script.kill()
        script.wait()
    assert until(lambda: gone(server), 20)
    assert until(lambda: not Path(folder).exists(), 5)


def owners_only(folder: Path) -> bool:
    """Whether nobody else may enter the folder or read what it holds."""
    return not any(stat.S_IMODE(path.stat().st_mode) & 0o077 for path in (folder, folder / "module.pt"))


@pytest.fixture(scope="module")
def session() -> Iterator[Session]:
    opened: Session = explorer.show(toys.Chain(), toys.example(2), name="chain", browse=False)
    yield opened
    opened.close()
    assert not opened._app.alive
    assert not opened._folder.exists()


def test_before_anything_is_applied_there_is_no_plan(session: Session) -> None:
    with pytest.raises(
        PruningError, match=r"^Nothing has been applied at http://127\.0\.0\.1:\d+ yet\. Press Apply"
    ):
        _ = session.plan


def test_plan_and_pruned_module_are_those_that_were_applied_last(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    name = NetworkSpec("chain", Weights.OWN)
    handed = own.Own("chain", f"handed:{session._folder}")
    monkeypatch.setenv(own.VARIABLE, own.as_text([handed], ROOT))
    monkeypatch.setenv(own.STARTER, str(session._folder))
    tell_starter(PruningRun(name, DEPGRAPH, OPTIONS, 0.5))
    expected = explorer.planner(session._bench.net, criterion="l1", round_to=2).plan(0.5)
    assert session.plan.params == expected.params
    assert sum(p.numel() for p in session.pruned.parameters()) == expected.params
    assert session.pruned is session.pruned
    tell_starter(
        PruningRun(NetworkSpec("digits-cnn", Weights.TRAINED), DEPGRAPH, OPTIONS, 0.9)
    )  # another network
    assert session.plan.ratio == 0.5


def test_what_was_applied_is_read_as_it_was_written(tmp_path: Path) -> None:
    assert applied.read(tmp_path) is None
    what = Wanted(DEPGRAPH, as_json(OPTIONS, fields_of(DEPGRAPH)), 0.25)
    applied.write(tmp_path, what)
    assert applied.read(tmp_path) == what


class Sticky:
    def __deepcopy__(self, memo: object) -> Sticky:
        return self

    def __reduce__(self) -> str:
        raise TypeError("stuck")


def test_what_cannot_be_handed_over_is_told() -> None:
    module = nn.Sequential(nn.Linear(3, 2))
    module.log = Sticky()  # type: ignore[assignment]
    with pytest.raises(
        NetworkError, match=r"^'Sequential' cannot be handed to the app's process: stuck\. .*--model"
    ):
        explorer.show(module, torch.ones(1, 3), browse=False)


def test_no_flag_names_a_module_in_hand() -> None:
    for model in ("handed:/tmp/x", "handed:./x", "handed:x.py"):
        with pytest.raises(FlagError, match="--model must be"):
            own.parsed(["--model", model])
    assert own.parsed(["--model", "handed:build"])[0].kind == "code"


def test_a_notebook_shows_the_app_below_the_cell(monkeypatch: pytest.MonkeyPatch) -> None:
    shown: list[str] = []
    shell = SimpleNamespace(kernel=object())
    display = SimpleNamespace(HTML=str, display=shown.append)
    monkeypatch.setitem(sys.modules, "IPython", SimpleNamespace(get_ipython=lambda: shell, display=display))
    monkeypatch.setitem(sys.modules, "IPython.display", display)
    assert cell.is_notebook()
    cell.show_below("http://127.0.0.1:8600")
    assert '<iframe id="explorer-8600"' in shown[0]
    assert 'src = "http://127.0.0.1:8600"' in shown[0]
    del shell.kernel
    assert not cell.is_notebook()
