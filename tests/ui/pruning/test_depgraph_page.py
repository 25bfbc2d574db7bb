"""The DepGraph pruning page and its options as Streamlit runs them; the engine is real."""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from explorer.engine import calls
from explorer.ui.extras.depgraph.ranking_charts import RankedClass, distributions, ranked
from explorer.ui.parts.needs import lacking, unavailable
from explorer.ui.parts.own_ratios import owner_of
from explorer.ui.parts.pruning_criteria import CRITERION
from explorer.ui.parts.trailing import Judged
from explorer.ui.pruning import plan as plan_part
from explorer.ui.pruning.run import PruningRun
from explorer.values import (
    Axis,
    ChannelCriterion,
    ChannelOptions,
    ChannelScope,
    JobState,
    JobStatus,
    NetworkSpec,
    Normalizer,
    Progress,
    RankingClass,
    Reduction,
    Weights,
)
from explorer.words import formats
from tests.helpers.pages import RESNET, metric, open_app, plan_marks
from tests.helpers.paths import ROOT
from tests.helpers.plans import channel_plan
from tests.helpers.present import present

pytestmark = pytest.mark.large

VIT = NetworkSpec("digits-vit", Weights.TRAINED)
INNER = "stage2.block0.conv1"  # its group is its own
JOINED = ("stage2.block0.conv2", "stage2.block1.conv2")  # in one group, by the residual sum


def opened(**link: str) -> AppTest:
    """The page as a link opens it."""
    app = AppTest.from_file(str(ROOT / "pages" / "depgraph_pruning.py"), default_timeout=120)
    for name, value in {"network": RESNET.name, **link}.items():
        app.query_params[name] = value
    app.run()
    assert not app.exception
    return app


def params(options: ChannelOptions, spec: NetworkSpec = RESNET, ratio: float = 0.3) -> str:
    """Parameters that the plan leaves, as the page writes them."""
    return formats.count(channel_plan(spec, options, ratio).params)


@pytest.mark.parametrize(
    ("state", "told"),
    [
        (JobState.CANCELLED, "**It ended.** **Apply** starts it again."),
        (JobState.FAILED, "The run broke off; the reason stands below. **Apply** starts it again."),
    ],
)
def test_a_run_without_a_result_is_told_at_its_button(
    monkeypatch: pytest.MonkeyPatch, state: JobState, told: str
) -> None:
    ended = JobStatus("ended", state, Progress(0.2, ""), 3.0, error="It ended.")
    monkeypatch.setattr(calls, "job", lambda job_id: ended)
    app = opened(network="digits-cnn", run="ended")
    assert told in [caption.value for caption in app.caption]
    assert [box.value for box in app.error] == ([] if state is JobState.CANCELLED else ["It ended."])
    assert ("Apply" in [header.value for header in app.header]) == (state is JobState.FAILED)
    assert not app.info


def test_the_card_with_the_figures_says_how_many_groups_were_left_whole() -> None:
    plan = channel_plan(RESNET, ChannelOptions(scope=ChannelScope.GLOBAL), 0.95)
    app = opened(scope="global", ratio="0.95")
    whole = (f"{plan.lost.count(0)} of {len(plan.lost)} groups left whole", "orange")
    assert plan.lost.count(0)
    assert plan_marks(app) == [("exact", "blue"), whole]
    assert plan_marks(opened(ratio="0.5")) == [("exact", "blue")]


def told(app: AppTest) -> str:
    """All notices on the page."""
    return " ".join(shown.value for shown in (*app.warning, *app.info))


def captions(app: AppTest) -> str:
    return " ".join(caption.value for caption in app.caption)


# --- criterion and scope -----------------------------------------------------------------------------


@pytest.mark.parametrize("label", ["Taylor", "LAMP", "BN scale", "FPGM"])
def test_the_page_shows_the_plan_of_each_criterion(label: str) -> None:
    app = open_app("depgraph_pruning")
    app.segmented_control(key="scope").set_value("isomorphic")
    app.segmented_control(key="criterion").set_value(label).run()
    assert not app.error
    options = ChannelOptions(CRITERION.parse(label), ChannelScope.ISOMORPHIC)
    assert metric(app, "Parameters") == params(options)
    found = present(calls.live_accuracy(RESNET, "depgraph", options, 0.3))
    assert metric(app, "Re-calibrated") == formats.accuracy(present(found.recalibrated).accuracy)
    assert metric(app, "Right after") == formats.accuracy(present(found.right_after).accuracy)


