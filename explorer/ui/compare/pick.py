"""Which runs are compared, and by which budget: widgets in, contenders out."""

from __future__ import annotations

import streamlit as st

from explorer.backends import BACKENDS
from explorer.backends.contenders import DEFAULTS, compared, describe
from explorer.ui.parts.compared_runs import LINK, contenders, set_contenders
from explorer.ui.parts.fields import Around, pick_some
from explorer.ui.parts.fraction_slider import fraction_slider
from explorer.ui.parts.widgets import pick
from explorer.ui.shell import state
from explorer.values import Budget, NetworkSummary
from explorer.values.comparing import LETTERS, MOST_CONTENDERS, AnyOptions, Contender
from explorer.words.glossary import explain

KEEP = "compare_keep"  # in the session and in the link
_OWN = "each its own ratio"
# First what all libraries can meet, and what their accuracies are fairly compared at.
_BUDGETS = (*sorted(map(str, Budget), key=lambda one: one != Budget.EFFECTIVE_MACS), _OWN)
_OPENED = "compare_opened"  # in the session: whether its link has been read
_DEFAULT_KEEP = 0.5


def pick_contenders(summary: NetworkSummary) -> tuple[Contender, ...]:
    """Draw the list of runs, with buttons to add and remove; returns the list.

    Args:
        summary: of the network, which tells what another run can have.
    """
    runs = contenders()
    state.show_notices(LINK)
    with st.container(key="compare_list", gap=None):
        for number, run in enumerate(runs):
            row = st.container(horizontal=True, vertical_alignment="center")
            row.markdown(f"**{LETTERS[number]}** · {describe(run)}", width="content")
            row.button(
                "",
                icon=":material/close:",
                key=f"compare_remove_{number}",
                help=f"Remove run {LETTERS[number]}",
                type="tertiary",
                on_click=_remove,
                args=[number],
            )
    if not runs:
        st.info("No runs yet. Add one, or use the defaults.")
    st.button("Reset to each library's defaults", on_click=set_contenders, args=[DEFAULTS])
    with st.expander("Add a run", icon=":material/add:", expanded=not runs):
        if len(runs) < MOST_CONTENDERS:
            _pick_another(summary)
        else:
            st.caption(f"{MOST_CONTENDERS} runs at most. Remove one first.")
    return runs


def _remove(number: int) -> None:
    runs = contenders()
    set_contenders([*runs[:number], *runs[number + 1 :]])


def _pick_another(summary: NetworkSummary) -> None:
    """A library, its main options and a ratio."""
    titles = {backend.name: library for library, backend in BACKENDS.items()}
    first = next(iter(titles))
    title = st.segmented_control("Library", list(titles), default=first, required=True, key="compare_library")
    library = titles[title or first]
    with st.container(horizontal=True, vertical_alignment="bottom"):
        options = pick_some(
            library,
            compared(library),
            lambda option: Around(f"compare_{library}_{option.name}", is_linked=False, width=160),
            summary,
        )
        ratio = st.number_input(
            "Ratio",
            0.0,
            0.98,
            _DEFAULT_KEEP,
            0.05,
            key="compare_ratio",
            help=explain("pruning ratio"),
            width=140,
        )
        st.button("Add", type="primary", on_click=_add, args=[library, options, ratio])


def _add(library: str, options: AnyOptions, ratio: float) -> None:
    set_contenders([*contenders(), Contender(library, options, round(ratio, 4))])


def _follow_link() -> None:
    """A link to runs that names no budget, and no share of one, is to each run's own ratio."""
    if _OPENED in st.session_state:
        return
    st.session_state[_OPENED] = True
    if LINK in st.query_params and not {"compare_budget", KEEP} & set(st.query_params):
        st.session_state["compare_budget"] = _OWN


def pick_budget() -> tuple[Budget | None, float]:
    """Draw the budget; returns what is limited (None: nothing) and the share of the dense network that is kept."""
    _follow_link()
    word = pick("Budget", "compare_budget", _BUDGETS, explain("budget"))
    state.show_notices("compare_budget")
    if word == _OWN:
        return None, _DEFAULT_KEEP
    budget = Budget(word)
    label, least, most = f"Keep this share of the {budget}", 0.02, 1.0
    if budget is Budget.RATIO:
        label, least, most = "Pruning ratio", 0.0, 0.95
    share = fraction_slider(label, KEEP, _DEFAULT_KEEP, least, most, width=480)
    state.show_notices(KEEP)
    return budget, share
