"""Do the couplings hold? One check that catches every way of getting them wrong.

Prune, silence the same channels on a copy, and compare the answers. Where a
channel was coupled with the wrong one, the answers differ, or the pruned
network cannot run at all.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import torch
from torch import nn

from explorer.anatomy.agreement import Apart, apart, largest_difference
from explorer.anatomy.chance import NoChance
from explorer.anatomy.copies import copied, sharing
from explorer.anatomy.inputs import Example, answer, cast, stacked
from explorer.anatomy.network import Network
from explorer.anatomy.probing import FINITE, Answers, finite_share, like, probes, run
from explorer.anatomy.silencing import NotingScales, Silenced
from explorer.anatomy.surgery import Cut, slice_channels, zero_channels
from explorer.values.errors import PruningError

SINGLE, DOUBLE = 1e-5, 1e-9  # rounding, as a share of an output's largest value
UNSEEN = 1e-6  # a change below that, by every position's own scale, is none


@dataclass(frozen=True)
class Finding:
    """What came of one comparison."""

    fault: str  # what is wrong with the pruned network, a sentence; "" if nothing is
    seen: bool = True  # whether the answers depend on the channels at all


class Judge:
    """Says of variants of one network whether channels are missing from them as if they had been silent.

    Args:
        module: the dense network; in train mode all chance is taken out of its runs. Left untouched.
        calls: inputs that it accepts, see `probes`.
        name: of the network.
        removed: what is removed of the channels, in words.

    Raises:
        PruningError: if too little of what it answers is numbers.
    """

    def __init__(self, module: nn.Module, calls: Sequence[Example], name: str, removed: str) -> None:
        self.module = module
        self._name, self._removed = name, removed
        self._calls = calls
        self._chance = (NoChance,) if module.training else ()
        self.called: set[str] = set()  # modules that ran
        self._dense = run(_noting(sharing(module), self.called), calls, self._chance)
        share = finite_share(self._dense)
        if share < FINITE:
            raise PruningError(
                f"{100 * (1 - share):.0f} % of what the network answers on inputs like the example is no finite "
                "number, so whether its couplings hold cannot be told. Give an example input that it answers with "
                "numbers."
            )

    def look(self, cut: Cut, quick: bool = False) -> Finding:
        """Cut channels out of a copy and compare it.

        Args:
            cut: the channels.
            quick: with the last input alone.
        """
        try:
            pruned = slice_channels(sharing(self.module), cut)
        except Exception as error:  # a plan that a layer cannot follow; the cause is told
            return Finding(self._cannot_run(error))
        return self.look_at(pruned, cut, quick)

    def look_at(self, pruned: nn.Module, cut: Cut, quick: bool = False) -> Finding:
        """Compare a network from which these channels were removed already."""
        calls = self._calls[-1:] if quick else self._calls
        try:
            found, silent = self._compared(pruned, cut, calls)
        except Exception as error:  # whatever a stranger's module raises, the cause is told
            return Finding(self._cannot_run(error))
        seen = apart(silent, self._dense[-len(calls) :]).share > UNSEEN
        return Finding("" if found.equal else self._told(found), seen)

    def _cannot_run(self, error: Exception) -> str:
        wrongly = f"DepGraph couples channels of '{self._name}' wrongly"
        return f"{wrongly}: the pruned network cannot run ({cause_of(error)})."

    def _told(self, found: Apart) -> str:
        if found.shapes:
            return f"These channels are part of what '{self._name}' answers with: {found.shapes}."
        output = f"output {found.output + 1} of {found.outputs}" if found.outputs > 1 else "output"
        return (
            f"DepGraph couples channels of '{self._name}' that do not belong together: with {self._removed} removed "
            f"its {output} differs by {100 * found.shown:.0f} % from the same channels silenced."
        )

    def _compared(self, pruned: nn.Module, cut: Cut, calls: Sequence[Example]) -> tuple[Apart, Answers]:
        ours, silent = _answers(self.module, pruned, cut, calls, self._chance)
        found = apart(ours, silent)
        if not found.equal and self._is_random:
            ours, silent = _answers(self.module, pruned, cut, calls, (NoChance,))
            found = apart(ours, silent)
        if not found.equal and not found.surely_apart:
            found = self._finely(pruned, cut, calls) or apart(ours, silent, SINGLE)
        return found, silent

    def _finely(self, pruned: nn.Module, cut: Cut, calls: Sequence[Example]) -> Apart | None:
        """In double precision, where rounding leaves no difference; None if the network insists on another."""
        wide = [cast(example, torch.float64) for example in calls]
        chance = (NoChance,) if self._is_random else self._chance
        try:
            found = _answers(copied(self.module).double(), copied(pruned).double(), cut, wide, chance)
        except Exception:  # it ran in single precision, and what was found there stands
            return None
        return apart(*found, DOUBLE)

    @cached_property
    def _is_random(self) -> bool:
        """Whether two runs that draw other numbers differ."""
        if self._chance:
            return False
        again = run(sharing(self.module), self._calls[-1:], seed=1)
        return not apart(again, self._dense[-1:]).equal


def _answers(
    module: nn.Module, pruned: nn.Module, cut: Cut, calls: Sequence[Example], chance: Sequence[type[NoChance]]
) -> tuple[Answers, Answers]:
    """Of the pruned network, and of the dense one with the same channels silent."""
    quiet, scales = Silenced(module, cut, pruned), []  # type: tuple[Silenced, list[float]]
    ours = run(sharing(pruned), calls, (*chance, lambda: NotingScales(scales)))
    return ours, run(quiet.module, calls, (*chance, quiet.as_pruned(scales)))


def _noting(module: nn.Module, called: set[str]) -> nn.Module:
    """The same module; it notes which of its modules run."""
    for name, layer in module.named_modules():
        layer.register_forward_pre_hook(lambda *_, name=name: called.add(name))
    return module


def cause_of(error: Exception) -> str:
    """The first line of what an error says, as part of a sentence."""
    return (str(error).splitlines() or [type(error).__name__])[0].rstrip(".")


def dense_judge(net: Network, module: nn.Module, removed: str = "them") -> Judge:
    """A judge in eval mode.

    Args:
        net: a network.
        module: its module, or a copy with other weights.
        removed: see `Judge`.

    Raises:
        PruningError: see `Judge`.
    """
    exact, given = in_single(module, net.example_input)
    return Judge(exact, probes(sharing(exact), given), net.name, removed)


def training_judge(net: Network, module: nn.Module, removed: str = "them") -> Judge | None:
    """The same in train mode, on a batch of two; None where the dense network cannot run so."""
    exact, given = in_single(module, net.example_input)
    for batch in (stacked([given, like(given, 0)]), given):
        try:
            return Judge(sharing(exact).train(), (batch,), net.name, removed)
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


def verify(net: Network, pruned: nn.Module, cut: Cut) -> None:
    """Refuse a pruned network that does not run, or does not answer as the dense one with the same channels silent.

    It runs on the example, on a batch of several and in train mode, where the dense network does; `pruned` itself
    stays as it is.

    Args:
        net: the dense network.
        pruned: without the channels.
        cut: the channels that are gone.

    Raises:
        PruningError: says what is wrong.
    """
    check_runs(net, pruned)
    judge, training = _judges(net)
    fault = judge.look_at(in_single(pruned, net.example_input)[0], cut).fault
    if training and not fault:
        fault = training.look_at(sharing(in_single(pruned, net.example_input)[0]).train(), cut).fault
        fault = fault and f"In train mode: {fault}"
    if fault:
        raise PruningError(
            f"The pruned network is not handed out. {fault} Use another ratio, or keep layers."
        )


def check_runs(net: Network, pruned: nn.Module) -> None:
    """Refuse a pruned network whose layers no longer fit together."""
    try:
        answer(sharing(pruned), net.example_input)
    except Exception as error:  # whatever a stranger's module raises, the cause is told
        raise PruningError(
            f"The pruned network cannot run ({cause_of(error)}), so it is not handed out. Use another ratio, or keep "
            "the layers that it names."
        ) from error


def _judges(net: Network) -> tuple[Judge, Judge | None]:
    """Of the network as it is, in eval and in train mode, once a network."""
    if "judges" not in net.found:
        net.found["judges"] = dense_judge(net, net.module), training_judge(net, net.module)
    judges: tuple[Judge, Judge | None] = net.found["judges"]
    return judges


def zeroing_difference(net: Network, pruned: nn.Module, cut: Cut) -> float:
    """Largest difference between the pruned network and one with the same channels at zero, norms and all.

    Returns:
        Relative to the largest output; about 1e-7 where both are the same.
    """
    return output_difference(net, pruned, zero_channels(sharing(net.module), cut))


def output_difference(net: Network, one: nn.Module, other: nn.Module) -> float:
    """Largest difference between the answers of two variants of a network, relative to the largest output."""
    calls = probes(sharing(net.module), net.example_input)[:1]
    return largest_difference(run(sharing(one), calls), run(sharing(other), calls))


def zeroing_note(module: nn.Module, cut: Cut) -> str:
    """Why removing and zeroing differ by nature; '' where they must agree."""
    layers = dict(module.named_modules())
    touched = [layers[path] for path, _ in cut if path in layers]
    return " ".join(
        sentence for kind, sentence in _BY_NATURE.items() if any(isinstance(layer, kind) for layer in touched)
    )


_BY_NATURE = {
    nn.LayerNorm: "LayerNorm takes its mean over the channels there are: zeros count, removed ones do not.",
    nn.GroupNorm: "GroupNorm takes its mean over the channels there are: zeros count, removed ones do not.",
    nn.MultiheadAttention: "Attention divides by the square root of the head size, which shrinks with its channels.",
}
