"""The check on the Network page, as Streamlit runs it without a browser."""

from __future__ import annotations

from typing import NoReturn
from urllib.parse import parse_qs

import pytest
from streamlit.testing.v1 import AppTest
from streamlit.testing.v1.element_tree import Expander

from explorer.engine import calls
from explorer.ui.network import check_panel
from explorer.values import NetworkSpec, Progress
from explorer.values.check import Check, Checking, Fact, Finding, Grade, Remedy
from explorer.values.errors import EngineError, PruningError
from explorer.words.glossary import explain
from tests.helpers.pages import RESNET, metric, open_app

MADE_UP = "Torch-Pruning could not trace this network (RuntimeError: made up)."


def lines(app: AppTest) -> list[Expander]:
    """What the panel folds away; the page folds an upload, too."""
    return [part for part in app.expander if part.label != "Weights from a file"]


def labels(app: AppTest) -> list[str]:
    return [part.label for part in lines(app)]


def answering(monkeypatch: pytest.MonkeyPatch, *findings: Finding, refusal: str = "") -> None:
    """Let the engine find these."""
    check = Check(RESNET.name, 3, 0 if refusal else 2, refusal, findings)
    monkeypatch.setattr(calls, "check", lambda spec: Checking(Progress(1.0, ""), check))


def test_the_panel_shows_every_finding_of_the_network_that_is_picked() -> None:
    app = open_app()
    while not (found := calls.check(RESNET).found):
        pass
    assert any("8 of 9 groups" in text.value for text in app.markdown)
    other, fine = lines(app)
    assert "MAC counters" in other.label
    told = {text.value.partition("**")[2].partition("**")[0].lower(): text.help for text in fine.markdown}
    assert told == {
        one.kind.lower(): explain(one.kind) for one in found.findings if one.kind != "MAC counters"
    }
    assert fine.table[0].value.to_dict() == {"what was found": {"head": "10 channels"}}
    assert not app.error


def test_what_limits_pruning_stands_above_what_is_fine(monkeypatch: pytest.MonkeyPatch) -> None:
    answering(
        monkeypatch,
        Finding("coverage", Grade.FINE, "All of it."),
        Finding("walls", Grade.LIMIT, "A wall.", (Fact("a_b*c*", "16 channels"),)),
        Finding("trial", Grade.REFUSED, "It does not run."),
    )
    app = open_app()
    assert [label.partition("**")[2].partition("**")[0] for label in labels(app)] == [
        "Trial",
        "Walls",
        "Fine",
    ]
    assert list(lines(app)[1].table[0].value.index) == ["a\\_b\\*c\\*"]  # shown as it is, not as Markdown


def test_many_layers_are_scrolled(monkeypatch: pytest.MonkeyPatch) -> None:
    facts = tuple(Fact(f"layer_{number}", "8 channels") for number in range(40))
    answering(monkeypatch, Finding("walls", Grade.LIMIT, "Walls.", facts))
    assert list(lines(open_app())[0].dataframe[0].value["what"]) == [fact.what for fact in facts]


def test_a_remedy_leads_to_the_pruning_page_with_its_layers_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    kept = ("stem.conv", "stage3.block0.conv1")
    answering(
        monkeypatch, Finding("trial", Grade.REFUSED, "No.", (), Remedy("Keep them.", "planner = …", kept))
    )
    app = open_app()
    assert lines(app)[0].code[0].value == "planner = …"
    (link,) = lines(app)[0].get("page_link")
    assert parse_qs(link.proto.query_string)["keep"] == list(kept)
    app = open_app("depgraph_pruning", keep=list(kept))
    assert set(app.multiselect(key="keep").value) == set(kept)


def test_a_network_that_is_refused_whole_still_has_its_page(monkeypatch: pytest.MonkeyPatch) -> None:
    answering(monkeypatch, Finding("coverage", Grade.UNKNOWN, "Not found out."), refusal=MADE_UP)
    app = open_app()
    assert [MADE_UP[:50] in error.value for error in app.error] == [True]
    assert len(labels(app)) == 1
    assert metric(app, "Parameters")


@pytest.mark.parametrize("error", [EngineError("The engine ended."), PruningError("It cannot be checked.")])
def test_a_check_that_fails_leaves_the_rest_of_the_page(
    monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    def failing(spec: NetworkSpec) -> NoReturn:
        raise error

    monkeypatch.setattr(calls, "check", failing)
    app = open_app()
    assert [shown.value for shown in app.error] == [str(error)]
    assert metric(app, "Parameters")


def test_a_check_that_ended_the_engine_is_not_asked_for_again_until_somebody_does(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked: list[NetworkSpec] = []

    def failing(spec: NetworkSpec) -> NoReturn:
        asked.append(spec)
        raise EngineError("The engine ended.")

    monkeypatch.setattr(calls, "check", failing)
    app = open_app()
    before = len(asked)
    app.text_input(key="layer_search").set_value("conv").run()
    assert len(asked) == before
    assert [shown.value for shown in app.error] == ["The engine ended."]
    app.button(key="check_anew").click().run()
    assert len(asked) == before + 1


def test_a_large_network_is_checked_when_somebody_asks_for_it(monkeypatch: pytest.MonkeyPatch) -> None:
    answering(monkeypatch, Finding("coverage", Grade.FINE, "All of it."))
    monkeypatch.setattr(check_panel, "LARGE_MACS", calls.summary(RESNET).macs - 1)
    app = open_app()
    assert not labels(app)
    assert any("that can take minutes" in text.value for text in app.markdown)
    app.button(key="check_large").click().run()
    assert len(labels(app)) == 1


def test_a_network_that_cannot_even_be_counted_is_still_checked(monkeypatch: pytest.MonkeyPatch) -> None:
    def failing(spec: NetworkSpec) -> NoReturn:
        raise PruningError("It cannot be counted.")

    answering(monkeypatch, Finding("coverage", Grade.FINE, "All of it."))
    monkeypatch.setattr(calls, "summary", failing)
    app = open_app()
    assert [shown.value for shown in app.error] == ["It cannot be counted."]
    assert len(labels(app)) == 1


def test_a_check_can_be_cancelled_and_begun_again() -> None:
    app = open_app()
    app.session_state["check_cancelled"] = RESNET
    app.run()
    assert not labels(app)
    assert any("was not checked" in info.value for info in app.info)
    app.button(key="check_again").click().run()
    assert labels(app)
