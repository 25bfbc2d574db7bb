"""The solver on the page: a budget in, ratios per group out, expected and measured beside one ratio for all."""

from __future__ import annotations

import streamlit as st

from explorer.engine import calls
from explorer.ui.parts.widgets import exact_badge, failures, measured_badge, pick
from explorer.ui.sensitivity import charts
from explorer.ui.sensitivity.handover import use_for_pruning
from explorer.ui.shell import state
from explorer.values import (
    Allocation,
    BudgetKind,
    CostBudget,
    Evaluation,
    NetworkSpec,
    Sensitivity,
    Solution,
    Timing,
)
from explorer.words import formats
from explorer.words.glossary import explain

BUDGET = "budget"  # in the session and in the link
_LEAST, _MOST, _DEFAULT = 0.05, 0.95, 0.5
_KINDS = {
    "MACs": BudgetKind.MACS,
    "parameters": BudgetKind.PARAMS,
    "tensors": BudgetKind.BYTES,
    "latency": BudgetKind.MILLISECONDS,
}


def budget_share() -> float:
    """The budget of this session, as a share of the dense network."""
    return state.start_fraction(BUDGET, _DEFAULT, _MOST, _LEAST)


def show_budget_notice() -> None:
    """Say what the link's budget cannot be, before there is a slider to say it at."""
    budget_share()
    state.show_notices(BUDGET)


@st.fragment
def budget_panel(found: Sensitivity, picked: NetworkSpec) -> None:
    """Draw the budget and what meets it; only this part runs again when it changes."""
    st.header("Meet a budget by sensitivity", help=explain("cost budget"))
    with st.container(horizontal=True, gap="medium", vertical_alignment="bottom"):
        kind = pick("Budget of", "budget_kind", tuple(_KINDS), _told())
        share = _slider()
    state.show_notices(BUDGET, "budget_kind")
    with failures("budget", found.spec):
        with st.spinner("Choosing ratios and measuring the result …"):
            solution = _solved(repr((found, kind, share)), found, CostBudget(_KINDS[kind], share))
        _limit(solution)
        _side_by_side(solution)
        st.markdown("**What each group loses**", help=explain("pruning ratio"))
        st.altair_chart(charts.ratios(solution), alt="Channels removed from every group, both ways")
        use_for_pruning(found.spec, solution.solved, found.options, picked)


@st.cache_resource(max_entries=60, show_spinner=False)
def _solved(key: str, _found: Sensitivity, _budget: CostBudget) -> Solution:
    """Frozen, so every session may hold the same one."""
    return calls.solve(_found.spec, _found, _budget)


def _told() -> str:
    terms = {"MACs": "MACs", "parameters": "parameters", "tensors": "tensors", "latency": "latency"}
    return " ".join(f"**{label}**: {explain(term)}" for label, term in terms.items())


def _slider() -> float:
    def take() -> None:
        state.set_fraction(BUDGET, st.session_state["budget_slider"], _MOST)

    st.slider(
        "At most this share of the dense network",
        _LEAST,
        _MOST,
        budget_share(),
        0.01,
        key="budget_slider",
        on_change=take,
        width=420,
        help=explain("cost budget"),
    )
    share = budget_share()
    if st.query_params.get(BUDGET) != f"{share:.2f}":
        st.query_params[BUDGET] = f"{share:.2f}"
    return share


def _limit(solution: Solution) -> None:
    kind = solution.budget.kind
    st.caption(
        f"At most {cost(solution.limit, kind)} of {cost(solution.dense_cost, kind)} {_unit(kind)}. "
        f"{_whole(solution.dense)}"
    )


def _whole(dense: Evaluation) -> str:
    if dense.by.note:
        return formats.plain(dense.by.note)
    value = formats.accuracy(dense.value)
    return f"On {dense.examples:,} {dense.by.examples} the dense network's {dense.by.name} is {value}."


def _side_by_side(solution: Solution) -> None:
    solved, uniform = st.columns(2, gap="medium", border=True)
    with solved:
        st.markdown("**By sensitivity:** each group its own ratio")
        _allocation(solution.solved, solution)
    with uniform:
        if solution.uniform is None:
            st.markdown("**One ratio for all**")
            st.info("No single ratio meets this budget.")
            return
        st.markdown(f"**One ratio for all:** {solution.uniform_ratio:.2f}")
        _allocation(solution.uniform, solution)


def _allocation(found: Allocation, solution: Solution) -> None:
    expected, measured = st.columns([0.75, 1], gap="small")
    by, moved = found.measured.by, found.measured.value - solution.dense.value
    with expected:
        _expected(found)
    with measured:
        measured_badge(by.on(found.measured.examples))
        st.metric(
            by.title,
            formats.judged(found.measured.value, by),
            formats.change(moved, by) if moved else "as dense",
            delta_color=("normal" if by.higher_is_better else "inverse") if moved else "off",
            delta_arrow="auto" if moved else "off",
            help=f"{explain(by.term)} On a copy with these channels removed.",
        )
    if solution.budget.kind is BudgetKind.MILLISECONDS:
        _times(found, solution)
    exact_badge("before applying")
    st.caption(
        f"{formats.count(found.macs)} MACs · {formats.count(found.params)} parameters · "
        f"{formats.file_size(found.bytes)}"
    )


def _expected(found: Allocation) -> None:
    if found.expected_value is None:
        st.badge("outside the measured range", color="gray")
        st.metric("Expected", "–", help="A group loses more than the largest ratio that was measured.")
        return
    _expected_badge()
    st.metric(
        "Expected", f"≈ {formats.judged(found.expected_value, found.measured.by)}", help=explain("expected")
    )


def _times(found: Allocation, solution: Solution) -> None:
    with st.container(horizontal=True, vertical_alignment="center"):
        _expected_badge()
        miss = ""
        if solution.model_error is not None:
            miss = (
                f", from its layers' times; up to {100 * solution.model_error:.0f} % off on uniformly "
                "pruned copies"
            )
        st.caption(f"≈ {found.cost:.2f} ms{miss}")
    if found.latency and solution.dense_latency:
        with st.container(horizontal=True, vertical_alignment="center"):
            measured_badge("alternately")
            st.caption(f"{_interval(found.latency)}; dense {_interval(solution.dense_latency)}")


def _interval(timing: Timing) -> str:
    return f"{1e3 * timing.median:.2f} ms ({1e3 * timing.low:.2f} to {1e3 * timing.high:.2f})"


def _expected_badge() -> None:
    st.badge("estimate", color="orange", help=explain("expected"))


def cost(number: float, kind: BudgetKind) -> str:
    """A cost as people read it."""
    if kind is BudgetKind.MILLISECONDS:
        return f"≈ {number:.2f}"
    return formats.file_size(int(number)) if kind is BudgetKind.BYTES else formats.count(number)


def _unit(kind: BudgetKind) -> str:
    return {BudgetKind.BYTES: "in all tensors", BudgetKind.MILLISECONDS: "ms, an estimate"}.get(
        kind, str(kind)
    )
