"""The options of DepGraph pruning: widgets in, frozen options out; all of them live in the link."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from explorer.glossary import explain
from explorer.schema import Criterion, LayerRow, PruningOptions, Scope
from explorer.ui import state
from explorer.ui.widgets import pick

_CRITERIA = {str(criterion).upper(): criterion for criterion in (Criterion.L2, Criterion.L1)}
_SCOPES = {str(scope): scope for scope in Scope}
_ROUND_TO = ("1", "2", "4", "8", "16")
_WITH_CHANNELS = ("Conv", "Linear")


def pick_options(layers: Sequence[LayerRow]) -> PruningOptions:
    """Draw the option widgets and return what is picked."""
    with st.container(horizontal=True, gap="medium"):
        criterion = pick(
            "Criterion",
            "criterion",
            tuple(_CRITERIA),
            f"{explain('criterion')} **L2**: {explain('L2')} **L1**: {explain('L1')}",
        )
        scope = pick(
            "Scope",
            "scope",
            tuple(_SCOPES),
            f"{explain('scope')} **local**: {explain('local')} **global**: {explain('global')}",
        )
        round_to = int(pick("Round to", "round_to", _ROUND_TO, explain("round to")))
        keep = _keep(layers)
    state.show_notices("criterion", "scope", "round_to", "keep")
    return PruningOptions(_CRITERIA[criterion], _SCOPES[scope], round_to if round_to > 1 else None, keep)


def _keep(layers: Sequence[LayerRow]) -> tuple[str, ...]:
    names = [row.name for row in layers if row.weight_shape and row.type.startswith(_WITH_CHANNELS)]
    state.check_link("keep", names, "a layer to keep")
    state.drop_unknown("keep", names)
    kept = st.multiselect(
        "Layers to keep",
        names,
        key="keep",
        bind="query-params",
        placeholder="none: every group may lose channels",
        help=explain("layers to keep"),
        on_change=lambda: state.forget("keep"),
    )
    return tuple(kept)
