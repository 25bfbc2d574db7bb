"""What a network is judged by: labels, a metric of the person's own, or agreement with itself before pruning."""

from __future__ import annotations

from dataclasses import replace
from functools import cached_property
from time import perf_counter
from typing import Any, Protocol

import torch
from torch import nn

from explorer.anatomy.blame import told
from explorer.anatomy.counting import total_macs
from explorer.anatomy.data import DataSet, stratified
from explorer.anatomy.metric import Metric
from explorer.anatomy.network import Network, expect_network
from explorer.measuring import evaluation
from explorer.measuring.evaluation import PARTS, batch_norms, evaluating, expect_module, recalibrate_on
from explorer.measuring.likeness import Agreement, batches
from explorer.values import ACCURACY, Evaluation, Yardstick
from explorer.values.errors import NetworkError, PruningError
from explorer.values.loose import as_number, is_number, shown

LIVE_TRAIN, LIVE_TEST = 500, 500  # labelled images, at most, while a slider moves
STEADY = (
    128  # at least re-calibrate, and half as many as are judged: more changed accuracies by less than a point
)
LIVE = 1.7e9  # MACs of those judged; twice that and re-calibration leave 5 redraws a second on two slow cores
IMAGES = 450  # labelled ones by which ratios are chosen: as many as the digits have for testing
# MACs of all inputs together, and how many inputs there are then, for agreement
FEW, LEAST, MOST = 1e10, 8, 32
ALL, LEAST_OF_ALL, MOST_OF_ALL = 6e10, 16, 128  # the same where nobody waits at a slider
CHOOSING = 64  # labelled images at least, by which ratios are chosen; fewer where they are more than BRIEF
DRAGGED = 1.6e10  # MACs; with more than that agreement does not follow a slider
BRIEF = 1.6e10  # MACs of the labelled sample in place of all examples
WAITED = (
    3e11  # MACs of one judgement by labels, some 10 s on two cores; with more than that none follows a slider
)
PATIENT = 10  # times as many examples as the sample has are run where a person waits
SECONDS = 0.3  # that a metric may take and still follow one


class Judge(Protocol):
    """Judges pruned copies of one network."""

    @property
    def by(self) -> Yardstick:
        """What it counts."""
        ...

    def evaluate(self, module: nn.Module) -> Evaluation:
        """What a copy is worth; `module` stays as it was."""
        ...

    def recalibrate(self, module: nn.Module) -> int:
        """Measure BatchNorm's statistics anew, in place; how many layers that were, 0 where there is no way to."""
        ...

    @property
    def count(self) -> int:
        """On how many examples it judges."""
        ...

    @property
    def seen(self) -> int:
        """On how many inputs it re-calibrates."""
        ...

    @property
    def live(self) -> Judge | None:
        """The same, quick enough to follow a slider; None where nothing is."""
        ...

    @property
    def brief(self) -> Judge | None:
        """The same on a sample that takes no minutes; None where nothing is quick."""
        ...

    @property
    def choosing(self) -> Judge:
        """The same on other examples, by which ratios are chosen."""
        ...


def judge_of(net: Network) -> Judge | None:
    """How copies of a network are judged; None for random weights with labels alone: accuracy would mean nothing."""
    if "judged_by" not in net.found:
        net.found["judged_by"] = _made(net)
    found: Judge | None = net.found["judged_by"]
    return found


def evaluate(module: nn.Module, data: DataSet | Network | None) -> Evaluation:
    """Measure how well `module` does, in eval mode; it stays as it was.

    Args:
        module: the network itself, or a pruned copy.
        data: labelled data, for accuracy and mean cross-entropy on its test split; or the network that the module was
            made of, for whatever that is judged by: accuracy, a metric, or agreement.

    Raises:
        NetworkError: if there is neither, or the module does not answer as that takes it.
    """
    expect_module(module)
    judge = judge_of(data) if isinstance(data, Network) else None
    if judge:
        return judge.evaluate(module)
    return evaluation.evaluate(module, None if isinstance(data, Network) else data)


