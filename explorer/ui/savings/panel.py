"""What a run saved: the sentence, its evidence, and what that is in money and energy."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from explorer.ui.parts.evidence import evidence_table
from explorer.ui.parts.plan_figure import PlanFigure, share_left
from explorer.ui.parts.widgets import measured_badge, not_measured
from explorer.ui.savings.headline import evidence, headline
from explorer.ui.savings.money import Given, lines, told, told_saved
from explorer.ui.savings.runs import Saving, savings
from explorer.ui.shell import state
from explorer.values import Evaluation, Interval, places
from explorer.words import formats
from explorer.words.glossary import explain

_MOST = 1e15  # of any number that is typed


def savings_panel() -> None:
    """The runs of this session, or where to start one."""
    found = savings()
    if not found:
        st.info(
            "No finished run in this session yet. Prune a network first: every figure here is measured on a run."
        )
        with st.container(key="ways"):
            st.page_link(
                places.page("depgraph_pruning"), label="Shrink a network", icon=":material/content_cut:"
            )
        return
    saving = _picked(found)
    _card(saving)
    _money(saving)


def _picked(found: list[Saving]) -> Saving:
    if len(found) == 1:
        return found[0]
    number = st.selectbox(
        "Run",
        range(len(found)),
        format_func=lambda at: f"{found[at].told}; {found[at].step}",
        key="savings_run",
    )
    return found[number]


def _card(saving: Saving) -> None:
    dense, pruned = saving.dense, saving.pruned
    with st.container(border=True, key="savings_card"):
        st.header(headline(saving))
        measured_badge("this run, one input at a time")
        st.caption(f"{formats.plain(saving.told)}; {saving.step}")
        judged, size, macs, time = st.columns(4)
        with judged:
            _accuracy(dense.final, pruned.final)
        with size:
            share_left(
                "Saved file", "file size", pruned.file_bytes, dense.file_bytes, formats.file_size
            ).draw()
        with macs:
            share_left("MACs", "MACs", pruned.macs, dense.macs, formats.count).draw()
        with time:
            _beside_dense(
                "One forward pass",
                formats.duration(pruned.time.median),
                formats.duration(dense.time.median),
                "latency",
            )
        with st.popover("Evidence", icon=":material/fact_check:"):
            st.markdown(evidence_table(evidence(saving)))
            st.caption("*As before* means that the 95 % intervals overlap.")


def _accuracy(before: Evaluation | None, after: Evaluation | None) -> None:
    if before is None or after is None:
        not_measured()
        return
    by = after.by
    _beside_dense(by.title, formats.judged(after.value, by), formats.judged(before.value, by), by.term)


def _beside_dense(label: str, value: str, dense: str, term: str) -> None:
    PlanFigure(label, value, f"dense {dense}", explain(term)).draw()


def _money(saving: Saving) -> None:
    st.header("In hours, money and energy")
    given = _given()
    found = lines(Interval.of(saving.dense.time), Interval.of(saving.pruned.time), given)
    if not found:
        st.caption("Enter how many requests a month the network answers; nothing is assumed.")
        return
    st.badge("estimated", color="orange", help=explain("estimate"))
    rows = {
        line.what: {"dense": told(line.dense), "pruned": told(line.pruned), "saved": told_saved(line)}
        for line in found
    }
    st.table(pd.DataFrame.from_dict(rows, orient="index").rename_axis("a month"))
    st.caption(
        "From the measured time of one forward pass and what you typed: requests come one at a time, on this machine, "
        "and idle hours cost nothing. Brackets hold the 95 % intervals."
    )


def _given() -> Given:
    with st.container(horizontal=True):
        given = Given(
            _number("Requests per month", "savings_requests", "Each is one forward pass with one input."),
            _number("Price per hour", "savings_price", "Of this machine, in your currency."),
            _number("Watts", "savings_watts", "What this machine draws while it computes."),
        )
    state.show_notices("savings_requests", "savings_price", "savings_watts")
    return given


def _number(label: str, name: str, help: str) -> float | None:
    state.check_number(name, 0.0, _MOST, None)
    return st.number_input(
        label,
        0.0,
        _MOST,
        None,
        key=name,
        bind="query-params",
        format="%g",
        help=help,
        width=220,
        on_change=lambda: state.forget(name),
    )
