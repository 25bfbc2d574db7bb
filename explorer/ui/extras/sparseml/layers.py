"""Which layers a recipe masks: all, a list, a pattern, or the members of a coupled group."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import streamlit as st

from explorer.backends import SPARSEML, fields_of
from explorer.backends.fields import Problem, named
from explorer.drawing.highlight import title
from explorer.engine import calls
from explorer.ui.extras.sparseml.state import WHICH, Which, key
from explorer.ui.parts.fields import Around, draw
from explorer.ui.parts.graph_cache import graph_of
from explorer.ui.parts.places import Places
from explorer.ui.shell import state
from explorer.values import Group, MaskType, Modifier, NetworkSpec, SparseOptions
from explorer.values.errors import PruningError
from explorer.words.formats import plain
from explorer.words.glossary import explain

LAYERS = "layers"  # the option that lists them
_SEEN = "sparse_group_seen"  # the group that was last picked on the graph page


def pick_layers(spec: NetworkSpec, options: SparseOptions, places: Places) -> SparseOptions | None:
    """Draw the choice of layers, and complete the options with it; None where the group is refused."""
    pick = {
        Which.LIST: _list,
        Which.PATTERN: _pattern,
        Which.GROUP: _group,
        Which.WRITTEN: _written,
    }.get(_which(options))
    return pick(spec, options, places) if pick else options


def _which(options: SparseOptions) -> Which:
    written = options.modifier is Modifier.STRUCTURED and st.session_state.get(key("param_groups"))
    offered = [str(which) for which in Which if written or which is not Which.WRITTEN]
    if st.session_state.get(WHICH) not in (None, *offered):
        del st.session_state[WHICH]
    state.check_link(WHICH, offered, "a choice of layers")
    picked = st.segmented_control(
        "Layers to mask",
        offered,
        default=offered[0],
        required=True,
        key=WHICH,
        bind="query-params",
        persist_state="session",
        help=explain("layers of a recipe"),
        on_change=state.forget,
        args=[WHICH],
    )
    return Which(picked or offered[0])


def _list(spec: NetworkSpec, options: SparseOptions, places: Places) -> SparseOptions:
    option = named(fields_of(SPARSEML), LAYERS)
    picked = draw(option, options, Around(layers=calls.maskable_layers(spec), persist="session"))
    places.keep("layers")
    return replace(options, layers=picked or ())


def _pattern(spec: NetworkSpec, options: SparseOptions, places: Places) -> SparseOptions:
    example = f"for instance {_example(calls.maskable_layers(spec))}"
    option = replace(named(fields_of(SPARSEML), "pattern"), empty=example)
    typed = draw(option, options, Around(persist="session"))
    places.keep("pattern")
    if not typed:
        st.caption("No pattern yet, so all layers are masked.")
    return replace(options, pattern=typed)


def _example(known: Sequence[str]) -> str:
    """A pattern that takes the second half of the network's names for what they begin with."""
    part, dot, _ = known[len(known) // 2].partition(".")
    return rf"{part}\..*weight" if dot else rf"{part}\.weight"


def _group(spec: NetworkSpec, options: SparseOptions, places: Places) -> SparseOptions | None:
    first = options.mask_type if options.modifier is Modifier.STRUCTURED else MaskType.CHANNEL
    group = pick_group(spec, "Members of", key("group"), first)
    places.keep("param_groups", "layers")
    if group is None:
        return options
    if options.modifier is not Modifier.STRUCTURED:
        members = tuple(layer for layer in calls.maskable_layers(spec) if layer in group.layers)
        return replace(options, layers=members)
    try:
        return calls.group_recipe(spec, group.id, options)
    except PruningError as error:
        places.tell(Problem("param_groups", str(error)))
        return None


def pick_group(spec: NetworkSpec, label: str, name: str, mask_type: MaskType) -> Group | None:
    """A list of the coupled groups that may lose channels; it starts with the one picked on the graph page.

    Groups that SparseML cannot mask in this way stand last.
    """
    graph, maskable = graph_of(spec.key, spec), maskable_groups(spec.key, spec).get(mask_type, ())
    prunable = [group for group in graph.groups if group.prunable]
    groups = {group.id: group for group in sorted(prunable, key=lambda group: group.id not in maskable)}
    _follow_graph_page(spec, name, groups)
    if st.session_state.get(name) not in (None, *groups):
        del st.session_state[name]
    picked = st.selectbox(
        label,
        list(groups),
        format_func=lambda group_id: title(groups[group_id]),
        key=name,
        persist_state="session",
        filter_mode="contains",
        help=explain("group"),
    )
    return groups.get(picked) if picked is not None else None


@st.cache_resource(max_entries=8, show_spinner=False)
def maskable_groups(key: str, _spec: NetworkSpec) -> Mapping[MaskType, tuple[int, ...]]:
    """Ids of the groups that SparseML can mask, by mask type; kept, since a large network has many."""
    return calls.maskable_groups(_spec)


def _follow_graph_page(spec: NetworkSpec, name: str, groups: dict[int, Group]) -> None:
    here = st.session_state.get("graph_network") == spec.key
    picked, seen = st.session_state.get("group") if here else None, f"{_SEEN}_{name}"
    if picked in groups and st.session_state.get(seen) != picked:
        st.session_state[seen] = st.session_state[name] = picked


def _written(spec: NetworkSpec, options: SparseOptions, places: Places) -> SparseOptions:
    groups = st.session_state[key("param_groups")]
    listed = plain(" · ".join(map(", ".join, groups)))
    st.caption(f"Layers that lose the same slices, from the recipe: {listed}")
    places.keep("param_groups", "layers")
    layers = tuple(st.session_state.get(key("layers"), ()))
    return replace(options, param_groups=groups, layers=layers or None)