def recalibrate(module: nn.Module, data: DataSet | Network | None, batches: int | None = None) -> int:
    """Measure every BatchNorm's mean and variance anew, in place; see `evaluation.recalibrate`.

    Args:
        module: changed in place.
        data: labelled data, or the network that the module was made of: its inputs serve where it has no labels.
        batches: see there; of labelled data.
    """
    if isinstance(data, Network):
        if data.judged_on is None and (judge := judge_of(data)):
            expect_module(module)
            return judge.recalibrate(module)
        data = data.judged_on
    return evaluation.recalibrate(module, data, batches)


def sure_judge(net: Network, what: str) -> Judge:
    """The same; PruningError where there is none, beginning with what cannot be measured."""
    expect_network(net)
    if judge := judge_of(net):
        return judge
    if not net.data or net.inputs:
        raise PruningError(
            f"{what} of '{net.name}' with {net.spec.weights} weights cannot be measured: it answers every input with "
            "the same numbers, or with none, so pruning changes nothing that could be seen. Give trained weights, or "
            "wrap your own network with data."
        )
    raise PruningError(
        f"{what} of '{net.name}' with {net.spec.weights} weights cannot be measured: it takes trained weights and "
        "labelled images. Pick a bundled network with trained weights, or wrap your own with data."
    )


def patient(judge: Judge) -> Judge:
    """The judge on all examples, or on a sample where all would take minutes."""
    brief = judge.brief
    return brief if brief and judge.count > PATIENT * brief.count else judge


def _made(net: Network) -> Judge | None:
    if net.metric:
        return _ByMetric(net, net.metric)
    if net.data and not net.inputs:
        return by_labels(net)
    macs = _macs(net)
    few, every = _count(FEW, macs, LEAST, MOST), _count(ALL, macs, LEAST_OF_ALL, MOST_OF_ALL)
    agreement = Agreement(net.module, net.example_input, net.inputs, every)
    # A network that answers with nothing but NaN would agree with itself, and with any other.
    return _ByAgreement(agreement, few, few * macs <= DRAGGED) if agreement.can_tell else None


def by_labels(net: Network) -> ByLabels | None:
    """The judge by labels, even where a metric of the person's goes first; None where no labels mean anything."""
    if net.judged_on is None:
        return None
    return ByLabels(net.judged_on, _macs(net), has_norms=bool(batch_norms(net.module)))


def _macs(net: Network) -> int:
    return max(total_macs(net.module, net.example_input), 1)


def _count(macs: float, each: int, least: int, most: int) -> int:
    return int(min(max(macs / each, least), most))


