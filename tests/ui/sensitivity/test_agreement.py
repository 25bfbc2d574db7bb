"""Pages of a network without labels: they measure its agreement, and never call it accuracy."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from streamlit.testing.v1 import AppTest

from explorer.engine import calls
from explorer.process.pool import EnginePool
from explorer.values import CostBudget, NativeOptions, Report, Sensitivity, SweepOptions
from explorer.values.sensitivity import BudgetKind
from tests.helpers.own import NET, TWO, spec, told_engines
from tests.helpers.pages import metric, open_app
from tests.helpers.processes import until

pytestmark = pytest.mark.large

OWN = spec("net.py:build")
SCORE = "\ndef score(module):\n    return sum(p.abs().sum().item() for p in module.parameters())\n"


@pytest.fixture(scope="module", params=["agreement", "score"])
def judged(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The name of what the network is judged by."""
    folder = tmp_path_factory.mktemp("own")
    (folder / "net.py").write_text(NET + SCORE)
    flags = f"{TWO} --metric ./net.py:score" if request.param == "score" else TWO
    with pytest.MonkeyPatch.context() as monkeypatch, told_engines(monkeypatch, folder, flags) as pool:
        assert isinstance(pool, EnginePool)
        yield str(request.param)


def texts(app: AppTest) -> list[str]:
    """All that is read on a page, without the help behind question marks; the page's frame says what data is."""
    metrics = [f"{one.label} {one.value} {one.delta}" for one in app.metric]
    return [*metrics, *(text.value for text in (*app.main.markdown, *app.main.caption, *app.main.title))]


def is_free_of_accuracy(app: AppTest) -> bool:
    assert not app.exception
    assert [error.value for error in app.error] == []
    assert [text for text in texts(app) if "ccuracy" in text] == []
    return True


def test_pruning_pages_follow_the_slider_by_it(judged: str) -> None:
    for page in ("depgraph_pruning", "pytorch_native", "behaviour"):
        app = open_app(page, network=OWN.name)
        assert metric(app, "Right after")
        assert any(text.startswith(f"**{judged.title()}:** dense") for text in texts(app))
        assert is_free_of_accuracy(app)
    assert is_free_of_accuracy(open_app(network=OWN.name))


def test_a_sweep_and_a_budget_go_by_it(judged: str) -> None:
    job = calls.sensitivity.start(OWN, SweepOptions(ratios=(0.5,)))
    assert until(lambda: calls.job(job).over, seconds=90)
    found = calls.job(job).result
    assert isinstance(found, Sensitivity), calls.job(job).error
    app = open_app("sensitivity", network=OWN.name, sweep_run=job)
    assert f"mean {judged} lost" in str(app.dataframe[0].proto.columns)
    assert f"the effect on {judged};" in " ".join(texts(app))
    assert is_free_of_accuracy(app)
    assert calls.solve(OWN, found, CostBudget(BudgetKind.MACS, 0.8)).solved.measured.by.name == judged


def test_apply_reports_it_and_there_is_nothing_to_train_on(judged: str) -> None:
    job = calls.apply.start(OWN, "native", NativeOptions(), 0.5)
    assert until(lambda: calls.job(job).over, seconds=90)
    report = calls.job(job).result
    assert isinstance(report, Report), calls.job(job).error
    assert report.pruned.pruned
    assert (report.pruned.pruned.by.name, report.trains) == (judged, False)
