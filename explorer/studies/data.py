"""What data a network has: how much, of which classes, and a few examples of it."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from explorer.anatomy.data import DataSet, stratified
from explorer.anatomy.inputs import described, tensors_in
from explorer.anatomy.network import Network
from explorer.anatomy.own_inputs import MOST, OwnInputs
from explorer.studies.behaviour import picture_of
from explorer.values.behaviour import class_name
from explorer.values.data import DataFacts, Sample

SAMPLES = 10  # that are read, of however many there are
NAMED = 8  # classes


def data_facts(net: Network) -> DataFacts | None:
    """The network's data; None where it has none."""
    if net.data:
        return _labelled(net.data, net.name, net.spec.base)
    return _unlabelled(net.inputs) if net.inputs else None


def _labelled(data: DataSet, *networks: str) -> DataFacts:
    there = torch.cat([data.train_y, data.test_y]).unique().tolist()
    places = stratified(data.test_y, min(SAMPLES, len(data.test_y)))
    images = data.test_x[places]
    labels = [class_name(data.names, label) for label in data.test_y[places].tolist()]
    return DataFacts(
        "" if data.name in networks else data.name,  # loaders and functions get the network's
        described(images[0]),
        len(data.train_y),
        len(data.test_y),
        len(there),
        data.classes,
        tuple(class_name(data.names, label) for label in there[:NAMED]) if data.names else (),
        data.form,
        _samples(list(images), labels),
    )


def _unlabelled(inputs: OwnInputs) -> DataFacts:
    judging, choosing = inputs.judging, inputs.choosing
    chosen = judging[:: max(len(judging) // SAMPLES, 1)][:SAMPLES]
    firsts = [next(tensors_in(one)) for one in chosen]
    samples = _samples([one[0] for one in firsts if one.dim() == 4], [""] * len(firsts))
    form = f"the first {MOST}, nothing after them is read" if len(judging) + len(choosing) == MOST else ""
    return DataFacts("", described(judging[0]), len(choosing), len(judging), 0, 0, (), form, samples)


def _samples(images: Sequence[Tensor], labels: Sequence[str]) -> tuple[Sample, ...]:
    """Those that are pictures; black and white are the lowest and the highest value among them."""
    if not images or images[0].dim() != 3:
        return ()
    low, high = min(float(one.min()) for one in images), max(float(one.max()) for one in images)
    pictures = (picture_of(image, low, high) for image in images)
    return tuple(Sample(label, one) for label, one in zip(labels, pictures, strict=True) if one)
