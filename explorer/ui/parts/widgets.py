"""Small pieces that several pages share."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Literal

import streamlit as st
from streamlit.elements.lib.mutable_expander_container import ExpanderContainer

from explorer.backends.fields import Problem, Span
from explorer.ui.parts.places import Places
from explorer.ui.shell import state
from explorer.ui.shell.downloads import offer_download
from explorer.values import Evaluation, NetworkSpec
from explorer.values.errors import DownloadError, EngineError, ExplorerError
from explorer.words import formats
from explorer.words.glossary import explain


@contextmanager
def failures(place: str, spec: NetworkSpec, options: Places | None = None) -> Iterator[None]:
    """Show what the explorer refuses as its one sentence; the rest of the page stays.

    Args:
        place: names this part of the page, so that two parts can fail at once.
        spec: the network it is about; missing weights are offered for download.
        options: where refusals that are about one option are told; None: here.
    """
    try:
        yield
    except DownloadError as error:
        offer_download(spec, str(error))
    except EngineError as error:
        st.error(formats.plain(str(error)))
        st.button("Try again", key=f"again_{place}")
    except ExplorerError as error:
        (options or Places()).tell(Problem(error.field, str(error)))


def exact_badge(when: str = "") -> None:
    """Mark figures that are computed, and exact."""
    st.badge(f"exact, {when}" if when else "exact", color="blue", help=explain("exact"))


def measured_badge(how: str, at: str = "") -> None:
    """Mark figures that were found by running the network; `at` another position of a slider than the one on screen."""
    told = f"at {at}" if at else "measured"  # about as long, so that nothing jumps
    st.badge(f"{told}: {how}", color="gray" if at else "green", help=explain("measured"))


NO_ACCURACY = "Accuracy needs trained weights and labelled images."
NO_LABELS = "Training needs labelled images or a loss of your own; this network has neither."


def not_measured(why: str = NO_ACCURACY) -> None:
    """Say why a figure is missing."""
    st.badge("not measured", color="gray")
    st.caption(why)


def judged_badge(found: Evaluation) -> None:
    """Mark how well a network does: measured, on how many examples; and what to know about that."""
    measured_badge(found.by.on(found.examples))
    if found.by.note:
        st.caption(formats.plain(found.by.note))


def linked_expander(label: str, name: str) -> ExpanderContainer:
    """Folded, unless it was opened or the link says ``name=true``."""
    state.check_link(name, ("true", "false"), f"a state of “{label}”")
    state.show_notices(name)
    return st.expander(label, key=name, bind="query-params", on_change=lambda: state.forget(name))


Width = int | Literal["stretch"]
Persist = Literal["session"] | None  # "session": kept while other pages are open, too


def pick(
    label: str,
    name: str,
    options: Sequence[str],
    help: str,
    known: Sequence[str] = (),
    disabled: bool = False,
    persist: Persist = None,
) -> str:
    """One of a few options, kept in the link under `name`; the first one unless picked.

    Args:
        label: stands above the options.
        name: of the widget in the session and in the link.
        options: what can be picked.
        help: one sentence or more on what they mean.
        known: what a link may name without being wrong, where that is more than `options`.
        disabled: whether it is greyed.
        persist: how long it is kept.
    """
    _settle(label, name, options, known)
    picked = st.segmented_control(
        label,
        options,
        default=options[0],
        required=True,
        key=name,
        bind="query-params",
        persist_state=persist,
        help=help,
        disabled=disabled,
        on_change=lambda: state.forget(name),
    )
    return picked or options[0]


def _settle(label: str, name: str, options: Sequence[str], known: Sequence[str]) -> None:
    """Forget an option that another choice took away, and say what a link names that does not exist."""
    if st.session_state.get(name) not in (None, *options):
        del st.session_state[name]
    state.rename(name, known or options)
    state.check_link(name, known or options, f"a value of {label.lower()}")


def choose(
    label: str,
    name: str,
    options: Sequence[str],
    help: str,
    known: Sequence[str] = (),
    disabled: bool = False,
    persist: Persist = None,
    is_linked: bool = True,
    width: Width = "stretch",
) -> str:
    """Like `pick`, as a list that opens: for options that need not stand side by side.

    Args:
        is_linked: whether the link holds it.
        width: in pixels.
    """
    _settle(label, name, options, known)
    picked = st.selectbox(
        label,
        options,
        key=name,
        bind="query-params" if is_linked else None,
        persist_state=persist,
        help=help,
        disabled=disabled,
        width=width,
        on_change=lambda: state.forget(name),
    )
    return picked or options[0]


def number(
    label: str,
    name: str,
    span: Span,
    help: str,
    start: float,
    width: Width = "stretch",
    persist: Persist = None,
    disabled: bool = False,
    whole: bool = False,
) -> float:
    """A number within bounds, kept in the link under `name`; `start` unless typed."""
    kind = int if whole else float
    state.check_number(name, span.least, span.most, start, whole)
    return st.number_input(
        label,
        kind(span.least),
        kind(span.most),
        kind(start),
        kind(span.step),
        "%d" if whole else span.format,
        key=name,
        bind="query-params",
        persist_state=persist,
        help=help,
        width=width,
        disabled=disabled,
        on_change=lambda: state.forget(name),
    )


def whole_number(label: str, name: str, low: int, high: int, help: str, start: int, width: Width) -> int:
    """The same for a whole number."""
    return int(number(label, name, Span(low, high), help, start, width, whole=True))
