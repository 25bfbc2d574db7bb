"""What a profile found: the verdicts first, then where time goes, then what the libraries cost."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from explorer.ui.parts import charts
from explorer.ui.parts.widgets import NO_ACCURACY, exact_badge, judged_badge, measured_badge
from explorer.ui.profile import charts as profile_charts
from explorer.ui.profile import library_charts
from explorer.ui.profile.verdicts import show_verdicts
from explorer.values import (
    Evaluation,
    Interval,
    LayerTime,
    NetworkTime,
    Profile,
    SweepPoint,
    Variant,
    Waterfall,
)
from explorer.words import formats
from explorer.words.glossary import explain

_LAYERS = 60  # rows up to which a waterfall by layer can be read


def show_profile(found: Profile) -> None:
    """Draw a profile."""
    _headline(found)
    show_verdicts(found.verdicts)
    _forms(found)
    _time(found)
    _settings(found)
    _accuracy(found)
    _libraries(found)
    for note in found.notes:
        st.caption(formats.plain(note))


def _threads(count: int) -> str:
    return f"{count} thread{'' if count == 1 else 's'}"


def _headline(found: Profile) -> None:
    dense, removed = found.time_of(Variant.DENSE), found.time_of(Variant.REMOVED)
    if dense is None or removed is None:
        return
    measured, counted = st.container(key="profile_headline").columns([3, 1], gap="small")
    with measured.container(border=True, key="profile_figures"):
        measured_badge(f"alternately, {dense.time.runs} rounds, {_threads(found.machine.threads)}")
        one, two, three = st.columns(3)
    bounds = f"{formats.duration(dense.time.low)} – {formats.duration(dense.time.high)}"
    _figure(one, "Dense, one input", formats.duration(dense.time.median), bounds, "latency")
    zeros = found.time_of(Variant.ZEROS)
    if zeros:
        _figure(two, "Zeros written", _times(zeros.speedup), _bounds(zeros.speedup), "speed-up")
    _figure(three, "Channels removed", _times(removed.speedup), _bounds(removed.speedup), "speed-up")
    with counted.container(border=True, height="stretch"):
        exact_badge()
        fewer = f"{formats.count(removed.macs)} of {formats.count(dense.macs)}"
        _figure(st, "Fewer MACs", f"{dense.macs / removed.macs:.2f}×", fewer, "MACs")
    st.markdown(f"**{_sentence(dense, removed, zeros)}**")


def _sentence(dense: NetworkTime, removed: NetworkTime, zeros: NetworkTime | None) -> str:
    """The result in one sentence that says no more than the intervals allow."""
    parts = [
        f"With {formats.small_share(removed.ratio)} of the channels removed, {_fell(dense.macs / removed.macs)}; "
        f"{_effect(removed.speedup)}."
    ]
    if zeros:
        share = formats.small_share(zeros.ratio)
        parts.append(f"With {share} of the weights zeroed instead, {_effect(zeros.speedup)}.")
    return " ".join(parts)


def _fell(times: float) -> str:
    return f"MACs fell {times:.1f}×" if times >= 1.05 else "MACs hardly fell"


def _effect(speedup: Interval) -> str:
    if speedup.low <= 1 <= speedup.high:
        return f"there is no measurable speed-up ({speedup.low:.2f}× to {speedup.high:.2f}×)"
    return f"speed {'rose' if speedup.value > 1 else 'fell to'} {_times(speedup)}"


def _figure(place: object, label: str, value: str, under: str, term: str) -> None:
    metric = place.metric  # type: ignore[attr-defined]
    metric(label, value, under, delta_color="off", delta_arrow="off", help=explain(term))


def _times(number: Interval) -> str:
    return f"{number.value:.2f}×"


def _bounds(number: Interval) -> str:
    return f"{number.low:.2f}× – {number.high:.2f}× (95 %)"


def _forms(found: Profile) -> None:
    st.header(f"The same network in {len(found.networks)} forms", help=explain("forms"))
    st.altair_chart(profile_charts.speedups(found.networks), alt="Measured speed-up of every form over dense")
    st.caption(
        "● measured, line: 95 % interval · ◇ what fewer MACs would give (exact). Zeros and masks leave all "
        "MACs in place. The verdicts explain the gap between ● and ◇."
    )
    if found.exported:
        st.markdown("**The same in ONNX Runtime**", help=explain("ONNX Runtime"))
        st.altair_chart(
            profile_charts.speedups(found.exported), alt="Measured speed-up in ONNX Runtime over dense"
        )
        eager, dense = found.networks[0], found.exported[0]
        st.caption(
            f"Dense takes {formats.timing(dense.time)} in ONNX Runtime and {formats.timing(eager.time)} in "
            "eager PyTorch."
        )


def _time(found: Profile) -> None:
    st.header("Where the time goes", help=explain("waterfall"))
    measured_badge("timers in forward hooks")
    dense, pruned = found.waterfalls
    by_layer = len(dense.layers) <= _LAYERS and st.toggle("Show every layer", key="profile_layers")
    longest = max(_sum(dense, by_layer), _sum(pruned, by_layer))
    for column, name, one in zip(
        st.container(key="profile_waterfalls").columns(2, gap="medium"),
        ("Dense", "Channels removed"),
        (dense, pruned),
        strict=True,
    ):
        with column:
            st.markdown(f"**{name}**")
            st.altair_chart(
                profile_charts.waterfall(one, _parts(one, by_layer), longest), alt=f"{name}: time by part"
            )
            st.caption(_clocks(one))
    st.markdown("**Compute-bound or memory-bound**", help=explain("arithmetic intensity"))
    st.altair_chart(
        profile_charts.roofline(dense, pruned, found.machine),
        alt="Speed of each layer under the machine's roof",
    )
    st.caption(_machine(found))


def _parts(one: Waterfall, by_layer: bool) -> Sequence[LayerTime]:
    return one.layers if by_layer else one.blocks


def _sum(one: Waterfall, by_layer: bool) -> float:
    """Seconds at the end of a waterfall, with room for the last interval."""
    return sum(part.time.median for part in _parts(one, by_layer)) + one.between.high


def _clocks(one: Waterfall) -> str:
    layers = sum(layer.time.median for layer in one.layers)
    is_seen = one.hooked.low > one.plain.high
    told = "the timers cost the difference" if is_seen else "the timers' cost is within the noise"
    return (
        f"Layers sum to {formats.duration(layers)}. A full pass takes {formats.timing(one.hooked)} with "
        f"timers and {formats.timing(one.plain)} without; {told}."
    )


def _machine(found: Profile) -> str:
    machine = found.machine
    peak, moved = machine.macs_per_second, machine.bytes_per_second
    return (
        f"Dashed: this machine's measured peak with {_threads(machine.threads)} of {machine.cores}: "
        f"{peak.value / 1e9:.0f} billion MACs ({peak.low / 1e9:.0f} – {peak.high / 1e9:.0f}) and "
        f"{moved.value / 1e9:.0f} GB ({moved.low / 1e9:.0f} – {moved.high / 1e9:.0f}) per second. Layers "
        "under the slope are memory-bound, layers under the flat part compute-bound; far below both, "
        "overhead dominates. Bytes are an estimate: each tensor moved once."
    )


def _settings(found: Profile) -> None:
    st.header("Under other settings")
    measured_badge("all settings, alternating")
    left, right = st.container(key="profile_settings").columns(2, gap="medium")
    with left:
        st.markdown("**Larger batches**", help=explain("batch"))
        st.altair_chart(profile_charts.batches(found.batches), alt="Time per image by batch size")
        st.markdown(_speedups(found.batches))
    with right:
        st.markdown("**Threads and memory layout**", help=explain("channels last"))
        st.altair_chart(profile_charts.settings(found.threads), alt="Time by number of threads")
        if found.layouts:
            st.altair_chart(profile_charts.settings(found.layouts), alt="Time by memory layout")
        st.markdown(_speedups((*found.threads, *found.layouts)))


def _speedups(points: Sequence[SweepPoint]) -> str:
    """What removing channels brings under each setting, as a Markdown table."""
    rows = "\n".join(
        f"| {point.setting} | **{_times(point.speedup)}** | {point.speedup.low:.2f}–{point.speedup.high:.2f} |"
        for point in points
    )
    return f"| setting | speed-up by removing | 95 % interval |\n|---|--:|---|\n{rows}"


def _accuracy(found: Profile) -> None:
    facts = found.accuracy
    title = facts.dense.by.title if facts else "Accuracy"
    st.header(title)
    if facts is None:
        st.caption(NO_ACCURACY)
        return
    steps: list[tuple[str, Evaluation | None]] = [
        ("dense", facts.dense),
        ("zeros written", facts.zeros),
        ("channels removed", facts.pruned.raw),
        ("removed, BN re-calibrated", facts.pruned.recalibrated),
        ("half the ratio", facts.lighter.best),
        *(
            (judged.how, judged.best)
            for judged in (facts.kept, *facts.spared.values(), *facts.scopes.values())
            if judged
        ),
    ]
    judged_badge(facts.dense)
    known = [(name, evaluation) for name, evaluation in steps if evaluation]
    st.altair_chart(
        charts.accuracies(known, 34 * len(known) + 40),
        alt=f"{title} of the requested pruning and of its counterfactuals",
    )


def _libraries(found: Profile) -> None:
    st.header("What pruning itself costs", help=explain("step cost"))
    measured_badge("the library's own calls on repeated copies")
    columns = st.container(key="profile_libraries").columns(len(found.libraries), gap="medium")
    for cost, column in zip(found.libraries, columns, strict=True):
        with column:
            st.markdown(f"**{cost.library}**: {formats.timing(cost.whole)} in total")
            st.altair_chart(library_charts.steps(cost), alt=f"Steps of {cost.library}")
    if found.gradients:
        st.caption(
            "Criteria that need gradients first run images through the network: "
            + "; ".join(
                f"{one.label}, {one.images:,} in {formats.timing(one.time)}" for one in found.gradients
            )
            + "."
        )
