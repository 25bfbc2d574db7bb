"""Mask by torch.nn.utils.prune: move the slider for the exact plan, then apply it with the library."""

import streamlit as st

from explorer.engine import calls
from explorer.ui.native.apply import NativeRun, native_apply_panel
from explorer.ui.native.options import current_amount, pick_amount_unit, pick_native_options
from explorer.ui.native.overrides import keep_in_link, override_table
from explorer.ui.native.plan import native_plan
from explorer.ui.native.prepare import prepare
from explorer.ui.parts.widgets import failures
from explorer.ui.shell import frame, state
from explorer.ui.shell.history import show_history

spec = frame.draw()
st.title("PyTorch native")
st.markdown(
    "`torch.nn.utils.prune` writes zeros into weights and removes nothing: shapes and MACs stay. "
    "Move the slider: the plan follows at once, and it is exact. **Apply** then really masks a copy and measures it."
)
with failures("native", spec):
    with st.spinner(f"Loading {spec.name} …", show_time=True):
        summary = calls.summary(spec)
    maskable = calls.maskable_layers(spec)
    options = pick_native_options(maskable, spec.name)
    is_count = pick_amount_unit()
    amount = current_amount(is_count)
    keep_in_link()
    state.show_notices("native_own", "native_unit", "native_amount")
    if prepare(spec, options):
        native_plan(spec, options, is_count, summary.evaluation)
        with st.expander("Layers with a ratio of their own", expanded=bool(options.overrides)):
            override_table([row for row in summary.layers if row.name in (options.layers or maskable)])
    native_apply_panel(NativeRun(spec, options, amount))
show_history()
