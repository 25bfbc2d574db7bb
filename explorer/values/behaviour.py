"""What pruning does to answers: whose change, which classes pay, and what is taken for what."""

from __future__ import annotations

from dataclasses import dataclass, field

from explorer.values.verdict import Interval
from explorer.values.yardstick import share_interval


@dataclass(frozen=True, slots=True)
class Picture:
    """An image to look at: rows of pixels, each a byte of grey, or three of red, green and blue."""

    width: int
    height: int
    pixels: bytes

    @property
    def is_grey(self) -> bool:
        """Whether a pixel is one byte."""
        return len(self.pixels) == self.width * self.height


@dataclass(frozen=True, slots=True)
class Answer:
    """A network's top answer."""

    top: int  # the class
    confidence: float  # its softmax probability


@dataclass(frozen=True, slots=True)
class Flip:
    """A test image that the pruned network answers differently."""

    place: int  # among the images that were judged, from 0
    label: int
    dense: Answer
    pruned: Answer
    picture: Picture | None  # None: the input is no image


@dataclass(frozen=True, slots=True)
class Answers:
    """How many images of one label got the same two answers."""

    label: int
    dense: int
    pruned: int
    images: int


@dataclass(frozen=True, slots=True)
class ClassChange:
    """How one class fares."""

    label: int
    images: int
    dense: Interval  # share correct
    pruned: Interval

    @property
    def lost(self) -> float:
        """How much of its share correct pruning took; below 0 where it does better."""
        return self.dense.value - self.pruned.value


def class_name(names: tuple[str, ...], label: int) -> str:
    """What a class is called: its number where it has no name, or shares it with another."""
    name = names[label] if label < len(names) else ""
    if not name:
        return str(label)
    return f"{name} ({label})" if names.count(name) > 1 else name


@dataclass(frozen=True, slots=True)
class Behaviour:
    """What a dense and a pruned network answer the same labelled images."""

    answers: tuple[Answers, ...]
    flips: tuple[Flip, ...]  # some of them, correct answers that became wrong before all others
    all_images: int  # of the test split, of which those judged may be a sample
    seen: int  # train images on which BatchNorm was re-calibrated; 0: right after pruning
    names: tuple[str, ...] = ()  # of the classes, by number; (): they have none
    seconds: float = field(default=0.0, compare=False)  # that finding it took

    def name(self, label: int) -> str:
        """See `class_name`."""
        return class_name(self.names, label)

    @property
    def images(self) -> int:
        """How many were judged."""
        return self.count()

    def count(
        self, was_correct: bool | None = None, is_correct: bool | None = None, flipped: bool = False
    ) -> int:
        """Images whose answers were, and are, correct or wrong; None: either."""
        return sum(
            one.images
            for one in self.answers
            if was_correct in (None, one.dense == one.label)
            and is_correct in (None, one.pruned == one.label)
            and not (flipped and one.dense == one.pruned)
        )

    @property
    def classes(self) -> tuple[ClassChange, ...]:
        """Every class that was judged, by number."""
        return tuple(self._class(label) for label in sorted({one.label for one in self.answers}))

    def _class(self, label: int) -> ClassChange:
        mine = [one for one in self.answers if one.label == label]
        images = sum(one.images for one in mine)
        dense, pruned = (
            share_interval(sum(one.images for one in mine if answer(one) == label) / images, images)
            for answer in (_dense, _pruned)
        )
        return ClassChange(label, images, dense, pruned)

    def confusion(self, pruned: bool) -> dict[tuple[int, int], int]:
        """Images by label and answer; pairs that do not occur are absent."""
        answer, found = _pruned if pruned else _dense, dict[tuple[int, int], int]()
        for one in self.answers:
            found[one.label, answer(one)] = found.get((one.label, answer(one)), 0) + one.images
        return found


def _dense(one: Answers) -> int:
    return one.dense


def _pruned(one: Answers) -> int:
    return one.pruned


CELLS = 56  # on a side of the pad; a test image of 28 or of 8 pixels is drawn on it exactly
Ink = tuple[int, ...]  # of each cell, row after row, from 0 to 255


@dataclass(frozen=True, slots=True)
class DigitExample:
    """A test image, as if it were drawn."""

    label: int
    ink: Ink


@dataclass(frozen=True, slots=True)
class DrawnAnswer:
    """What both networks answer a drawing: the softmax probability of each class."""

    picture: Picture  # as the networks see it
    dense: tuple[float, ...]
    pruned: tuple[float, ...]
    seen: int  # train images on which BatchNorm was re-calibrated; 0: right after pruning
    seconds: float = field(default=0.0, compare=False)  # that making the pruned copy took