def test_random_takes_a_seed_and_leaves_reduction_and_normaliser_alone() -> None:
    app = open_app("depgraph_pruning")
    app.segmented_control(key="scope").set_value("global")
    app.segmented_control(key="criterion").set_value("random").run()
    app.number_input(key="seed").set_value(3).run()
    assert app.selectbox(key="reduction").disabled
    assert app.selectbox(key="normalizer").disabled
    assert metric(app, "Parameters") == params(
        ChannelOptions(ChannelCriterion.RANDOM, ChannelScope.GLOBAL, seed=3)
    )


def test_criteria_that_cannot_work_are_not_offered_and_the_page_says_why() -> None:
    app = open_app("depgraph_pruning", network="digits-vit", weights="random")
    assert not {"Taylor", "Hessian", "BN scale"} & set(app.segmented_control(key="criterion").options)
    assert "Taylor and Hessian (gradients need trained weights and labelled data" in captions(app)
    assert "BN scale (there is no BatchNorm layer" in captions(app)


def test_all_criteria_are_offered_where_there_are_images_and_batchnorm() -> None:
    assert unavailable(CRITERION, lacking(calls.summary(RESNET))) == {}
    offered = opened().segmented_control(key="criterion").options
    assert set(offered) == {criterion.label for criterion in ChannelCriterion}


def test_a_criterion_goes_with_its_network_and_one_sentence_says_so() -> None:
    app = open_app("depgraph_pruning")
    app.segmented_control(key="criterion").set_value("BN scale").run()
    app.selectbox(key="network").set_value("digits-vit").run()
    assert not app.exception
    assert app.segmented_control(key="criterion").value == "L2"
    assert "BN scale is unavailable here: there is no BatchNorm layer" in told(app)
    app.segmented_control(key="criterion").set_value("L1").run()
    assert "is unavailable here" not in told(app)


# --- more options ------------------------------------------------------------------------------------


def test_further_options_come_from_the_link_and_are_named_though_folded_away() -> None:
    app = opened(
        scope="global",
        reduction="max",
        normalizer="gaussian",
        max_ratio="0.7",
        round_to="4",
        keep="stem.conv",
    )
    options = ChannelOptions(
        scope=ChannelScope.GLOBAL,
        reduction=Reduction.MAX,
        normalizer=Normalizer.GAUSSIAN,
        max_ratio=0.7,
        round_to=4,
        keep=("stem.conv",),
    )
    assert metric(app, "Parameters") == params(options)
    force = next(caption.value for caption in app.caption if caption.value.startswith("Also set"))
    for phrase in ("reduction max", "gaussian", "round to 4", "70 %", "stem.conv"):
        assert phrase in force


def test_several_steps_give_an_estimate_and_say_what_only_apply_can_tell() -> None:
    app = opened(scope="global", steps="4")
    plan = channel_plan(RESNET, ChannelOptions(scope=ChannelScope.GLOBAL, steps=4), 0.3)
    assert plan.estimate
    assert formats.plain(plan.estimate) in captions(app)
    assert plan_marks(app) == [("estimate", "orange")]


@pytest.mark.parametrize(
    ("name", "value", "sentence"),
    [
        ("steps", "99", "steps=99; expected a number from 1 to 20. Showing 1."),
        ("steps", "2.5", "steps=2.5; expected a whole number from 1 to 20. Showing 2."),
        ("max_ratio", "0", "max_ratio=0; expected a number from 0.05 to 1. Showing 1."),
        ("normalizer", "meen", "Did you mean mean?"),
        ("override_open", "wide", "names a state of “Per-group ratios” “wide”"),
        (
            "heads",
            "whole heads",
            "there is no attention whose whole heads can be removed. Showing head size.",
        ),
        ("override", "stem.conv:7", "override=stem.conv:7; expected a layer, a colon and a fraction"),
        ("override", "stem.conf:0.3", "Did you mean stem.conv"),
        ("override", "stem.conf:0.3,head:7", "override=head:7; expected a layer, a colon and a fraction"),
    ],
)
def test_what_a_link_cannot_mean_costs_one_sentence(name: str, value: str, sentence: str) -> None:
    app = opened(**{name: value})
    assert sentence in told(app).replace("\\", "")
    assert not app.error
    assert metric(app, "Parameters") == params(ChannelOptions(steps=2 if value == "2.5" else 1))


