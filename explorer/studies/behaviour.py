"""What pruning does to answers: dense and pruned network on the same labelled images."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Generator, Iterator
from dataclasses import dataclass, replace

import torch
from torch import Tensor, nn
from torch.nn.functional import interpolate

from explorer.anatomy.data import DataSet
from explorer.anatomy.network import Network
from explorer.measuring.evaluation import BATCH, scores_on
from explorer.measuring.judging import by_labels
from explorer.values import Progress
from explorer.values.behaviour import Answer, Answers, Behaviour, Flip, Picture
from explorer.values.errors import PruningError

SHOWN = 48  # flips that are shown
SIDE = 64  # pixels of a picture; a larger image is shown smaller


@dataclass(frozen=True)
class _Answered:
    """Top answers of one network, shape ``[N]``, and the softmax probability of each."""

    tops: Tensor
    confidence: Tensor

    def at(self, place: int) -> Answer:
        return Answer(int(self.tops[place]), float(self.confidence[place]))


@dataclass(frozen=True)
class Ready:
    """A pruned copy in the state in which it is judged."""

    module: nn.Module
    seen: int  # train images on which it was re-calibrated; 0: it was not
    seconds: float  # that this took


class Behaving:
    """Holds pruned copies of one network against it.

    Raises:
        PruningError: if the network has no labels that mean anything.
    """

    def __init__(self, net: Network) -> None:
        judge = by_labels(net)
        if judge is None:
            raise PruningError(
                f"What pruning does to the answers of '{net.name}' takes trained weights and labelled images. Pick a "
                "bundled network with trained weights, or start the app with --data."
            )
        self._all, self._judge, self._net = judge, judge.sample, net
        self._dense = _answered(net.module, self._judge.data)
        self._low, self._high = _ends(self._judge.data)

    def ready(self, module: nn.Module, recalibrated: bool) -> Ready:
        """A pruned copy in the state in which it is judged.

        Args:
            module: a copy that nobody needs afterwards.
            recalibrated: whether its BatchNorm statistics are measured anew.
        """
        start = time.perf_counter()
        seen = self._judge.seen if recalibrated and self._judge.recalibrate(module) else 0
        return Ready(module, seen, time.perf_counter() - start)

    def compare(self, copy: Ready) -> Behaviour:
        """Hold a pruned copy against the dense network on the sample that follows a slider."""
        start, data = time.perf_counter(), self._judge.data
        found = self._found(data, self._dense, _answered(copy.module, data), copy)
        return replace(found, seconds=copy.seconds + time.perf_counter() - start)

    def compare_all(self, copy: Ready) -> Generator[Progress, None, Behaviour]:
        """The same on all test images.

        Yields:
            How many images were answered.
        """
        dense = yield from _told(self._net.module, self._all.data, "dense", 0.0)
        pruned = yield from _told(copy.module, self._all.data, "pruned", 0.5)
        return self._found(self._all.data, dense, pruned, copy)

    def _found(self, data: DataSet, dense: _Answered, pruned: _Answered, copy: Ready) -> Behaviour:
        triples = zip(data.test_y.tolist(), dense.tops.tolist(), pruned.tops.tolist(), strict=True)
        counted = Counter(triples)
        answers = tuple(Answers(*triple, images) for triple, images in sorted(counted.items()))
        flips = tuple(self._flips(data, dense, pruned))
        return Behaviour(answers, flips, self._all.count, copy.seen, data.names)

    def _flips(self, data: DataSet, dense: _Answered, pruned: _Answered) -> Iterator[Flip]:
        places = _flipped(data, dense, pruned)
        for place, image in zip(places.tolist(), data.test_x[places] if len(places) else (), strict=True):
            picture = picture_of(image, self._low, self._high)
            yield Flip(place, int(data.test_y[place]), dense.at(place), pruned.at(place), picture)


def _flipped(data: DataSet, dense: _Answered, pruned: _Answered) -> Tensor:
    """Places of the flips that are shown: correct answers that became wrong first, each kind in the data's order.

    Of more than are shown, some are spread evenly: the first ones are often of one class.
    """
    places = torch.nonzero(dense.tops != pruned.tops).flatten()
    was_wrong = dense.tops[places] != data.test_y[places]
    ordered = places[was_wrong.int().argsort(stable=True)]
    return ordered[torch.arange(SHOWN) * len(ordered) // SHOWN] if len(ordered) > SHOWN else ordered


def _answered(module: nn.Module, data: DataSet) -> _Answered:
    return _tops(torch.cat(list(scores_on(module, data))))


def _told(module: nn.Module, data: DataSet, which: str, at: float) -> Generator[Progress, None, _Answered]:
    scores: list[Tensor] = []
    done, images = 0, len(data.test_y)
    for batch in scores_on(module, data):
        scores.append(batch)
        done += len(batch)
        text = f"Running the {which} network on {done:,} of {images:,} test images"
        yield Progress(at + 0.5 * done / images, text)
    return _tops(torch.cat(scores))


def _tops(scores: Tensor) -> _Answered:
    confidence, tops = scores.softmax(dim=1).max(dim=1)
    return _Answered(tops, confidence)


def _ends(data: DataSet) -> tuple[float, float]:
    """What is black and what is white, by the first images: others may lie unread."""
    first = next(iter(data.test_x.split(BATCH)))
    return float(first.min()), float(first.max())


def picture_of(image: Tensor, low: float, high: float) -> Picture | None:
    """An input to look at, no larger than `SIDE`; None where it is no image of one or three colours.

    Args:
        image: shape ``[channels, height, width]``.
        low: what is shown black.
        high: what is shown white.
    """
    if image.dim() != 3 or image.shape[0] not in (1, 3):
        return None
    shares = ((image.float() - low) / max(high - low, 1e-12)).clamp(0, 1)
    if (longest := max(image.shape[1:])) > SIDE:
        size = [max(1, side * SIDE // longest) for side in image.shape[1:]]
        shares = interpolate(shares[None], size, mode="area")[0]
    pixels = (255 * shares).round().to(torch.uint8).permute(1, 2, 0).contiguous()
    return Picture(shares.shape[2], shares.shape[1], pixels.numpy().tobytes())
