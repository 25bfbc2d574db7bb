"""From groups to SparseML: a group as a structured recipe, and the proof that it masks what DepGraph removes."""

from __future__ import annotations

from dataclasses import replace

import streamlit as st

from explorer import service
from explorer.glossary import explain
from explorer.schema import MaskType, Modifier, NetworkSpec, RemovalCheck, SparseOptions
from explorer.ui import formats, state
from explorer.ui.formats import plain
from explorer.ui.sparseml_layers import pick_group
from explorer.ui.sparseml_state import DEFAULTS, FINAL, LARGEST, store
from explorer.ui.widgets import failures, measured_badge

SAME = 1e-4  # rounding gives about 1e-7; a wrongly masked channel more than this
_CHECKED = "sparse_checked"  # the last check of this session, and what it is of


@st.fragment
def groups_section(spec: NetworkSpec) -> None:
    """Draw the group, its recipe and the check; only this part runs again when another group is picked."""
    st.subheader("From groups to SparseML", help=explain("param_groups"))
    st.markdown(
        "SparseML knows no couplings. Told which layers belong together, it masks in each of them the slices that "
        "DepGraph would remove: so the recipe of a coupled group zeroes what could be cut out."
    )
    with failures("sparse_groups", spec):
        left, right = st.container(key="sparse_groups").columns([1, 1.1], gap="medium")
        with left:
            group = pick_group(spec, "Coupled group", "sparse_export")
            if group is None:
                st.info("This network has no group that may lose channels.")
                return
            options = service.sparse_group(spec, group.id, _base())
            _buttons(spec, group.id, options)
            _result(spec, group.id, options)
        with right:
            st.code(service.sparse_plan(spec, options).recipe, "yaml", height=330, wrap_lines=True)


def _base() -> SparseOptions:
    """The structured modifier at the slider's sparsity, reached by the default schedule."""
    final = state.start_fraction(FINAL, DEFAULTS.final_sparsity, LARGEST)
    return replace(
        DEFAULTS,
        modifier=Modifier.STRUCTURED,
        mask_type=MaskType.FILTER,
        init_sparsity=min(DEFAULTS.init_sparsity, final),
        final_sparsity=final,
    )


def _buttons(spec: NetworkSpec, group: int, options: SparseOptions) -> None:
    with st.container(horizontal=True):
        check = st.button("Check: masked = removed", help=explain("masked = removed"))
        if st.button("Use this recipe above", on_click=store, args=[options]):
            st.rerun()
    if check:
        with st.spinner("Masking one copy, cutting another, and comparing what they answer …"):
            found = service.sparse_removal(spec, group, options)
        st.session_state[_CHECKED] = (spec, group, options, found)


def _result(spec: NetworkSpec, group: int, options: SparseOptions) -> None:
    *of, found = st.session_state.get(_CHECKED, (None,))
    if of == [spec, group, options]:
        show_check(found)
    else:
        st.caption("**Check** compares the answers of both networks on test inputs.")


def show_check(found: RemovalCheck) -> None:
    """Draw the verdict and what each way leaves."""
    measured_badge("both networks")
    largest = formats.small_share(found.silenced_difference)
    if found.silenced_difference <= SAME:
        st.success(
            f"**Masked = removed.** Silenced or cut out, the {len(found.channels)} channels leave the same answers: "
            f"they differ by {largest} of the largest output at most.",
            icon=":material/check:",
        )
    else:
        st.error(f"**Masked is not removed.** The answers differ by {largest} of the largest output.")
    masked, removed = st.columns(2)
    masked.metric("Parameters, masked", formats.count(found.params_masked), help=explain("mask"))
    removed.metric("Parameters, removed", formats.count(found.params_removed), help=explain("apply"))
    if found.note:
        weights_alone = formats.small_share(found.difference)
        st.caption(f"With masks on weights alone the answers differ by {weights_alone}. {plain(found.note)}")