def test_a_refusal_is_told_at_its_option_and_nothing_goes_on() -> None:
    kept = [row.name for row in calls.summary(RESNET).layers if row.weight_shape and row.name != "head"]
    app = AppTest.from_file(str(ROOT / "pages" / "depgraph_pruning.py"), default_timeout=120)
    app.query_params["network"] = RESNET.name
    app.query_params["keep"] = kept
    app.run()
    assert not app.exception
    [refused] = app.error
    assert refused.value.endswith("Keep fewer layers.")
    shown = [element.value for element in app.main if hasattr(element, "value")]
    assert shown.index(refused.value) < next(n for n, text in enumerate(shown) if "Also set" in str(text))
    assert "Cancel" not in [button.label for button in app.button]


def test_a_run_is_described_by_all_that_it_was_started_with() -> None:
    options = ChannelOptions(
        ChannelCriterion.RANDOM,
        ChannelScope.ISOMORPHIC,
        8,
        ("stem",),
        seed=2,
        overrides=(("head", 0.25),),
        steps=3,
    )
    assert PruningRun(RESNET, "depgraph", options, 0.5).options_text == (
        "random, isomorphic, seed 2, round to 8, in 3 steps, keeping stem, own ratios head 0.25"
    )


# --- groups with a ratio of their own ----------------------------------------------------------------


def test_own_ratios_come_from_the_link_under_any_layer_of_the_group() -> None:
    of_both = [opened(override=f"{layer}:0.10,{INNER}:0.80") for layer in JOINED]
    options = ChannelOptions(overrides=((JOINED[0], 0.1), (INNER, 0.8)))
    assert {metric(app, "Parameters") for app in of_both} == {params(options)}


def test_two_ratios_for_one_group_are_told_and_the_first_holds() -> None:
    app = opened(override=f"{JOINED[0]}:0.10,{JOINED[1]}:0.60")
    assert "are in the same group" in told(app)
    assert metric(app, "Parameters") == params(ChannelOptions(overrides=((JOINED[0], 0.1),)))


def test_own_ratios_go_with_their_network_and_one_sentence_says_so() -> None:
    app = open_app("depgraph_pruning", override=f"{INNER}:0.10")
    app.selectbox(key="network").set_value("digits-vit").run()
    assert told(app).count("was dropped: digits-vit has no group") == 1
    assert "override" not in app.query_params
    assert metric(app, "Parameters") == params(ChannelOptions(), VIT)


def test_an_own_ratio_in_a_group_that_is_kept_has_no_effect_and_is_told() -> None:
    app = opened(override=f"{JOINED[0]}:0.10", keep=JOINED[1])
    assert "has no effect" in told(app)
    assert metric(app, "Parameters") == params(ChannelOptions(keep=(JOINED[1],)))


def test_the_table_names_every_group_once_and_search_finds_any_of_its_layers() -> None:
    app = opened()
    app.session_state["override_open"] = True
    app.run()
    table = next(frame.value for frame in app.dataframe if "own ratio" in frame.value.columns)
    free = [group for group in calls.graph(RESNET).groups if group.prunable]
    assert list(table["channels"]) == [group.channels for group in free]
    app.text_input(key="override_search").set_value(JOINED[1]).run()
    (found,) = (frame.value for frame in app.dataframe if "own ratio" in frame.value.columns)
    assert len(found) == 1
    app.text_input(key="override_search").set_value("nowhere").run()
    assert "No group has a layer that matches “nowhere”" in told(app)


def test_a_norm_after_a_concatenation_names_none_of_its_groups() -> None:
    graph = calls.graph(NetworkSpec("digits-densenet", Weights.TRAINED))
    owners = owner_of(graph)
    outputs = [
        {member.layer for member in group.members if member.axis is Axis.OUT and member.width}
        for group in graph.groups
    ]
    assert owners
    assert all(sum(layer in layers for layers in outputs) == 1 for layer in owners)
    assert set(owners.values()) == {group.id for group in graph.groups if group.prunable}


