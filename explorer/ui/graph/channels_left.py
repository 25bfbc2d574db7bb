"""The plan of the DepGraph page, laid over the drawing: each box as full as it keeps channels."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, cast

import streamlit as st

from explorer.backends import DEPGRAPH, backend_of
from explorer.backends.codec import as_link, of_link
from explorer.backends.depgraph.fields import FIELDS
from explorer.backends.fields import named
from explorer.drawing.folding import Folds
from explorer.drawing.layout import layout
from explorer.drawing.widths_left import BoxWidth, counted_boxes, widths_left
from explorer.engine import calls
from explorer.ui.parts import own_ratios
from explorer.ui.parts.prepare import prepare
from explorer.ui.pruning.onward import last_seen
from explorer.ui.pruning.run import PruningRun
from explorer.ui.shell import state
from explorer.values import ChannelOptions, ChannelPlan, LayerGraph, NetworkSpec
from explorer.values.errors import ExplorerError

_BESIDE = ("keep", "overrides")  # set on this page, too
_KEEP = named(FIELDS, "keep").key
_LINKED = tuple(option for option in FIELDS if option.name not in _BESIDE)


def channels_left(spec: NetworkSpec, graph: LayerGraph, folds: Folds | None) -> dict[str, Any] | None:
    """What the drawing is told; None while the ranking is not there.

    Args:
        spec: the network.
        graph: of it.
        folds: what is drawn as one; None: every layer is a box.
    """
    run = _run(spec, graph)
    if not prepare(*run.asked[:3]):
        return None
    plan = cast(ChannelPlan, calls.plan(*run.asked))
    boxes = _counted(spec.key, folds, graph, plan)
    _keep_in_link(run)
    told = f"Channels left at ratio {run.amount:.2f}, {run.options_text}"
    return {"title": told, "boxes": widths_left(boxes, plan)}


def _run(spec: NetworkSpec, graph: LayerGraph) -> PruningRun:
    """As the DepGraph page showed it last, or as the link says it, with what was set on this page since."""
    known, seen = backend_of(DEPGRAPH), last_seen(spec, DEPGRAPH)
    options = cast(ChannelOptions, seen.options) if seen else _of_link()
    keep = tuple(st.session_state.get(_KEEP, options.keep))
    own = own_ratios.own_ratios(spec)
    idle = own_ratios.settled_by_keeping(own, keep, graph)
    overrides = tuple(one for one in own if one[0] not in idle)
    ratio = state.start_fraction(known.amount, known.usual, known.largest)
    return PruningRun(spec, DEPGRAPH, replace(options, keep=keep, overrides=overrides), ratio)


def _of_link() -> ChannelOptions:
    link = {name: st.query_params.get_all(name) for name in st.query_params}
    try:
        return of_link(_LINKED, ChannelOptions, link, "DepGraph")
    except ExplorerError:  # it is told on the page of these options
        return ChannelOptions()


def _keep_in_link(run: PruningRun) -> None:
    wanted: Mapping[str, Any] = {
        backend_of(DEPGRAPH).amount: [f"{run.amount:.2f}"],
        **as_link(run.options, _LINKED),
    }
    if any(st.query_params.get_all(name) != values for name, values in wanted.items()):
        st.query_params.update(wanted)


@st.cache_resource(max_entries=6, show_spinner=False)
def _counted(key: str, folds: Folds | None, _graph: LayerGraph, _plan: ChannelPlan) -> tuple[BoxWidth, ...]:
    drawing = layout(_graph, folds is not None, folds=folds)
    return counted_boxes(_graph, drawing, _plan)
