"""Where what is on screen goes on: to a ratio that meets a budget, to Compare, Profile and Behaviour."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from math import ceil, floor
from typing import Any

import streamlit as st

from explorer.backends import backend_of, fields_of, parsed
from explorer.backends.contenders import compared
from explorer.backends.fields import Field
from explorer.engine import calls
from explorer.ui.parts import behaved, profiled
from explorer.ui.parts.compared_runs import contenders, set_contenders
from explorer.ui.parts.option_panel import store
from explorer.ui.pruning.run import PruningRun
from explorer.ui.shell import state
from explorer.values import Budget, NetworkSpec
from explorer.values.comparing import MOST_CONTENDERS, Contender
from explorer.values.errors import ExplorerError
from explorer.words.formats import plain
from explorer.words.glossary import explain

_BUDGETS = [str(one) for one in Budget if one is not Budget.RATIO]
_SEEN = "seen"  # in the session
_SENT = "sent_onward"  # in the session: what was sent where, and what could not go along


def remember(run: PruningRun) -> None:
    """Keep what a library's page shows, for pages that show the same plan."""
    st.session_state[f"{_SEEN}_{run.backend}"] = run


def last_seen(spec: NetworkSpec, backend: str) -> PruningRun | None:
    """What that library's page showed last in this session, if that was this network."""
    run = st.session_state.get(f"{_SEEN}_{backend}")
    return run if isinstance(run, PruningRun) and run.spec == spec else None


def budget_popover(run: PruningRun) -> None:
    """A budget in place of a ratio: what is to be left, and a button that moves the slider there."""
    place = _place(run)
    with st.popover("Set by a budget"):
        usual = Budget.MACS if backend_of(run.backend).removes else Budget.NONZERO
        st.selectbox("What is limited", _BUDGETS, _BUDGETS.index(usual), key=place, help=explain("budget"))
        st.number_input("Keep, in percent", 1, 100, 50, key=f"{place}_keep")
        st.button("Move the slider there", key=f"{place}_set", on_click=_meet, args=[run])


def show_budget(run: PruningRun) -> None:
    """How close to the budget the slider came, until it is moved or an option changes."""
    met, told = st.session_state.get(f"{_place(run)}_told", (None, ""))
    if met == replace(run, amount=st.session_state[backend_of(run.backend).amount]):
        st.caption(told)


def _place(run: PruningRun) -> str:
    return f"{backend_of(run.backend).prefix}to_budget"


def _meet(run: PruningRun) -> None:
    place = _place(run)
    budget, keep = Budget(st.session_state[place]), st.session_state[f"{place}_keep"] / 100
    try:
        found = _stop(run, budget, keep)
    except ExplorerError as error:
        found = str(error)
    there = replace(run, amount=st.session_state[backend_of(run.backend).amount])
    st.session_state[f"{place}_told"] = (there, plain(found))
    st.rerun()  # of all: more than this fragment follows the slider


def _stop(run: PruningRun, budget: Budget, keep: float) -> str:
    """Move the slider to the stop that comes closest, and say how close; its stops are 0.01 apart."""
    known = backend_of(run.backend)
    (solved,) = calls.solutions(run.spec, (Contender(run.backend, run.options, known.usual),), budget, keep)
    if solved.costs is None or solved.wanted is None:
        return solved.problem
    wanted, between = solved.wanted, 100 * solved.contender.ratio
    stops = {min(round(stop) / 100, known.largest) for stop in (floor(between), ceil(between))}
    left = {at: calls.plan(*run.asked[:3], at).costs.of(budget) for at in stops}
    ratio = min(left, key=lambda at: abs(left[at] - wanted))
    state.set_fraction(known.amount, ratio, known.largest)
    share = keep * left[ratio] / wanted
    return (
        f"Closest to {100 * keep:g} % of the {budget}: {known.asked} {ratio:.2f}, "
        f"which leaves {100 * share:.1f} %."
    )


def onward_menu(run: PruningRun) -> None:
    """Buttons that hand the options on screen to Compare, Profile and Behaviour, and a link to where they went.

    In a menu: beside Apply there is no room for three of them.
    """
    if isinstance(run.amount, tuple):  # channels chosen by hand have no ratio
        return
    with st.popover("Use elsewhere", key=f"{backend_of(run.backend).prefix}onward"):
        _buttons(run)
        _told(run)


def _buttons(run: PruningRun) -> None:
    known = backend_of(run.backend)
    full = len(contenders()) >= MOST_CONTENDERS
    st.button(
        "Add to Compare",
        key=f"{known.prefix}to_compare",
        on_click=_to_compare,
        args=[run],
        disabled=full,
        help=f"Compare has {MOST_CONTENDERS} runs at most. Remove one there first." if full else None,
    )
    if run.backend in profiled.PROFILED:
        st.button("Use in Profile", key=f"{known.prefix}to_profile", on_click=_to_profile, args=[run])
    st.button("Use in Behaviour", key=f"{known.prefix}to_behaviour", on_click=_to_behaviour, args=[run])


def _told(run: PruningRun) -> None:
    """What was sent last, as long as it is what is on screen."""
    sent, page, left = st.session_state.get(_SENT, (None, "", ()))
    if sent != run:
        return
    name = {"compare": "Compare", "profile": "Profile", "behaviour": "Behaviour"}[page]
    st.page_link(f"pages/{page}.py", label=f"Open {name} →")
    if left:
        st.caption(f"{name} leaves out {', '.join(left)}.")


def _to_compare(run: PruningRun) -> None:
    options, left = _only(run, compared(run.backend))
    set_contenders([*contenders(), Contender(run.backend, options, round(_ratio(run), 4))])
    st.session_state[_SENT] = (run, "compare", left)


def _to_profile(run: PruningRun) -> None:
    page = profiled.PROFILED[run.backend]
    options, left = _only(run, page.options)
    share = min(max(_ratio(run), profiled.SMALLEST), profiled.LARGEST)
    state.set_fraction(page.amount, share, profiled.LARGEST)
    store(page.options, options)
    st.session_state[_SENT] = (run, "profile", left)


def _to_behaviour(run: PruningRun) -> None:
    known, fields = backend_of(run.backend), behaved.behaved(run.backend)
    options, left = _only(run, fields)
    store(fields, options)
    st.session_state[behaved.LIBRARY] = known.name
    state.set_fraction(known.amount, _ratio(run), known.largest)
    st.session_state[_SENT] = (run, "behaviour", left)


def _only(run: PruningRun, taken: Sequence[Field]) -> tuple[Any, tuple[str, ...]]:
    """The run's options as far as another page takes them, and the labels of what it leaves out."""
    options, left = parsed(run.backend, {}), []
    takes = {option.name: option for option in taken}
    for option in fields_of(run.backend):
        value = getattr(run.options, option.name)
        if option.live or not option.matters(run.options) or value == option.usual(run.options):
            continue
        if option.name in takes and _offers(takes[option.name], value):
            options = replace(options, **{option.name: value})
        else:
            left.append(option.label.lower())
    return options, tuple(left)


def _offers(option: Field, value: object) -> bool:
    return not option.choices or value in [one.value for one in option.choices]


def _ratio(run: PruningRun) -> float:
    """The share that goes, where a count or an option says it."""
    if isinstance(run.amount, float):
        return run.amount
    return calls.plan(*run.asked).ratio