def test_the_graph_page_sets_the_ratio_that_the_pruning_page_uses() -> None:
    app = open_app("dependency_graph")
    group_id = owner_of(calls.graph(RESNET))[INNER]
    app.selectbox(key="group").set_value(group_id).run()
    app.number_input(key=f"override_{group_id}_0").set_value(0.2).run()
    assert not app.exception
    assert app.query_params["override"] == f"{INNER}:0.20"
    app.switch_page("pages/depgraph_pruning.py").run()
    assert metric(app, "Parameters") == params(ChannelOptions(overrides=((INNER, 0.2),)))
    app.switch_page("pages/dependency_graph.py").run()
    assert app.number_input(key=f"override_{group_id}_1").value == 0.2
    app.button(key="override_reset").click().run()
    assert app.number_input(key=f"override_{group_id}_2").value is None
    assert "override" not in app.query_params


def test_a_block_in_a_link_gives_its_ratio_or_keeps_what_is_in_it() -> None:
    ratios = opened(override="stage2:0.10,stage2.block0:0.30,stem.conv:0.00")
    own = (("stage2", 0.1), ("stage2.block0", 0.3), ("stem.conv", 0.0))
    assert metric(ratios, "Parameters") == params(ChannelOptions(overrides=own))
    kept = opened(keep="stage3")
    assert metric(kept, "Parameters") == params(ChannelOptions(keep=("stage3",)))


def test_a_block_whose_groups_are_all_kept_has_no_ratio_and_says_so() -> None:
    app = opened(override="stage3.block1:0.10", keep="stage3")
    assert metric(app, "Parameters") == params(ChannelOptions(keep=("stage3",)))
    assert any("stage3.block1 has no effect" in info.value.replace("\\", "") for info in app.info)


def test_the_graph_page_gives_a_block_the_ratio_that_the_pruning_page_uses() -> None:
    app = open_app("dependency_graph")
    app.selectbox(key="block").set_value("stage2").run()
    app.number_input(key="block_stage2_0").set_value(0.2).run()
    assert app.query_params["override"] == "stage2:0.20"
    group_id = owner_of(calls.graph(RESNET))[INNER]
    app.selectbox(key="group").set_value(group_id).run()
    assert app.number_input(key=f"override_{group_id}_1").placeholder == "0.20, as all of stage2"
    app.switch_page("pages/depgraph_pruning.py").run()
    assert metric(app, "Parameters") == params(ChannelOptions(overrides=(("stage2", 0.2),)))
    app.switch_page("pages/dependency_graph.py").run()
    app.button(key="block_reset").click().run()
    assert "override" not in app.query_params


def test_what_the_graph_page_keeps_the_pruning_page_keeps() -> None:
    app = open_app("dependency_graph")
    app.multiselect(key="keep").set_value(["stage3"]).run()
    app.switch_page("pages/depgraph_pruning.py").run()
    app.run()  # as for a widget's first value, see `open_app`
    assert metric(app, "Parameters") == params(ChannelOptions(keep=("stage3",)))


def test_a_run_by_hand_is_described_by_its_channels() -> None:
    run = PruningRun(
        RESNET, "depgraph", ChannelOptions(), (("stem.conv", (0, 2, 3)),), unsaid=("criterion", "scope")
    )
    assert str(run) == "digits-resnet with trained weights, channels 0,2-3 of stem.conv"
    assert run.options_text == "channels 0,2-3 of stem.conv"


# --- what is ranked together -------------------------------------------------------------------------


def test_isomorphic_classes_are_listed_with_what_the_plan_takes_from_each() -> None:
    app = opened(scope="isomorphic", ratio="0.4")
    app.session_state["classes_open"] = True
    app.run()
    table = next(frame.value for frame in app.dataframe if "first layer of each group" in frame.value.columns)
    options = ChannelOptions(scope=ChannelScope.ISOMORPHIC)
    removed = {group.id: group.removed for group in channel_plan(RESNET, options, 0.4).groups}
    classes = calls.ranking_classes(RESNET, options)
    assert sorted(table["go"]) == sorted(sum(removed[g] for g in found.groups) for found in classes)
    assert table["groups"].sum() == len(removed)


def test_in_local_scope_nothing_is_ranked_together() -> None:
    labels = {
        scope: [part.label for part in opened(scope=scope).expander] for scope in ("local", "isomorphic")
    }
    assert "What is ranked together" not in labels["local"]
    assert "What is ranked together" in labels["isomorphic"]


