"""Which runs are compared, and by which budget: widgets in, contenders out."""

from __future__ import annotations

import streamlit as st

from explorer.glossary import explain
from explorer.schema.comparing import MOST_CONTENDERS, Budget, Contender, Library
from explorer.ui import state
from explorer.ui.compare_fields import DEFAULTS, KINDS, describe, options_of
from explorer.ui.compare_link import LINK, contenders, set_contenders
from explorer.ui.widgets import pick

LETTERS = "ABCDEF"  # short names of runs, in charts
_OWN = "each its own ratio"
_DEFAULT_KEEP = 0.5


def pick_contenders() -> tuple[Contender, ...]:
    """Draw the list of runs, with buttons to add and remove; returns the list."""
    runs = contenders()
    state.show_notices(LINK)
    with st.container(key="compare_list", gap=None):
        for number, run in enumerate(runs):
            name, remove = st.columns([12, 1], vertical_alignment="center")
            name.markdown(f"**{LETTERS[number]}** · {describe(run)}")
            remove.button(
                "",
                icon=":material/close:",
                key=f"compare_remove_{number}",
                help=f"Remove run {LETTERS[number]}",
                type="tertiary",
                on_click=_remove,
                args=[number],
            )
    if not runs:
        st.info("No run is picked; the dense network alone would be measured. Add one, or take the defaults.")
    with st.container(horizontal=True):
        _add_popover(len(runs))
        st.button("Each library's defaults", on_click=set_contenders, args=[DEFAULTS])
    return runs


def _remove(number: int) -> None:
    runs = contenders()
    set_contenders([*runs[:number], *runs[number + 1 :]])


def _add_popover(count: int) -> None:
    full = count >= MOST_CONTENDERS
    with st.popover(
        "Add a run",
        icon=":material/add:",
        disabled=full,
        help=f"{MOST_CONTENDERS} runs at most." if full else None,
    ):
        titles = {kind.title: library for library, kind in KINDS.items()}
        title = st.segmented_control(
            "Library", list(titles), default=next(iter(titles)), required=True, key="compare_library"
        )
        library = titles[title or next(iter(titles))]
        words = {
            field.name: str(
                st.selectbox(
                    field.label,
                    list(field.choices),
                    key=f"compare_{library}_{field.name}",
                    help=explain(field.term),
                )
            )
            for field in KINDS[library].fields
        }
        ratio = st.number_input(
            "Ratio", 0.0, 0.98, _DEFAULT_KEEP, 0.05, key="compare_ratio", help=explain("pruning ratio")
        )
        st.button("Add", type="primary", on_click=_add, args=[library, words, ratio])


def _add(library: Library, words: dict[str, str], ratio: float) -> None:
    set_contenders([*contenders(), Contender(library, options_of(library, words), round(ratio, 4))])


def pick_budget() -> tuple[Budget | None, float]:
    """Draw the budget; returns what is limited (None: nothing) and the share of the dense network that is kept."""
    with st.container(horizontal=True, gap="large", vertical_alignment="bottom"):
        word = pick("Budget", "compare_budget", (_OWN, *map(str, Budget)), explain("budget"))
        state.show_notices("compare_budget")
        if word == _OWN:
            return None, _DEFAULT_KEEP
        budget = Budget(word)
        by_ratio = budget is Budget.RATIO
        label = "Pruning ratio" if by_ratio else f"Keep this share of the {budget}"
        keep = st.slider(
            label,
            0.0 if by_ratio else 0.02,
            0.95 if by_ratio else 1.0,
            _DEFAULT_KEEP,
            0.01,
            key="compare_keep",
        )
    return budget, keep
