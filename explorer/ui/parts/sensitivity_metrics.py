"""What a group's pruning costs: as a number, in words and as a colour."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from explorer.drawing.heat import Scale
from explorer.values import GroupSensitivity, Sensitivity, SensitivityPoint, Yardstick
from explorer.words import formats

_SPARED = 0.01  # of a share, or of what the dense network has, that may go before a ratio counts as harmful
_MOST_ADDED = {"loss": 3.0}  # nats above dense; the loss of guessing among ten classes is 2.3


@dataclass(frozen=True)
class Metric:
    """One way to count what goes with the channels."""

    label: str
    scale: Scale
    style: str  # of the number in a chart
    of: Callable[[Sensitivity, SensitivityPoint], float]
    words: Callable[[float], str]
    tick: Callable[[float], str]  # beside a scale of colours


def metrics_of(found: Sensitivity) -> tuple[Metric, ...]:
    """The ways to count on one network: by what it is judged by, and by its second number where there is one."""
    by = found.dense.by
    return (_first(found), _second(by)) if by.beside else (_first(found),)


def _first(found: Sensitivity) -> Metric:
    by = found.dense.by
    most = max((found.drop(point) for group in found.groups for point in group.points), default=0.0)
    top = 1.0 if by.is_share else max(most, 1e-9)
    return Metric(
        f"{by.name} {'lost' if by.higher_is_better else 'added'}",
        Scale(top),
        ".0%" if by.is_share else ".3g",
        lambda found, point: found.drop(point),
        lambda lost: _moved(lost, by),
        lambda lost: f"{100 * lost:.0f}{' points' if lost == 1 else ''}" if by.is_share else f"{lost:.3g}",
    )


def _moved(lost: float, by: Yardstick) -> str:
    gone, come = ("lost", "won") if by.higher_is_better else ("added", "taken off")
    return f"{formats.amount(lost, by)} of {by.name} {gone if lost >= 0 else come}"


def _second(by: Yardstick) -> Metric:
    top = _MOST_ADDED.get(by.beside, 1.0)
    return Metric(
        f"{by.beside} added",
        Scale(top),
        ".2f",
        lambda found, point: point.loss - found.dense.loss,
        lambda added: f"{by.beside} {abs(added):.2f} {'higher' if added >= 0 else 'lower'}",
        lambda added: f"{added:g}{' or more' if added == top else ''}",
    )


def cost(found: Sensitivity, group: GroupSensitivity, metric: Metric, ratio: float | None = None) -> float:
    """What a group costs at one of the sweep's ratios; None: the mean over all of them."""
    points = [point for point in group.points if ratio is None or point.ratio == ratio]
    return sum(metric.of(found, point) for point in points) / max(len(points), 1)


def spared_up_to(found: Sensitivity, group: GroupSensitivity) -> float:
    """The largest ratio up to which no more than a point, or a hundredth, goes; 0 where the first costs more."""
    harmless, dense = 0.0, found.dense
    spared = _SPARED if dense.by.is_share else _SPARED * abs(dense.value)
    for point in group.points:
        if found.drop(point) > spared:
            break
        harmless = point.ratio
    return harmless
