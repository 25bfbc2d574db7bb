"""The recipe builder and all that follows it, redrawn while the slider is dragged."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import cast

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from explorer.backends import SPARSEML
from explorer.backends.fields import Problem
from explorer.engine import calls
from explorer.process import island
from explorer.ui.extras.sparseml import charts
from explorer.ui.extras.sparseml.options import has_slider, pick_recipe
from explorer.ui.extras.sparseml.recipe import recipe_panel, show_recipe
from explorer.ui.extras.sparseml.run import run_panel, taken_run
from explorer.ui.extras.sparseml.state import FINAL, LARGEST, edited_problem, follow
from explorer.ui.parts.live_charts import draw
from explorer.ui.parts.live_slider import Again, is_moving, live_slider
from explorer.ui.parts.places import Places
from explorer.ui.parts.plan_parts import NOT_LIVE, show_accuracy, show_trust, show_warnings
from explorer.ui.parts.trailing import Judged, Position, followed, told
from explorer.ui.parts.widgets import failures, linked_expander, not_measured
from explorer.ui.pruning.code import show_code
from explorer.ui.pruning.figures import Shown, screen, shown_of
from explorer.ui.pruning.live_figures import show_figures, tell_stops
from explorer.ui.pruning.picture import Picture, zeros_picture
from explorer.ui.pruning.run import PruningRun
from explorer.ui.shell import assets, state
from explorer.values import (
    Evaluation,
    Interpolation,
    NetworkSpec,
    NetworkSummary,
    Plan,
    RecipePlan,
    SparseOptions,
)
from explorer.words import formats
from explorer.words.glossary import explain

_HEIGHT = 200  # pixels of the schedule
_PLANNED = "sparse_planned"  # in the session: whether the widgets made a plan when they were drawn last


@st.fragment
def recipe_builder(summary: NetworkSummary) -> PruningRun | None:
    """Draw the widgets, the recipe and the plan; only this part runs again while the slider is dragged.

    Returns:
        What is taken away as the widgets are; None while they are refused, or where SparseML is missing. It reaches
        the caller only where the whole page is drawn.
    """
    spec = summary.spec
    missing, plan = island.why_missing(), None
    follow(spec)
    st.html(assets.path("sparseml_page.css"))
    places = Places()
    first, slider = st.container(), st.container()
    places.keep("final_sparsity")
    planned = st.container()
    with linked_expander("Recipe and its options", "sparse_open"):
        widgets, recipe = st.container(key="sparse_builder").columns([1.25, 1], gap="medium")
    with failures("sparse_plan", spec):
        with widgets:
            options, complete = pick_recipe(summary, places, first)
            plan = _planned(spec, options.at(options.final_sparsity), places) if complete else None
        every = _of_slider(spec, options)
        with recipe:
            recipe_panel(spec, plan is not None, missing)
        found = _one_shot(every, plan) if plan and summary.evaluation else Judged(None)
        with planned:
            run = partial(run_panel, summary, plan, options.modifier, missing)
            if plan:
                _show(every, plan, summary.evaluation, found, run)
            else:
                st.info("No plan: the message under **Recipe and its options** says what to change.")
                run()
        if plan:
            show_code(PruningRun(spec, SPARSEML, plan.options, None))
        _mount(options, slider, found.again)
        if plan and has_slider(options):
            picture = zeros_picture(plan)
            tell_stops(every, lambda at: _shown(at, picture))
    _draw_all_where_refusal_turned(bool(plan))
    return taken_run(spec, plan.options) if plan and not missing else None


def _draw_all_where_refusal_turned(has_plan: bool) -> None:
    """The rest of the page stands outside the fragment, and a recipe can be taken away only where there is a plan."""
    had, st.session_state[_PLANNED] = st.session_state.get(_PLANNED, has_plan), has_plan
    if had != has_plan:
        st.rerun()


def _planned(spec: NetworkSpec, options: SparseOptions, places: Places) -> RecipePlan | None:
    """The plan of the widgets; None where they are refused, which is said at the one that causes it."""
    reading = calls.check_recipe(spec, options)
    plan = cast(RecipePlan, calls.plan(spec, SPARSEML, options, None)) if reading.options else None
    if plan:
        show_recipe(plan.recipe())
    else:
        places.tell(Problem(reading.field, reading.problem))
    problem = edited_problem()
    if problem and problem.field:
        places.tell(problem)
    return plan


def _mount(options: SparseOptions, slider: DeltaGenerator, again: Again) -> None:
    """The slider comes last: that it is mounted again tells the browser that all else is drawn."""
    with slider:
        if has_slider(options):
            state.show_notices(FINAL)
            live_slider("Final sparsity", FINAL, maximum=LARGEST, again=again)
        elif options.mask_type.fixed_sparsity is not None:
            fixed = formats.small_share(options.final_sparsity)
            st.info(f"A {options.mask_type} mask fixes sparsity at {fixed}, from start to end.")
        else:
            st.info("Constant masks keep the existing zeros, so there is no sparsity to choose.")


def _of_slider(spec: NetworkSpec, options: SparseOptions) -> PruningRun:
    """The same wherever the slider stands, which is one of the options."""
    return PruningRun(spec, SPARSEML, replace(options, final_sparsity=LARGEST), None)


def _shown(plan: Plan, picture: Picture) -> Shown:
    return shown_of(plan, removes=False, drawn=picture.told(plan))


def _show(
    every: PruningRun, plan: RecipePlan, dense: Evaluation | None, found: Judged, run: Callable[[], None]
) -> None:
    """Figures, what is drawn of the plan, and notes; what starts a `run` among them."""
    accuracy, figures, drawn = screen()
    picture = zeros_picture(plan, ", at the end")
    with accuracy:
        _show_one_shot(plan, dense, found)
    with figures:
        show_figures(_shown(plan, picture), every if has_slider(plan.options) else None, picture.name)
        run()
    with drawn:
        picture.draw()
        st.markdown("**Sparsity schedule** of a training run", help=explain("sparsity schedule"))
        figure = charts.schedule(plan.schedule, plan.options.epochs, height=_HEIGHT)
        draw(figure, "sparse_schedule", "Sparsity that the recipe asks for, over the epochs")
    show_warnings(plan.warnings)
    show_trust(found.found, "Run the recipe")
    st.caption(
        f"**Unchanged:** masks write zeros and keep every shape, so all {formats.count(plan.macs)} MACs are "
        "still computed and latency does not fall. A run measures it."
    )
    if plan.left_out:
        st.caption(formats.plain(plan.left_out))


def _one_shot(every: PruningRun, plan: RecipePlan) -> Judged:
    """Accuracy of the one-shot result, where the plan can tell it."""
    if _no_one_shot(plan):
        return Judged(None)
    options, final = plan.options, plan.options.final_sparsity
    asked, moves = (every.spec, SPARSEML, options, None), has_slider(options) and is_moving(FINAL)
    at = Position(calls.live_accuracy, asked, told(final), moves)
    return followed(FINAL, every, at)


def _show_one_shot(plan: RecipePlan, dense: Evaluation | None, found: Judged) -> None:
    """The same, or why there is none."""
    reason = _no_one_shot(plan)
    if reason and dense:
        not_measured(reason)
    elif dense and found.found is None:
        not_measured(f"{NOT_LIVE} Use **Run the recipe**.")
    else:
        show_accuracy(found, "one-shot, ")


def _no_one_shot(plan: RecipePlan) -> str:
    """Why the one-shot result cannot be shown before a run; "" where it can."""
    if not plan.masks_known:
        return "Which weights become zero depends on gradients, so only a run shows the accuracy."
    options = plan.options
    if options.modifier.traits.gradual and options.interpolation is Interpolation.INVERSE_CUBIC:
        return "With inverse_cubic, one-shot SparseML stops at the initial sparsity: only a training run goes on."
    return ""