class ByLabels:
    """Accuracy on labelled data."""

    by = ACCURACY

    def __init__(self, data: DataSet, macs: int, has_norms: bool, seen: DataSet | None = None) -> None:
        self.data, self._macs, self._has_norms, self._seen = data, macs, has_norms, seen or data

    def evaluate(self, module: nn.Module) -> Evaluation:
        return evaluation.evaluate(module, self.data)

    def recalibrate(self, module: nn.Module) -> int:
        return evaluation.recalibrate(module, self._seen)

    @property
    def count(self) -> int:
        return len(self.data.test_y)

    @property
    def seen(self) -> int:
        return len(self._seen.train_y)

    @cached_property
    def live(self) -> ByLabels | None:
        return self.sample if self._work(self.sample) <= WAITED else None

    @cached_property
    def sample(self) -> ByLabels:
        """On the sample that follows a slider, or where that takes long, a person who waits."""
        few = max(self._few(LIVE), min(CHOOSING, self._few(BRIEF)))  # fewer would say nothing
        return self._on(self.data.sample(max(few // 2, STEADY), few))

    def _work(self, sample: ByLabels) -> int:
        """MACs of judging right after pruning and, where there is BatchNorm, once more re-calibrated."""
        again = sample.seen + sample.count if self._has_norms else 0
        return self._macs * (sample.count + again)

    @cached_property
    def brief(self) -> ByLabels:
        """On a sample that takes no minutes."""
        few = self._few(BRIEF)
        return self._on(self.data.sample(min(LIVE_TRAIN, PARTS * few), few))

    @cached_property
    def choosing(self) -> Judge:
        images = min(max(self._few(BRIEF), CHOOSING), IMAGES)
        return self._on(part_of_train(self.data, images), self.data)

    def _on(self, data: DataSet, seen: DataSet | None = None) -> ByLabels:
        return ByLabels(data, self._macs, self._has_norms, seen)

    def _few(self, macs: float) -> int:
        return _count(macs, self._macs, LEAST_OF_ALL, LIVE_TEST)


def part_of_train(data: DataSet, most: int = IMAGES) -> DataSet:
    """Data whose images for judging are of the train split: the first, or where it is sorted, of each class some."""
    labels = data.train_y
    first = torch.arange(min(most, len(labels)))
    holds_all = len(labels[first].unique()) == len(labels.unique())
    chosen = first if holds_all else stratified(labels, len(first))
    return replace(data, test_x=data.train_x[chosen], test_y=labels[chosen])


class _ByAgreement:
    """Agreement with the dense network."""

    def __init__(self, agreement: Agreement, few: int, is_quick: bool) -> None:
        self._agreement, self._few, self._is_quick = agreement, few, is_quick

    @property
    def by(self) -> Yardstick:
        return self._agreement.by

    def evaluate(self, module: nn.Module) -> Evaluation:
        with evaluating(module):
            return self._agreement.evaluate(module)

    def recalibrate(self, module: nn.Module) -> int:
        inputs = self._agreement.calibration()
        return recalibrate_on(module, batches(inputs, PARTS)) if inputs else 0

    @property
    def count(self) -> int:
        return self._agreement.count

    @property
    def seen(self) -> int:
        return len(self._agreement.calibration())

    @cached_property
    def live(self) -> Judge | None:
        return self._with(self._agreement.fewer(self._few)) if self._is_quick else None

    @property
    def brief(self) -> Judge | None:
        return self.live

    @cached_property
    def choosing(self) -> Judge:
        return self._with(self._agreement.fewer(LEAST, choosing=True))  # hundreds of copies run them

    def _with(self, agreement: Agreement) -> Judge:
        return _ByAgreement(agreement, self._few, self._is_quick)


class _ByMetric:
    """A metric of the person's own."""

    def __init__(self, net: Network, metric: Metric) -> None:
        self._net, self._metric = net, metric
        self.by = Yardstick(
            metric.name,
            "metric",
            metric.name,
            f"better by {metric.name}",
            is_share=False,
            higher_is_better=metric.higher_is_better,
            note=f"Judged by your metric {metric.name}, of which {'more' if metric.higher_is_better else 'less'} is "
            "better. It has no interval: what it counts is taken as exact.",
        )

    def evaluate(self, module: nn.Module) -> Evaluation:
        with evaluating(module), torch.no_grad():
            value = self._number(module)
        return Evaluation(value, -value if self.by.higher_is_better else value, 1, self.by, 0.0)

    def recalibrate(self, module: nn.Module) -> int:
        return evaluation.recalibrate(module, self._net.judged_on) if self._net.judged_on else 0

    @property
    def count(self) -> int:
        return 1  # the function alone knows

    @property
    def seen(self) -> int:
        return len(self._net.judged_on.train_y) if self._net.judged_on else 0

    @cached_property
    def live(self) -> Judge | None:
        start = perf_counter()
        self.evaluate(self._net.module)
        return self if perf_counter() - start <= SECONDS else None

    @property
    def brief(self) -> Judge | None:
        return self.live

    @property
    def choosing(self) -> Judge:
        return self

    def _number(self, module: nn.Module) -> float:
        called = f"Metric '{self._metric.name}' of network '{self._net.name}'"
        try:
            found: Any = self._metric.function(module)
        except Exception as error:  # whatever a person's function raises, the cause is told
            raise NetworkError(
                f"{called} raised {told(error)}. Correct the function: it gets the network, in eval mode "
                "and without gradients."
            ) from error
        number = as_number(found)
        if not is_number(number):
            raise NetworkError(f"{called} must return one finite number, got {shown(found)}. Return a float.")
        return float(number)
