"""The panel of the Network page that says what bears on pruning the network."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd
import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from explorer.engine import calls
from explorer.ui.parts.prepare import Wait, waited
from explorer.ui.parts.widgets import failures
from explorer.values import NetworkSpec, NetworkSummary, Progress
from explorer.values.check import Check, Fact, Finding, Grade, Remedy
from explorer.values.errors import DownloadError, EngineError, ExplorerError
from explorer.words.formats import count, plain
from explorer.words.glossary import explain

CHECK = Wait("check", "The network was not checked.", "Check it")
MARKS = {  # the weightiest first
    Grade.REFUSED: ":red[:material/block:]",
    Grade.LIMIT: ":orange[:material/lock:]",
    Grade.UNKNOWN: ":gray[:material/help:]",
    Grade.NOTE: ":blue[:material/info:]",
    Grade.FINE: ":green[:material/check_circle:]",
}
LARGE_MACS, LARGE_PARAMS = 10e9, 100e6
_ASKED = "check_asked"  # for which large network
_ENDED = "check_ended"  # of which network the check ended its engine, and the sentence for that
_IN_A_TABLE = 12  # rows; more are scrolled


@st.fragment
def check_panel(spec: NetworkSpec, summary: NetworkSummary | None) -> None:
    """Look at the network with a bar, and show what was found; the rest of the page does not wait for it.

    Args:
        spec: the network.
        summary: of it; None where it cannot even be counted. A large network is checked when somebody asks for it.
    """
    heading = st.empty()
    heading.header("Check", help=explain("check"))
    if summary and _is_large(summary) and st.session_state.get(_ASKED) != spec:
        st.markdown(
            f"A check runs a network some 40 times and prunes a copy; at {count(summary.macs)} MACs and "
            f"{count(summary.params)} parameters that can take minutes."
        )
        st.button(CHECK.again, key="check_large", on_click=_ask, args=(spec,))
        return
    if st.session_state.get(_ENDED, (None, ""))[0] != spec:
        with failures("check", spec):
            _look(spec, heading, is_told=summary is None)
    _tell_end(spec)


def _look(spec: NetworkSpec, heading: DeltaGenerator, is_told: bool) -> None:
    """Show what was found, or nothing where the page `is_told` why already or offers the weights."""
    try:
        if found := _found(spec):
            show_check(found)
    except ExplorerError as error:
        if not (is_told or isinstance(error, DownloadError)):
            raise
        heading.empty()


def _is_large(summary: NetworkSummary) -> bool:
    return summary.macs > LARGE_MACS or summary.params > LARGE_PARAMS


def _ask(spec: NetworkSpec) -> None:
    st.session_state[_ASKED] = spec


def _tell_end(spec: NetworkSpec) -> None:
    """Say that checking this network ended the engine: asked for at every drawing, it would again and again."""
    ended, sentence = st.session_state.get(_ENDED, (None, ""))
    if ended == spec:
        st.error(plain(sentence))
        st.button(CHECK.again, key="check_anew", on_click=st.session_state.pop, args=(_ENDED,))


def _found(spec: NetworkSpec) -> Check | None:
    """What was found; None if the person would not wait."""
    latest: list[Check | None] = [None]

    def step() -> Progress:
        checking = calls.check(spec)
        latest[0] = checking.found
        return checking.progress

    try:
        return latest[0] if waited(CHECK, spec, step) else None
    except EngineError as error:
        st.session_state[_ENDED] = spec, str(error)
        return None


def show_check(check: Check) -> None:
    """Every finding with its evidence, the weightiest first."""
    if check.refusal:
        st.error(f"**DepGraph prunes nothing in this network.** {plain(check.refusal)}")
    else:
        free = f"**{check.free} of {check.groups} groups**"
        st.markdown(f"DepGraph can remove channels from {free}. Open a line for its evidence.")
    order, fine = list(MARKS), [one for one in check.findings if one.grade is Grade.FINE]
    with st.container(gap="xsmall", key="check_findings"):
        for finding in sorted(check.findings, key=lambda one: order.index(one.grade)):
            if finding not in fine:
                _show(finding)
        if fine:
            _show_fine(fine)


def _show(finding: Finding) -> None:
    label = f"{MARKS[finding.grade]} **{_name(finding)}** · {plain(finding.told)}"
    with st.expander(label, expanded=finding.remedy is not None):
        st.caption(explain(finding.kind))
        _evidence(finding.evidence)
        if finding.remedy:
            _remedy(finding.remedy)


def _show_fine(findings: Sequence[Finding]) -> None:
    """All that nobody needs to look at, folded into one."""
    named = ", ".join(finding.kind for finding in findings)
    with st.expander(f"{MARKS[Grade.FINE]} **Fine** · {named}"):
        for finding in findings:
            st.markdown(f"**{_name(finding)}** · {plain(finding.told)}", help=explain(finding.kind))
            _evidence(finding.evidence)


def _name(finding: Finding) -> str:
    return f"{finding.kind[:1].upper()}{finding.kind[1:]}"


def _evidence(facts: Sequence[Fact]) -> None:
    if not facts:
        return
    rows = {"what": [fact.what for fact in facts], "what was found": [fact.found for fact in facts]}
    if len(facts) > _IN_A_TABLE:
        wide = {"what was found": st.column_config.TextColumn(width="large")}
        st.dataframe(pd.DataFrame(rows), hide_index=True, height=320, column_config=wide)
        return
    escaped = {name: [plain(text) for text in texts] for name, texts in rows.items()}
    st.table(pd.DataFrame(escaped).set_index("what"))  # its cells wrap where it is narrow


def _remedy(remedy: Remedy) -> None:
    st.markdown(f"**What helps.** {plain(remedy.told)}")
    if remedy.keep:
        st.page_link(
            "pages/depgraph_pruning.py",
            label=f"Open DepGraph pruning with {plain(', '.join(remedy.keep))} kept",
            icon=":material/content_cut:",
            query_params={"keep": list(remedy.keep)},
        )
    st.code(remedy.code, language="python")
