"""A digit that a person draws, brought to what the networks of handwritten digits were trained on."""

from __future__ import annotations

import math
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn.functional import interpolate

from explorer.anatomy.data import DataSet
from explorer.anatomy.network import Network
from explorer.measuring.evaluation import class_scores, evaluating
from explorer.sources import bundled
from explorer.studies.behaviour import Behaving, Ready, picture_of
from explorer.values.behaviour import CELLS, DigitExample, DrawnAnswer, Ink
from explorer.values.errors import NetworkError

WHITE = 255  # ink of a cell that is covered
EXAMPLES = 3  # test images of each digit to start from


@dataclass(frozen=True)
class _Paper:
    """How one data set's digits were brought to size."""

    levels: int  # that a pixel takes beside 0
    size: Callable[[int, int], tuple[int, int]]  # height and width in pixels, of those of the drawn box
    corner: Callable[[Tensor], tuple[int, int]]  # row and column of the box, by its pixels


def takes_drawings(net: Network) -> bool:
    """Whether its data are handwritten digits, and its weights know them."""
    return bundled.has(net.spec.base) and net.judged_on is not None


def digit_examples(net: Network) -> tuple[DigitExample, ...]:
    """The first test images of each digit, as if they were drawn."""
    data = _digits_of(net)
    places = [place for label in range(10) for place in _first(data, label)]
    return tuple(DigitExample(int(data.test_y[place]), ink_of(data.test_x[place], data)) for place in places)


def ink_of(image: Tensor, data: DataSet) -> Ink:
    """An image of the data on the pad, each of its pixels as a square of cells."""
    low, high = ends(data)
    shares = interpolate(((image - low) / (high - low))[None], (CELLS, CELLS), mode="nearest")
    return tuple((WHITE * shares).round().int().flatten().tolist())


def as_input(ink: Ink, data: DataSet) -> Tensor:
    """What was drawn as one image of the data, shape ``[1, 1, side, side]``.

    The box around the ink is scaled and placed as the data's digits were.

    Raises:
        NetworkError: for numbers that are no drawing, or a pad without ink.
    """
    drawn, side = _checked(ink), data.test_x.shape[-1]
    paper = _PAPERS[side]
    rows, columns = (drawn.any(dim=axis).nonzero().flatten() for axis in (1, 0))
    box = drawn[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    fitted = interpolate(box[None, None], paper.size(*box.shape), mode="area")[0, 0]
    fitted = (fitted * paper.levels).round() / paper.levels
    row, column = paper.corner(fitted)
    page = torch.zeros(1, 1, side, side)
    page[0, 0, row : row + fitted.shape[0], column : column + fitted.shape[1]] = fitted
    low, high = ends(data)
    return low + page * (high - low)


class Pad:
    """Answers drawings; the copy that the last one was held against is kept for the next stroke.

    Raises:
        PruningError: if the network has no labels that mean anything.
    """

    def __init__(self, net: Network) -> None:
        self._behaving, self._net = Behaving(net), net
        self._held: tuple[Hashable, Ready] | None = None

    def answer(
        self, ink: Ink, of: Hashable, sketch: Callable[[], nn.Module], recalibrated: bool
    ) -> DrawnAnswer:
        """What the dense network and a pruned copy answer.

        Args:
            ink: see `as_input`.
            of: tells copies apart.
            sketch: makes the copy.
            recalibrated: see `Behaving.ready`.
        """
        data = _digits_of(self._net)
        image = as_input(ink, data)
        picture = picture_of(image[0], *ends(data))
        assert picture
        copy = self._copy((of, recalibrated), sketch, recalibrated)
        dense, pruned = (_chances(module, image) for module in (self._net.module, copy.module))
        return DrawnAnswer(picture, dense, pruned, copy.seen, copy.seconds)

    def _copy(self, of: Hashable, sketch: Callable[[], nn.Module], recalibrated: bool) -> Ready:
        if self._held is None or self._held[0] != of:
            self._held = of, self._behaving.ready(sketch(), recalibrated)
        return self._held[1]


def _digits_of(net: Network) -> DataSet:
    if not takes_drawings(net) or net.judged_on is None:
        raise NetworkError(
            f"'{net.name}' with {net.spec.weights} weights knows no handwritten digits, so nobody can draw one for it. "
            "Pick a bundled network with trained weights."
        )
    return net.judged_on


def ends(data: DataSet) -> tuple[float, float]:
    """What no ink and full ink are in the data: both occur in it."""
    return float(data.train_x.min()), float(data.train_x.max())


@torch.no_grad()
def _chances(module: nn.Module, image: Tensor) -> tuple[float, ...]:
    with evaluating(module):
        return tuple(class_scores(module, image)[0].softmax(dim=0).tolist())


def _checked(ink: Sequence[object]) -> Tensor:
    """Shares of ink, shape ``[CELLS, CELLS]``."""
    wrong = [one for one in ink if not (isinstance(one, int) and 0 <= one <= WHITE)]
    if wrong or len(ink) != CELLS**2:
        got = f"{wrong[0]!r}" if wrong else f"{len(ink):,} of them"
        raise NetworkError(
            f"A drawing must hold {CELLS**2:,} whole numbers from 0 to {WHITE}, one for each cell of {CELLS} rows, got "
            f"{got}. Clear the pad and draw again."
        )
    drawn = torch.tensor(ink, dtype=torch.float32).view(CELLS, CELLS) / WHITE
    if not drawn.any():
        raise NetworkError("The pad is empty. Draw a digit, or start from a test image.")
    return drawn


def _first(data: DataSet, label: int) -> list[int]:
    return torch.nonzero(data.test_y == label).flatten()[:EXAMPLES].tolist()


def _mnist_size(height: int, width: int) -> tuple[int, int]:
    longest = max(height, width)
    return max(1, round(20 * height / longest)), max(1, round(20 * width / longest))


def _by_mass(fitted: Tensor) -> tuple[int, int]:
    """Where the centre of mass comes to lie within half a pixel of pixel 14."""
    return _centred(fitted.sum(dim=1)), _centred(fitted.sum(dim=0))


def _centred(mass: Tensor) -> int:
    mean = float((mass * torch.arange(len(mass))).sum() / mass.sum())
    return min(max(math.ceil(13.5 - mean), 0), 28 - len(mass))


def _digits_size(height: int, width: int) -> tuple[int, int]:
    return 8, max(1, min(round(8 * width / height), 7))


def _in_the_middle(fitted: Tensor) -> tuple[int, int]:
    return 0, (9 - fitted.shape[1]) // 2


# MNIST's longer side has 20 of 28 pixels, and its centre of mass lies in the middle; the 8×8 digits fill all rows and
# seven columns at most, and count black dots: 0 to 16 a pixel.
_PAPERS = {28: _Paper(255, _mnist_size, _by_mass), 8: _Paper(16, _digits_size, _in_the_middle)}
