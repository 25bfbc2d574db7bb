"""What each run would leave, by plans alone: its ratio for the budget, and the exact counts."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pandas as pd
import streamlit as st

from explorer.backends.contenders import title_of
from explorer.ui.parts.widgets import exact_badge
from explorer.values import Budget
from explorer.values.comparing import LETTERS, Solved
from explorer.words import formats
from explorer.words.glossary import explain


def show_solutions(solutions: Sequence[Solved], budget: Budget | None) -> None:
    """Draw one line a run: what its plan leaves, and how near it comes to the budget."""
    if not solutions:
        return
    st.markdown("**What the plans keep**")
    exact_badge("from plans, without running a library")
    frame = pd.DataFrame([_row(number, solution) for number, solution in enumerate(solutions)])
    st.dataframe(frame, hide_index=True, column_config=_columns(), key="compare_plans")
    if budget and budget is not Budget.RATIO:
        st.caption(
            "**off budget**: how far the closest plan is from the budget, since only whole channels or weights go."
        )
    for number, solution in enumerate(solutions):
        if solution.problem:
            st.warning(
                f"**{LETTERS[number]} is left out.** {formats.plain(solution.problem)}",
                icon=":material/block:",
            )


def _row(number: int, solution: Solved) -> dict[str, object]:
    costs, off = solution.costs, solution.off_by
    return {
        "run": f"{LETTERS[number]} · {title_of(solution.contender)}",
        "ratio": solution.contender.ratio,
        **({} if off is None else {"off budget": f"{100 * off:+.2f} %"}),
        "parameters": costs and costs.params,
        "non-zeros": costs and costs.nonzero,
        "MACs": costs and costs.macs,
        "effective MACs": costs and costs.effective_macs,
        "tensors": costs and formats.file_size(costs.bytes),
    }


def _columns() -> dict[str, Any]:
    number = {
        name: st.column_config.NumberColumn(format="localized", help=explain(name))
        for name in ("parameters", "non-zeros", "MACs", "effective MACs")
    }
    return {
        "run": st.column_config.TextColumn(pinned=True),
        "ratio": st.column_config.NumberColumn(format="%.4f", help=explain("pruning ratio")),
        "off budget": st.column_config.TextColumn(help=explain("budget")),
        "tensors": st.column_config.TextColumn(help=explain("tensors")),
        **number,
    }
