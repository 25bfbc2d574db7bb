"""Which run to use for which goal: one line each, and for the goal in focus its numbers and why not the others."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import pandas as pd
import streamlit as st

from explorer.exports.comparison import entries
from explorer.ui.parts.evidence import evidence_table
from explorer.ui.parts.widgets import choose
from explorer.ui.shell import state
from explorer.values import Confidence, Outcome
from explorer.values.answers import DENSE, Answer, Goal
from explorer.values.comparing import Comparison
from explorer.words import formats
from explorer.words.glossary import explain

_UNEQUAL = 1.1  # most non-zeros over least: from here on accuracies are not compared like for like
_TABLE, _TEXT = 470, 500  # px


def show_answers(comparison: Comparison) -> None:
    """Draw the answers, if there are any."""
    if not comparison.answers:
        return
    shown = entries(comparison)
    titles = {entry.letter: entry.title for entry in shown}
    outcomes = {entry.letter: entry.outcome for entry in shown}
    st.header("Which one for which goal", help=explain("goal"))
    st.table(overview(comparison.answers, titles, outcomes).set_index("goal"))
    _unlike(outcomes)
    _reasons(comparison.answers, titles)


def overview(
    answers: tuple[Answer, ...], titles: Mapping[str, str], outcomes: Mapping[str, Outcome]
) -> pd.DataFrame:
    """One line a goal: the runs to use, why, and how well they do where that is known."""
    final = outcomes[DENSE].final
    column = f"{final.by.name if final else 'accuracy'} with it"
    rows = [
        {
            "goal": answer.goal,
            "use": used(answer, titles),
            "because": answer.claim,
            column: _accuracies(answer, outcomes),
        }
        for answer in answers
    ]
    table = pd.DataFrame(rows)
    return table if final else table.drop(columns=column)


def used(answer: Answer, titles: Mapping[str, str]) -> str:
    """The runs to use, by their titles; or that there is none."""
    nobody = "can't tell" if answer.confidence is Confidence.CANNOT_TELL else "none"
    return ", ".join(titles[letter] for letter in answer.best) or nobody


def _accuracies(answer: Answer, outcomes: Mapping[str, Outcome]) -> str:
    """How well the runs to use do; where they differ, each by its letter."""
    found = {
        letter: formats.unbroken(formats.judged(final.value, final.by))
        for letter in answer.best
        if (final := outcomes[letter].final)
    }
    if len(set(found.values())) > 1:
        return ", ".join(formats.unbroken(f"{letter} {value}") for letter, value in found.items())
    return next(iter(found.values()), "–")


def _unlike(outcomes: Mapping[str, Outcome]) -> None:
    dense = outcomes[DENSE]
    left = {letter: found.nonzero for letter, found in outcomes.items() if letter != DENSE}
    if max(left.values()) <= _UNEQUAL * min(left.values()):
        return
    shares = ", ".join(
        f"{letter} {formats.share(nonzero, dense.nonzero)}" for letter, nonzero in left.items()
    )
    st.caption(
        f"These runs keep different amounts of the dense network's non-zeros ({shares}); choose a budget above to "
        "compare like with like."
    )


def _reasons(answers: tuple[Answer, ...], titles: Mapping[str, str]) -> None:
    """The goal in focus: its numbers, and why the other runs do not serve it."""
    goals = {str(answer.goal): answer for answer in answers}
    answer = goals[choose("Evidence for", "compare_goal", tuple(goals), explain("goal"), tuple(Goal))]
    state.show_notices("compare_goal")
    beside = st.container(border=True, horizontal=True, gap="medium")  # below each other where it is narrow
    with beside.container(width=_TABLE):
        st.markdown(evidence_table([replace(one, what=titles[one.what]) for one in answer.evidence]))
    with beside.container(width=_TEXT):
        st.markdown(f":{'green' if answer.best else 'gray'}-badge[{used(answer, titles)}] {answer.claim}")
        for other in answer.others:
            st.markdown(f"**Why not {formats.plain(titles[other.letter])}?** {formats.plain(other.sentence)}")