def test_the_scopes_stand_side_by_side_with_their_own_plans() -> None:
    app = opened(ratio="0.4")
    app.session_state["scopes_open"] = True
    app.session_state["scopes_accuracy"] = True
    app.run()
    texts = [text.value for text in app.markdown]
    for scope in ChannelScope:
        options = ChannelOptions(scope=scope)
        found = present(calls.live_accuracy(RESNET, "depgraph", options, 0.4))
        title = f"**{scope}** · picked" if scope is ChannelScope.LOCAL else f"**{scope}**"
        shown = texts[texts.index(title) + 1]
        assert f"{params(options, ratio=0.4)} parameters" in shown
        assert f"measured: accuracy {formats.accuracy(found.headline.accuracy)}, re-calibrated" in shown


def test_the_other_scopes_are_measured_only_when_asked() -> None:
    app = opened()
    app.session_state["scopes_open"] = True
    app.run()
    assert sum("accuracy not measured" in text.value for text in app.markdown) == len(ChannelScope) - 1


def a_class(scores: Sequence[float], ratio: float | None = None) -> RankedClass:
    return ranked(RankingClass("Conv2d", (1,), ("conv",), ratio, tuple(scores)), "Conv2d")


def heights(figure_rows: list[dict[Hashable, Any]], kind: str) -> int:
    return sum(int(row["channels"]) for row in figure_rows if row["kind"] == kind)


@pytest.mark.parametrize(
    ("ratio", "own", "going"),
    [(0.0, None, 0), (0.25, None, 2), (0.5, None, 5), (0.5, 0.125, 1), (0.9, None, 8)],
)
def test_scores_up_to_the_cut_go_and_equal_ones_go_together(
    ratio: float, own: float | None, going: int
) -> None:
    one = a_class((0.0, 1.0, 2.0, 3.0, 3.0, 5.0, 6.0, 7.0), own)  # 4 of 8 are asked at 0.5, the cut is at 3
    rows = distributions([one], ["some"], ratio).data.to_dict("records")
    assert heights(rows, "goes") == going
    assert heights(rows, "stays") == 8 - going


def test_the_chart_keeps_its_spec_while_the_cut_moves() -> None:
    one = a_class(range(100))
    assert distributions([one], ["a"], 0.1).spec == distributions([one], ["b"], 0.8).spec


@pytest.mark.parametrize("scores", [(1.0,) * 6, (1e-9,) * 5 + (1.0, 2.0, 3.0), (-2.0, 0.0, 1.0)])
def test_every_score_is_drawn_whatever_the_distribution(scores: tuple[float, ...]) -> None:
    rows = distributions([a_class(scores)], ["some"], 0.4).data.to_dict("records")
    assert heights(rows, "goes") + heights(rows, "stays") == len(scores)


# --- attention, warnings, corrections ----------------------------------------------------------------


def test_heads_stay_and_their_size_shrinks() -> None:
    app = open_app("depgraph_pruning", network="digits-vit", ratio="0.5")
    assert any("4 before and after, head size **12 → 6**" in text.value for text in app.markdown)
    assert any(
        "Torch-Pruning cannot remove whole heads of torch's own" in text.value for text in app.markdown
    )
    assert not any("head size" in text.value for text in opened().markdown)


def test_nothing_removed_is_said_with_its_reason() -> None:
    app = open_app(
        "depgraph_pruning", network="digits-resnet", weights="random", criterion="BN scale", scope="global"
    )
    assert metric(app, "Parameters") == formats.count(calls.summary(RESNET).params)
    assert "Nothing is removed: the criterion BN scale gives every channel the same score" in told(app)


def test_the_page_says_what_it_corrects() -> None:
    app = opened()
    text = next(shown.value for shown in app.markdown if "**LayerNorm:**" in shown.value)
    for subject in ("lose everything", "near 1", "Isomorphic", "Maximum ratio", "Hessian", "Shared settings"):
        assert subject in text


def test_while_the_network_is_judged_its_card_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    under_way: list[str] = []
    seen: list[list[str]] = []

    @contextmanager
    def spinner(text: str, **told: object) -> Iterator[None]:
        under_way.append(text)
        yield
        under_way.remove(text)

    def judged_run(run: PruningRun, patience: float) -> Judged:
        seen.append(list(under_way))
        return Judged(None)

    monkeypatch.setattr(st, "spinner", spinner)
    monkeypatch.setattr(plan_part, "judged_run", judged_run)
    opened()
    assert seen
    assert all(texts == ["Judging the pruned network …"] for texts in seen)
