"""Which run to use for which goal: one line each, and behind it the numbers and why not the others."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import pandas as pd
import streamlit as st

from explorer.glossary import explain
from explorer.schema import Confidence
from explorer.schema.answers import Answer
from explorer.schema.comparing import Comparison
from explorer.ui import formats
from explorer.ui.compare_rows import entries
from explorer.ui.profile_verdicts import evidence_table

_NOBODY = {Confidence.CANNOT_TELL: "can't tell"}
_UNEQUAL = (
    1.1  # the most that is left over the least, from which on accuracies are not compared like for like
)


def show_answers(comparison: Comparison) -> None:
    """Draw the answers, if there are any."""
    if not comparison.answers:
        return
    titles = {entry.letter: entry.title for entry in entries(comparison)}
    st.subheader("Which one for which goal", help=explain("goal"))
    _overview(comparison, titles)
    _unlike(comparison)
    with st.expander("The numbers behind each answer, and why not the others", key="compare_reasons"):
        for start in range(0, len(comparison.answers), 2):  # two in a row, of the same height
            pair = comparison.answers[start : start + 2]
            for answer, column in zip(pair, st.columns(2, gap="small"), strict=False):
                with column.container(border=True, height="stretch"):
                    _card(answer, titles)


def _overview(comparison: Comparison, titles: Mapping[str, str]) -> None:
    rows = [
        {"goal": answer.goal, "use": used(answer, titles), "because": answer.claim}
        for answer in comparison.answers
    ]
    st.table(pd.DataFrame(rows).set_index("goal"))


def used(answer: Answer, titles: Mapping[str, str]) -> str:
    """The runs to use, by their titles; or that there are none."""
    return ", ".join(titles[letter] for letter in answer.best) or _NOBODY.get(
        answer.confidence, "none of them"
    )


def _unlike(comparison: Comparison) -> None:
    left = {entry.letter: entry.outcome.nonzero for entry in entries(comparison)[1:]}
    if max(left.values()) <= _UNEQUAL * min(left.values()):
        return
    shares = ", ".join(
        f"{letter} {formats.share(nonzero, comparison.dense.nonzero)}" for letter, nonzero in left.items()
    )
    st.caption(
        f"The runs do not leave equally much: of the parameters stay other than zero in {shares}. Accuracies compare "
        "like for like only at one budget: pick one above."
    )


def _card(answer: Answer, titles: Mapping[str, str]) -> None:
    colour = "green" if answer.best else "gray"
    st.markdown(f"**{answer.goal}** :{colour}-badge[{used(answer, titles)}]")
    st.markdown(formats.plain(answer.claim))
    st.markdown(evidence_table([replace(one, what=titles[one.what]) for one in answer.evidence]))
    st.markdown(
        "\n".join(
            f"- *Why not {formats.plain(titles[other.letter])}:* {formats.plain(other.sentence)}"
            for other in answer.others
        )
    )
