"""Agreement: how far a pruned network answers as the dense one does, where no labels say what is right."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property
from itertools import count, islice, pairwise

import torch
from torch import Tensor, nn

from explorer.anatomy.inputs import Example, stacked
from explorer.anatomy.own_inputs import OwnInputs
from explorer.anatomy.probing import Answers, finite_share, like, run, variants
from explorer.measuring.evaluation import evaluating, tell_judged
from explorer.values import Evaluation, Yardstick
from explorer.values.errors import NetworkError
from explorer.values.yardstick import Z

FINITE = 0.1  # share of an output's values that have to be numbers
DECIDING = 4  # inputs whose top answers tell whether top answers tell anything
TRIES = 4  # random inputs that are tried for each that is wanted: some networks take few
NO_NUMBER = 1000.0  # relative error of an answer that holds none
APART = 1 << 20  # seeds of the inputs by which ratios are chosen begin here

_TOPS = "Agreement is the share of inputs with the same top answer."
_NEAR = "Agreement is 1 minus the relative error, since the network {why}."


class Agreement:
    """Judges copies of a network by how far they answer as it does.

    Args:
        module: the dense network, left as it is.
        example: what it takes.
        own: inputs of the person's; None: random ones, made of the example's own values.
        most: so many inputs at most.
        base: another judge of the same network, which has decided what is counted; None: this one does.
        choosing: whether it runs the inputs by which ratios are chosen, and no others.
    """

    def __init__(
        self,
        module: nn.Module,
        example: Example,
        own: OwnInputs | None,
        most: int,
        base: Agreement | None = None,
        choosing: bool = False,
    ) -> None:
        self._module, self._example, self._own, self._most = module, example, own, most
        self._base, self._choosing = base, choosing
        self._known: list[tuple[Example, tuple[Tensor, ...]]] = []

    @cached_property
    def by(self) -> Yardstick:
        """What is counted, and on which inputs; runs the dense network on a few."""
        whose = "own" if self._own else "random"
        why = self.no_tops
        counted = _NEAR.format(why=why) if why else _TOPS
        made = "" if self._own else ", on random inputs drawn from the example's values"
        unlabelled = self._own.unlabelled if self._own else OwnInputs.unlabelled
        return Yardstick(
            "agreement",
            "agreement",
            "agreement" if why else "in agreement",
            "closer to the dense network",
            f"{whose} inputs",
            f"{whose} inputs",
            f"{whose} inputs",
            "relative error",
            "relative error",
            note=f"{unlabelled}, so answers are compared with the dense network's{made}. {counted}",
            is_counted=not why,
        )

    @cached_property
    def no_tops(self) -> str:
        """Why top answers tell nothing here; "" where they do."""
        if self._base:
            return self._base.no_tops
        tops = [_scores(answers) for _, answers in islice(self._answers(), DECIDING)]
        if not tops or any(one is None for one in tops):
            return "gives no rows of scores"
        found = Counter(int(one[0].argmax()) for one in tops if one is not None)
        if not self._own and max(found.values()) > DECIDING / 2:
            return "gives most random inputs the same top answer"
        return ""

    @property
    def can_tell(self) -> bool:
        """Whether the dense network answers with numbers, and not all inputs with the very same ones.

        A last layer of zeros, as torchvision's vision transformers begin with, hides whatever is pruned before it.
        """
        found = [answers for _, answers in islice(self._answers(), DECIDING)]
        if len(found) < 2 or not any(one.is_floating_point() for one in found[0]):
            return bool(found)  # labels are alike by chance
        return not all(_equal(found[0], other) for other in found[1:])

    @property
    def count(self) -> int:
        """On how many inputs it judges."""
        return len(self._owned) or self._most

    def fewer(self, most: int, choosing: bool = False) -> Agreement:
        """The same on so many inputs at most."""
        base = self._base or self
        return Agreement(self._module, self._example, self._own, most, base, choosing)

    @torch.no_grad()
    def evaluate(self, module: nn.Module) -> Evaluation:
        """How far `module` agrees: the share of the same top answers, and the mean relative error of all outputs.

        Where top answers tell nothing it is 1 minus the relative error of each input, and 0 where that is larger.
        """
        if module is self._module:
            return Evaluation(1.0, 0.0, self.count, self.by, 0.0 if self.no_tops else None)
        inputs, dense = self.reference
        ours: list[tuple[Tensor, ...]] = []
        for done, example in enumerate(inputs, start=1):
            ours += run(module, (example,))
            tell_judged(done, len(inputs))
        errors = [relative_error(one, other) for one, other in zip(ours, dense, strict=True)]
        mean = sum(errors) / len(errors)
        if self.no_tops:
            near = torch.tensor([max(0.0, 1 - error) for error in errors], dtype=torch.float64)
            half = Z * float(near.std()) / math.sqrt(len(near)) if len(near) > 1 else 0.0
            return Evaluation(float(near.mean()), mean, len(near), self.by, half)
        tops = torch.cat([_same(one, other) for one, other in zip(ours, dense, strict=True)])
        return Evaluation(float(tops.double().mean()), mean, len(tops), self.by)

    def calibration(self) -> list[Example]:
        """Inputs for BatchNorm re-calibration; none where they are random, since their statistics mean nothing."""
        return list(self._own.choosing) if self._own else []

    @cached_property
    def reference(self) -> tuple[list[Example], Answers]:
        """The inputs, and what the dense network answers them; those that it does not answer with numbers are left out.

        Raises:
            NetworkError: if it answers none of them.
        """
        found = list(islice(self._answers(), self._most))
        if not found:
            raise NetworkError(
                "The network answers none of the inputs with numbers, so no agreement can be measured. Give an example "
                "input of other values, or inputs of your own."
            )
        return [example for example, _ in found], tuple(answers for _, answers in found)

    def _answers(self) -> Iterator[tuple[Example, tuple[Tensor, ...]]]:
        """Inputs that the dense network answers with numbers, with the answers; each is run once."""
        place = 0
        while place < len(self._known) or self._knows_another():
            yield self._known[place]
            place += 1

    def _knows_another(self) -> bool:
        """Whether there is one more, which is run."""
        with evaluating(self._module):
            found = next(filter(None, map(self._answered, self._left)), None)
        self._known += [found] if found else []
        return found is not None

    @cached_property
    def _left(self) -> Iterator[Example]:
        """Inputs that were not run yet."""
        return iter(self._candidates())

    def _candidates(self) -> Iterable[Example]:
        if self._own:
            return self._owned
        seeds = count(APART if self._choosing else 0)
        return islice((like(self._example, seed) for seed in seeds), TRIES * self._most)

    @property
    def _owned(self) -> tuple[Example, ...]:
        if self._own is None:
            return ()
        return (self._own.choosing if self._choosing else self._own.judging)[: self._most]

    def _answered(self, example: Example) -> tuple[Example, tuple[Tensor, ...]] | None:
        for one in variants(example):
            try:
                answers = run(self._module, (one,))
            except Exception:  # whatever a stranger's network raises, it does not take this input
                continue
            if finite_share(answers) >= FINITE:
                return one, answers[0]
        return None


def relative_error(ours: Sequence[Tensor], theirs: Sequence[Tensor]) -> float:
    """Length of the difference by the length of the dense answer, the mean over all outputs that hold fractions."""
    shares = [
        _length(one.double() - other.double(), other.double())
        for one, other in zip(ours, theirs, strict=False)
        if other.is_floating_point() and one.shape == other.shape
    ]
    return sum(shares) / len(shares) if shares else float(not _equal(ours, theirs))


def _length(difference: Tensor, dense: Tensor) -> float:
    known = torch.isfinite(dense)
    apart, whole = float(difference[known].norm()), float(dense[known].norm())
    if not math.isfinite(apart):
        return NO_NUMBER
    return apart / whole if whole else float(apart > 0)


def _equal(ours: Sequence[Tensor], theirs: Sequence[Tensor]) -> bool:
    return all(torch.equal(one, other) for one, other in zip(ours, theirs, strict=False))


def _scores(answers: Sequence[Tensor]) -> Tensor | None:
    """The first output that holds a row of scores; None where the network is no classifier."""
    return next(
        (one for one in answers if one.is_floating_point() and one.dim() == 2 and one.shape[1] > 1), None
    )


def _same(ours: Sequence[Tensor], theirs: Sequence[Tensor]) -> Tensor:
    """Whether the largest score of each row stands in the same place."""
    one, other = _scores(ours), _scores(theirs)
    assert other is not None  # as `no_tops` found
    if one is None or one.shape != other.shape:
        return torch.zeros(len(other), dtype=torch.bool)
    return one.argmax(dim=1) == other.argmax(dim=1)


def batches(inputs: Sequence[Example], parts: int) -> list[Example]:
    """Inputs joined into so many batches, or fewer where there are not so many."""
    parts = max(1, min(parts, len(inputs) // 2))
    ends = [len(inputs) * part // parts for part in range(parts + 1)]
    return [stacked(list(inputs[start:end])) for start, end in pairwise(ends)]
