"""The options of DepGraph pruning: widgets in, frozen options out; all of them live in the link."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from explorer.ui.parts.graph_cache import graph_of
from explorer.ui.parts.own_ratios import LINK, own_ratios, settled_by_keeping
from explorer.ui.parts.pruning_criteria import explain_choice, pick_criterion, pick_scope, pick_seed
from explorer.ui.parts.widgets import choose, pick, whole_number
from explorer.ui.shell import state
from explorer.values import (
    Criterion,
    LayerRow,
    NetworkSummary,
    Normalizer,
    PruningOptions,
    Reduction,
)
from explorer.words import formats
from explorer.words.glossary import explain
from explorer.words.option_words import criterion_name, extras

_ROUND_TO = ("1", "2", "4", "8", "16")
_WITH_CHANNELS = ("Conv", "Linear")
_REDUCTIONS = tuple(str(reduction) for reduction in Reduction)
_NORMALIZERS = (str(Normalizer.MEAN), *(str(n) for n in Normalizer if n is not Normalizer.MEAN))
_OWN_NORMALIZER = (Criterion.LAMP, Criterion.RANDOM)  # the library gives these no other
_MOST_STEPS = 20
_LEAST_MAXIMUM = 0.05
_NUMBERS = ("seed", "max_ratio", "steps")
_NOTED = ("criterion", "scope", "round_to", "keep", "reduction", "normalizer", *_NUMBERS, LINK)


def pick_options(summary: NetworkSummary) -> PruningOptions:
    """Draw the option widgets and return what is picked."""
    with st.container(horizontal=True, gap="medium"):
        criterion, scope = pick_criterion(summary), pick_scope()
    explain_choice(summary, criterion_name(criterion), scope)
    with st.expander("More options"):
        round_to, max_ratio, steps = _limits()
        reduction, normalizer, seed = _scoring(criterion)
        keep = _keep(summary.layers)
    own = _own(summary, keep)
    state.show_notices(*_NOTED)
    options = PruningOptions(
        criterion, scope, round_to, keep, reduction, normalizer, seed, own, max_ratio, steps
    )
    if told := "; ".join(extras(options)):
        st.caption(f"Also in force: {formats.plain(told)}.")
    return options


def _own(summary: NetworkSummary, keep: Sequence[str]) -> tuple[tuple[str, float], ...]:
    """Own ratios of groups that may lose channels; keeping a layer keeps its group whole."""
    own = own_ratios(summary.spec)
    idle = settled_by_keeping(own, keep, graph_of(summary.spec.key, summary.spec)) if own and keep else ()
    if idle:
        named = formats.plain(", ".join(idle))
        st.info(f"The own ratio of {named} has no effect: a layer of that group is among the layers to keep.")
    return tuple((layer, ratio) for layer, ratio in own if layer not in idle)


def _limits() -> tuple[int | None, float, int]:
    """What a plan must respect beside the ratio: rounding, the share that a group may lose, rounds."""
    rounding, share, rounds = st.columns([1.6, 1, 1], gap="medium")
    with rounding:
        round_to = int(pick("Round to", "round_to", _ROUND_TO, explain("round to")))
    with share:
        max_ratio = _max_ratio()
    with rounds:
        steps = whole_number("Iterative steps", "steps", 1, _MOST_STEPS, explain("iterative steps"))
    return (round_to if round_to > 1 else None), max_ratio, steps


def _max_ratio() -> float:
    state.check_number("max_ratio", _LEAST_MAXIMUM, 1.0, 1.0)
    typed = st.number_input(
        "Maximum ratio",
        _LEAST_MAXIMUM,
        1.0,
        1.0,
        0.05,
        "%.2f",
        key="max_ratio",
        bind="query-params",
        help=f"{explain('maximum ratio')} 1.00 sets no bound.",
        on_change=lambda: state.forget("max_ratio"),
    )
    return round(float(typed), 2)


def _scoring(criterion: Criterion) -> tuple[Reduction, Normalizer, int]:
    """How scores are put together; the defaults where the criterion leaves no choice."""
    by_chance = criterion is Criterion.RANDOM
    fixed = criterion in _OWN_NORMALIZER
    reducing, normalizing, seeding = st.columns([1, 1, 1], gap="medium")
    with reducing:
        reduction = choose(
            "Group reduction", "reduction", _REDUCTIONS, explain("group reduction"), disabled=by_chance
        )
    with normalizing:
        told = f"{explain('normaliser')} LAMP has its own, random needs none."
        normalizer = choose("Normaliser", "normalizer", _NORMALIZERS, told, disabled=fixed)
    with seeding:
        seed = pick_seed() if by_chance else 0
    return (
        Reduction.MEAN if by_chance else Reduction(reduction),
        Normalizer.MEAN if fixed else Normalizer(normalizer),
        seed,
    )


def _keep(layers: Sequence[LayerRow]) -> tuple[str, ...]:
    names = [row.name for row in layers if row.weight_shape and row.type.startswith(_WITH_CHANNELS)]
    state.check_link("keep", names, "a layer to keep")
    if gone := state.drop_unknown("keep", names):
        st.info(f"No longer kept, since this network has no such layer: {formats.plain(', '.join(gone))}.")
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
