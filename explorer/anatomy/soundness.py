"""Do the couplings hold? One check that catches every way of getting them wrong.

Prune, silence the same channels on a copy, and compare the answers. Where a
channel was coupled with the wrong one, the answers differ, or the pruned
network cannot run at all.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from copy import copy
from dataclasses import dataclass
from functools import cached_property

import torch
from torch import nn

from explorer.anatomy.agreement import Apart, apart
from explorer.anatomy.chance import NoChance
from explorer.anatomy.copies import copied, sharing
from explorer.anatomy.inputs import Example, answer, cast, stacked
from explorer.anatomy.network import Network
from explorer.anatomy.probing import FINITE, Answers, Probes, asked_twice, finite_share, like, run
from explorer.anatomy.raising import place_of
from explorer.anatomy.silencing import NotingScales, Silenced
from explorer.anatomy.surgery import Cut, Room, slice_channels
from explorer.values.errors import PruningError, cause_of

SINGLE, DOUBLE = 1e-5, 1e-9  # rounding, as a share of an output's largest value
PLANNED = "the planned channels"
UNSEEN = 1e-6  # a change below that, by every position's own scale, is none


@dataclass(frozen=True)
class Finding:
    """What came of one comparison."""

    fault: str  # what is wrong with the pruned network, a sentence; "" if nothing is
    seen: bool = True  # whether the answers depend on the channels at all


class Judge:
    """Says of variants of one network whether channels are missing from them as if they had been silent.

    Args:
        module: the dense network, which is run; in train mode all chance is taken out of that.
        example: what it accepts.
        name: of the network.

    Raises:
        PruningError: if too little of what it answers is numbers.
    """

    def __init__(self, module: nn.Module, example: Example, name: str) -> None:
        self._module, self._name = module, name
        self._chance: tuple[type[NoChance], ...] = (NoChance,) if module.training else ()
        self._room: Room | None = None
        self._probes = Probes(module, example, self._chance)
        self._usual = self._probes.dense[0]
        self.called = self._probes.called  # modules that ran
        if not any(self._probes.dense):
            raise PruningError(
                f"'{name}' answers with no tensor, so what pruning changes cannot be seen. Let it return tensors, "
                "alone or in tuples, lists, dicts or dataclasses."
            )
        share = finite_share(self._probes.dense)
        if share < FINITE:
            raise PruningError(
                f"{100 * (1 - share):.0f} % of what '{name}' answers on the example input is no finite number, so no "
                "pruned network can be compared with it. Give an example input that it answers with numbers."
            )

    def of(self, module: nn.Module) -> Judge:
        """The same judge of the same network with other weights, who has run nothing of it yet."""
        other = copy(self)
        other._module, other._usual = module, ()
        other.__dict__.pop("_is_random", None)
        return other

    def in_one_room(self) -> Judge:
        """The same judge, who keeps the memory of one comparison for the next as long as he is there."""
        other = copy(self)
        other._room = Room()
        return other

    def look(self, cut: Cut, quick: bool = False, removed: str = PLANNED) -> Finding:
        """Cut channels out of a copy and compare it.

        Args:
            cut: the channels.
            quick: with one input; then it is not asked whether the answers depend on the channels.
            removed: what is removed of them, in words.
        """
        try:
            pruned = slice_channels(sharing(self._module), cut)
        except Exception as error:  # a plan that a layer cannot follow; the cause is told
            return Finding(f"{removed.capitalize()} cannot be cut out ({cause_of(error)}).")
        return self.look_at(pruned, cut, quick, removed)

    def look_at(self, pruned: nn.Module, cut: Cut, quick: bool = False, removed: str = PLANNED) -> Finding:
        """Compare a network from which these channels were removed already; it is run as it is."""
        try:
            if quick:
                return Finding(self._told(self._compared(pruned, cut, (self._probes.example,))[0], removed))
            found, silent, changes = self._in_full(pruned, cut)
            if found.equal and self._probes.remembers(changes):
                found = self._compared(pruned, cut, (self._probes.twice,))[0]
        except _DoesNotRun as error:
            return Finding(
                f"With {removed} removed, {error}: it counts on their number. A size read from x.shape would "
                "follow them."
            )
        if finite_share(silent) < FINITE:
            return Finding(f"With {removed} silent '{self._name}' answers with hardly any finite number.")
        return Finding(self._told(found, removed), self._moves(silent, pruned, cut))

    def _moves(self, silent: Answers, pruned: nn.Module, cut: Cut) -> bool:
        """Whether an answer changes with the channels: that to the example, or to an input like it."""
        if apart(silent, self._probes.dense).share > UNSEEN:
            return True
        others = self._probes.single[1:]
        silent = _answers(self._module, pruned, cut, others, self._chance)[1] if others else ()
        return bool(others) and apart(silent, run(self._module, others, self._chance)).share > UNSEEN

    def _in_full(self, pruned: nn.Module, cut: Cut) -> tuple[Apart, Answers, bool]:
        """On a batch and on the example alone, or where the network takes no batch, on several inputs in turn.

        Returns:
            How far the answers lie apart, what the silenced network answers the example, and, where nothing is apart,
            whether the pruned one may say something else when it is asked again.
        """
        probes = self._probes
        batch = self._in_batch(pruned, cut) if probes.is_batch else None
        if batch is None:
            found, silent = self._compared(pruned, cut, probes.single)
            return found, silent[:1], found.equal and self._alone(pruned)[1]
        found, silent = batch[0], probes.beginning(batch[1])
        if not found.equal:
            return found, silent, False
        # Alone it is answered as in the batch; where a network mixes what is in a batch, as if silenced.
        ours, changes = self._alone(pruned)
        alone = apart(ours, silent, usual=self._usual)
        if not alone.equal:
            alone, silent = self._compared(pruned, cut, (probes.example,))
        return alone, silent, changes

    def _alone(self, pruned: nn.Module) -> tuple[Answers, bool]:
        """What a pruned network answers the example, and whether it fails or says something else once more."""
        with _running(pruned):
            ours, again = asked_twice(pruned, self._probes.example, self._chance)
        return ours, again is not True

    def _in_batch(self, pruned: nn.Module, cut: Cut) -> tuple[Apart, Answers] | None:
        """None where not even the dense network takes the batch; asked only if something is wrong."""
        try:
            found, silent = self._compared(pruned, cut, (self._probes.batch,))
        except _DoesNotRun:
            if self._probes.takes_batch:
                raise
            return None
        if (found.equal and finite_share(silent) >= FINITE) or self._probes.takes_batch:
            return found, silent
        return None

    def _compared(self, pruned: nn.Module, cut: Cut, calls: Sequence[Example]) -> tuple[Apart, Answers]:
        """How far the pruned network's answers lie from the silenced one's, and what that one answers."""
        found, silent = self._compared_as(pruned, cut, calls, self._chance)
        # Asked last, as it takes two runs: most that lies apart does so by rounding, and that is settled by then
        if not found.equal and self._is_random:
            return self._compared_as(pruned, cut, calls, (NoChance,))
        return found, silent

    def _compared_as(
        self, pruned: nn.Module, cut: Cut, calls: Sequence[Example], chance: Sequence[type[NoChance]]
    ) -> tuple[Apart, Answers]:
        """The same with chance in it or without; once more in double precision where rounding may be all of it."""
        ours, silent = _answers(self._module, pruned, cut, calls, chance, self._room)
        found = apart(ours, silent, usual=self._usual)
        if not found.equal and not found.surely_apart:
            found = self._finely(pruned, cut, calls, chance) or apart(ours, silent, SINGLE)
        return found, silent

    def _finely(
        self, pruned: nn.Module, cut: Cut, calls: Sequence[Example], chance: Sequence[type[NoChance]]
    ) -> Apart | None:
        """In double precision, where rounding leaves no difference; None if the network insists on another."""
        wide = [cast(example, torch.float64) for example in calls]
        try:
            found = _answers(copied(self._module).double(), copied(pruned).double(), cut, wide, chance)
        except _DoesNotRun:  # it ran in single precision, and what was found there stands
            return None
        return apart(*found, DOUBLE)

    @cached_property
    def _is_random(self) -> bool:
        """Whether two runs that draw other numbers differ."""
        calls = (self._probes.example,)
        once, again = (run(self._module, calls, self._chance, seed) for seed in (0, 1))
        return not apart(again, once).equal

    def _told(self, found: Apart, removed: str) -> str:
        if found.equal:
            return ""
        if found.shapes:
            return f"These channels are part of what '{self._name}' answers with: {found.shapes}."
        output = (
            f"output {found.output + 1} of {found.outputs}" if found.outputs > 1 else "the network's output"
        )
        return (
            f"With {removed} removed, {output} differs by {_percent(found.shown)} from the same channels "
            "silenced: something depends on how many there are, or reads them where that cannot be seen."
        )


def _percent(share: float) -> str:
    return f"{100 * share:.0f} %" if share >= 0.01 else "less than 1 %"


def _answers(
    module: nn.Module,
    pruned: nn.Module,
    cut: Cut,
    calls: Sequence[Example],
    chance: Sequence[type[NoChance]],
    room: Room | None = None,
) -> tuple[Answers, Answers]:
    """Of the pruned network, and of the dense one with the same channels silent."""
    quiet, scales = Silenced(module, cut, pruned, room), []  # type: tuple[Silenced, list[float]]
    with _running(pruned):
        ours = run(pruned, calls, (*chance, lambda: NotingScales(scales)))
    with _running(quiet.module):
        return ours, run(quiet.module, calls, (*chance, quiet.as_pruned(scales)))


class _DoesNotRun(Exception):
    """Where and why a variant of a network does not run, as a clause."""


@contextmanager
def _running(module: nn.Module) -> Iterator[None]:
    try:
        yield
    except Exception as error:  # whatever a stranger's module raises, the cause is told
        raise _DoesNotRun(f"{place_of(error, module)} cannot run ({cause_of(error)})") from error


def dense_judge(net: Network, module: nn.Module) -> Judge:
    """A judge in eval mode.

    Args:
        net: a network.
        module: a copy of its module, which is run; perhaps with other weights.

    Raises:
        PruningError: see `Judge`.
    """
    exact, given = in_single(module, net.example_input)
    return Judge(exact, given, net.name)


def training_judge(net: Network, module: nn.Module) -> Judge | None:
    """The same in train mode, on batches; None where the dense network cannot run so."""
    exact, given = in_single(module, net.example_input)
    for batch in (stacked([given, like(given, seed=2)]), given):
        try:
            return Judge(sharing(exact).train(), batch, net.name)
        except Exception:  # whatever a stranger's network raises: it does not train on this
            continue
    return None


def in_single(module: nn.Module, example: Example) -> tuple[nn.Module, Example]:
    """A network and its input in single precision, where half would drown what is looked for."""
    if not any(p.dtype in (torch.half, torch.bfloat16) for p in module.parameters()):
        return module, example
    wide = copied(module).float(), cast(example, torch.float32)
    try:
        answer(*wide)
    except Exception:  # it insists on half precision
        return module, example
    return wide


def in_train_mode(fault: str) -> str:
    """The same sentence, said of train mode; "" where there is none."""
    return fault and f"In train mode, {fault[0].lower()}{fault[1:]}"
