"""The dependency graph in the page: an SVG that is panned, zoomed, searched and clicked in the browser.

A click lights its group at once in the browser and then tells Python. The
selection, and colours laid over the boxes, go through a second, tiny component: a change of the drawing's
own data would send all of it again and lose pan and zoom.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import streamlit as st

from explorer.drawing.folding import Folds
from explorer.drawing.interactive import asset, script, style
from explorer.ui.shell import assets

_TELLS = assets.text("tell.js")


@dataclass(frozen=True, slots=True)
class Pick:
    """What a person clicked: a group, or nothing; ``moment`` orders clicks in time (ms)."""

    group: int | None
    moment: int
    nodes: tuple[int, ...] = ()  # of the box that was clicked, as places in the graph


def draw(data: dict[str, Any], on_pick: Callable[[Pick], None], key: str, height: int) -> None:
    """Draw the graph; `on_pick` gets each click. `key` is also what `tell` and `folds_of` call it by."""
    renderer = st.components.v2.component(
        "explorer_graph",
        html=asset("graph.html"),
        css=style("graph"),
        js=script(),
    )
    renderer(
        key=key,
        data=data | {"name": key, "of": _of(data)},
        height=height,
        on_did_change=partial(_follow, key, on_pick),
    )


def folds_of(drawing: str) -> Folds:
    """What a person opened and closed in a drawing, by its key."""
    return st.session_state.get(f"{drawing}_folds") or Folds()


def has_folds(drawing: str) -> bool:
    """Whether this session knows what is opened and closed in a drawing."""
    return f"{drawing}_folds" in st.session_state


def set_folds(drawing: str, folds: Folds) -> None:
    """Open and close these in a drawing."""
    st.session_state[f"{drawing}_folds"] = folds


def forget_folds(drawing: str) -> None:
    """Draw as much as one as at first: another network has other modules."""
    set_folds(drawing, Folds())


def _follow(drawing: str, on_pick: Callable[[Pick], None]) -> None:
    """Take what was done; each word repeats the ones before it.

    A pick counts again: a menu of groups that the browser had not changed yet may have taken it back.
    """
    did = (st.session_state.get(drawing) or {}).get("did") or {}
    fold, pick, last = did.get("fold"), did.get("picked"), f"{drawing}_fold"
    if fold and fold["moment"] != st.session_state.get(last):
        st.session_state[last] = fold["moment"]
        set_folds(drawing, folds_after(folds_of(drawing), fold))
    if pick:
        on_pick(Pick(pick["group"], int(pick["moment"]), tuple(pick["nodes"])))


def folds_after(folds: Folds, asked: Mapping[str, Any]) -> Folds:
    """What is drawn as one after a click on a handle."""
    scope = frozenset([str(asked["scope"])])
    if asked["what"] == "unrolled":
        return replace(folds, unrolled=folds.unrolled ^ scope)
    return replace(folds, toggled=folds.toggled ^ scope)


def tell(
    drawing: str,
    data: Mapping[str, Any],
    pick: Pick,
    heat: Mapping[str, Any] | None = None,
    left: Mapping[str, Any] | None = None,
) -> None:
    """Light a group in a drawing, or none, and lay colours over it, without touching pan and zoom.

    Args:
        drawing: its key.
        data: what it draws; what is told counts for no other, whose boxes have other numbers.
        pick: the group.
        heat: colours by group, and which node has which, as `explorer.ui.parts.heat` makes them.
        left: how full each box is, and a title.
    """
    words = {"group": pick.group, "moment": pick.moment, "heat": heat, "left": left}
    say(drawing, {"of": _of(data), **words})


def _of(data: Mapping[str, Any]) -> str:
    """What tells a drawing from the one before it, which may still be there, or may have left its note."""
    return f"{hash(data['svg']):x}"


def say(drawing: str, words: Mapping[str, Any]) -> None:
    """Let the drawing of that key know what has changed, without sending it again."""
    renderer = st.components.v2.component("explorer_graph_told", js=_TELLS)
    renderer(key=f"{drawing}_told", data={"drawing": drawing, **words}, height=1)
