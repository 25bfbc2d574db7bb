"""What came of a comparison: tables, the trade-off, curves over ratios, and layers side by side."""

from __future__ import annotations

import streamlit as st

from explorer.backends.contenders import describe
from explorer.exports.comparison import entries
from explorer.ui.compare import charts, pareto
from explorer.ui.compare.answers import show_answers
from explorer.ui.compare.tables import show_tables
from explorer.ui.parts.widgets import NO_ACCURACY, measured_badge, pick
from explorer.ui.shell import state
from explorer.values.comparing import Comparison
from explorer.words import formats
from explorer.words.glossary import explain


def show_comparison(comparison: Comparison) -> None:
    """Draw the whole report."""
    spec = comparison.request.spec
    measured_badge(f"{formats.plain(spec.name)}, all networks alternately, in one process")
    _problems(comparison)
    _legend(comparison)
    show_answers(comparison)
    show_tables(comparison)
    if not any(run.outcome for run in comparison.runs):
        return
    _trade_off(comparison)
    _curves(comparison)
    _layers(comparison)


def _problems(comparison: Comparison) -> None:
    for letter, run in zip(comparison.request.letters, comparison.runs, strict=False):
        if run.problem:
            lacks = "was not fine-tuned" if run.outcome else "has no result"
            st.error(f"**{letter} {lacks}.** {formats.plain(run.problem)}")
        elif run.outcome and run.outcome.differences:
            listed = "\n".join(f"- {formats.plain(sentence)}" for sentence in run.outcome.differences[:5])
            st.error(f"**{letter}: plan and library differ.** The library's result stands:\n{listed}")
    exact = [
        letter
        for letter, run in zip(comparison.request.letters, comparison.runs, strict=False)
        if run.plan_is_library
    ]
    if exact:
        st.success(
            f"**Plan = library** for {', '.join(exact)}: every tensor equals the plan's exactly.",
            icon=":material/check:",
        )


def _legend(comparison: Comparison) -> None:
    runs = zip(comparison.request.letters, comparison.runs, strict=False)
    st.caption("  \n".join(f"**{letter} · {describe(run.contender)}**" for letter, run in runs))


def _trade_off(comparison: Comparison) -> None:
    dense = comparison.dense.pruned
    title = dense.by.title if dense else "Accuracy"
    st.markdown(f"**{title} against cost**", help=explain("Pareto front"))
    if dense is None:
        st.caption(NO_ACCURACY)
        return
    cost = pick("Cost", "compare_cost", tuple(pareto.COSTS), "The cost on the horizontal axis.")
    state.show_notices("compare_cost")
    st.altair_chart(pareto.pareto(comparison, cost), alt=f"{title} of every run against its {cost}")
    st.caption(
        f"{title} after the last step taken: fine-tuning, else BN re-calibration, else pruning. ◆ marks the "
        "dense network; the dashed line connects the Pareto front."
    )


def _curves(comparison: Comparison) -> None:
    st.markdown("**Curves over ratios**")
    dense = comparison.dense.pruned
    name = dense.by.name if dense else "accuracy"
    known = (name, *charts.CURVES)
    followed = any(point.value is not None for run in comparison.runs for point in run.curve)
    offered = known if dense and followed else known[1:]
    what = pick("Figure", "compare_curve", offered, "The figure on the vertical axis.", known)
    state.show_notices("compare_curve")
    st.altair_chart(charts.curves(comparison, what), alt=f"{what} of every run over the ratio")
    measured = f"{name[:1].upper()}{name[1:]} is measured right after pruning, on copies pruned to plan."
    st.caption(
        f"{measured if what == name else 'Planned, and exact.'} A dashed line is an estimate: with "
        "several steps and a wide scope, the library may choose differently."
    )


def _layers(comparison: Comparison) -> None:
    st.markdown("**Layers side by side**")
    what = pick("Show", "compare_layers", ("width", "sparsity"), f"{explain('width')} {explain('sparsity')}")
    state.show_notices("compare_layers")
    rows = entries(comparison)
    table = charts.layer_table(rows, what)
    percent = what == "sparsity"
    config = {
        row.letter: st.column_config.ProgressColumn(
            format="percent" if percent else "%d",
            min_value=0,
            max_value=1 if percent else int(table["dense"].max()),
            help=row.name,
        )
        for row in rows
    }
    st.dataframe(table, hide_index=True, column_config=config, height="auto" if len(table) <= 10 else 420)
