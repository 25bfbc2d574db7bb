"""From groups to SparseML: a group as a structured recipe, and the proof that it masks what DepGraph removes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import cast

import streamlit as st

from explorer.backends import SPARSEML
from explorer.engine import calls
from explorer.ui.extras.sparseml.layers import maskable_groups, pick_group
from explorer.ui.extras.sparseml.state import DEFAULTS, FINAL, LARGEST, store
from explorer.ui.parts.widgets import failures, measured_badge, pick
from explorer.ui.shell import state
from explorer.values import MaskType, Modifier, NetworkSpec, RecipePlan, RemovalCheck, SparseOptions
from explorer.words import formats
from explorer.words.formats import plain
from explorer.words.glossary import explain

SAME = 1e-4  # rounding gives about 1e-7; a wrongly masked channel more than this
_MASKS = [str(mask) for mask in (MaskType.CHANNEL, MaskType.FILTER)]
_MASK = "sparse_export_mask"  # in the session and in the link
_WANTED = "sparse_check_wanted"
_CHECKED = "sparse_checked"  # the last check of this session, and what it is of


@st.fragment
def groups_section(spec: NetworkSpec) -> None:
    """Draw the group, its recipe and the check; only this part runs again when another group is picked."""
    st.header("From groups to SparseML", help=explain("param_groups"))
    st.markdown(
        "SparseML cannot see couplings; this recipe lists the layers of a coupled group, so that SparseML "
        "zeroes what DepGraph would remove."
    )
    left, right = st.container(key="sparse_groups").columns([1, 1.1], gap="medium")
    with left, failures("sparse_groups", spec):
        masks = _masks(spec)
        picked = st.session_state.get(_MASK)
        group = pick_group(
            spec, "Coupled group", "sparse_export", MaskType(picked if picked in masks else masks[0])
        )
        if group is None:
            st.info("No group of this network can lose channels.")
            return
        options = calls.group_recipe(spec, group.id, _base(masks))
        state.show_notices(_MASK)
        _buttons(options)
        _result(spec, group.id, options)
        with right:
            st.code(
                cast(RecipePlan, calls.plan(spec, SPARSEML, options, None)).recipe(),
                "yaml",
                height=420,
                wrap_lines=True,
            )


def _masks(spec: NetworkSpec) -> list[str]:
    """Mask types, first those by which this network has a group to mask."""
    maskable = maskable_groups(spec.key, spec)
    return sorted(_MASKS, key=lambda mask: not maskable[MaskType(mask)])


def _base(masks: Sequence[str]) -> SparseOptions:
    """The structured modifier at the slider's sparsity, reached by the default schedule."""
    final = state.start_fraction(FINAL, DEFAULTS.final_sparsity, LARGEST)
    return replace(
        DEFAULTS,
        modifier=Modifier.STRUCTURED,
        mask_type=MaskType(pick("Mask type", _MASK, masks, explain("mask type of a group"))),
        init_sparsity=min(DEFAULTS.init_sparsity, final),
        final_sparsity=final,
    )


def _buttons(options: SparseOptions) -> None:
    with st.container(horizontal=True):
        st.button("Check: masked = removed", help=explain("masked = removed"), on_click=_want, args=[options])
        st.button("Use this recipe above", on_click=_use, args=[options])


def _use(options: SparseOptions) -> None:
    store(options)
    st.rerun()  # the whole page, whose widgets show it


def _want(options: SparseOptions) -> None:
    st.session_state[_WANTED] = options


def _result(spec: NetworkSpec, group: int, options: SparseOptions) -> None:
    """The check of what is on screen, made now if it was asked for."""
    if st.session_state.pop(_WANTED, None) == options:
        with st.spinner("Masking one copy, pruning another and comparing their outputs …"):
            found = calls.group_removal(spec, group, options)
        st.session_state[_CHECKED] = (spec, options, found)
    *of, found = st.session_state.get(_CHECKED, (None,))
    if of == [spec, options]:
        show_check(found)
    else:
        st.caption("**Check** compares the outputs of both networks on test inputs.")


def show_check(found: RemovalCheck) -> None:
    """Draw the verdict and what each way leaves."""
    measured_badge("both networks")
    _verdict(found)
    masked, removed = st.columns(2)
    masked.metric("Parameters, masked", formats.count(found.params_masked), help=explain("mask"))
    removed.metric("Parameters, removed", formats.count(found.params_removed), help=explain("apply"))
    if found.note:
        st.caption(plain(found.note))


def _verdict(found: RemovalCheck) -> None:
    """Whether masking is removing: as SparseML does it, or once biases and norms are silent, too."""
    count, largest = len(found.channels), formats.small_share(found.difference)
    silenced = formats.small_share(found.silenced_difference)
    if found.difference <= SAME:
        st.success(
            f"**Masked = removed.** Masking {count} channels with SparseML and removing the same {count} give "
            f"the same outputs, within {largest} of the largest.",
            icon=":material/check:",
        )
    elif found.silenced_difference <= SAME:
        st.info(
            f"**The same {count} channels, but different outputs**: they differ by {largest} of the largest "
            f"output, and by {silenced} once the biases and norms of these channels are zero as well."
        )
    else:
        st.error(
            f"**Masked is not removed.** The outputs differ by {largest}, and by {silenced} with biases "
            "and norms silenced."
        )
