"""Before a pruned network is handed out: it has to answer as the dense one with the same channels silent."""

from __future__ import annotations

from torch import nn

from explorer.anatomy.agreement import largest_difference
from explorer.anatomy.chance import NoChance
from explorer.anatomy.copies import sharing
from explorer.anatomy.inputs import Example, answer, stacked
from explorer.anatomy.network import Network
from explorer.anatomy.probing import Probes, run
from explorer.anatomy.raising import place_of
from explorer.anatomy.scopes import noting
from explorer.anatomy.silencing import NORMS, own_norms
from explorer.anatomy.soundness import dense_judge, in_single, in_train_mode, training_judge
from explorer.anatomy.surgery import Cut, zero_channels
from explorer.values.errors import PruningError, cause_of


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
    wide = in_single(pruned, net.example_input)[0]
    if wide is not pruned:
        check_runs(net, pruned)
    dense, given = in_single(net.module, net.example_input)
    judge = net.found["judge"].of(dense) if "judge" in net.found else dense_judge(net, sharing(dense))
    fault = judge.look_at(wide, cut).fault
    fault = fault or _fault_in_training(net, sharing(wide).train(), cut, given)
    if fault:
        raise PruningError(
            f"The pruned network is not handed out. {fault} Use another ratio, or keep layers."
        )


def _fault_in_training(net: Network, pruned: nn.Module, cut: Cut, example: Example) -> str:
    """What is wrong with it in train mode, on a batch of two.

    Where that runs and reaches no other layer than eval mode, the comparison in eval mode says it all.
    """
    called: set[str] = set()
    try:
        with noting(pruned, called.add):
            run(pruned, (stacked([example] * 2),), (NoChance,))
        if not called - getattr(net.found.get("judge"), "called", called):
            return ""
    except Exception:  # the dense network may not train on this either
        pass
    judge = training_judge(net, net.module)
    fault = judge.look_at(pruned, cut).fault if judge else ""
    return in_train_mode(fault)


def check_runs(net: Network, pruned: nn.Module) -> None:
    """Refuse a pruned network whose layers no longer fit together."""
    module = sharing(pruned)
    try:
        answer(module, net.example_input)
    except Exception as error:  # whatever a stranger's module raises, the cause is told
        raise PruningError(
            f"The pruned network is not handed out: {place_of(error, module)} cannot run ({cause_of(error)}). Use "
            "another ratio, or keep that layer."
        ) from error


def zeroing_difference(net: Network, pruned: nn.Module, cut: Cut) -> float:
    """Largest difference between the pruned network and one with the same channels at zero, norms and all.

    Returns:
        Relative to the largest output; about 1e-7 where both are the same.
    """
    return output_difference(net, pruned, zero_channels(sharing(net.module), cut))


def output_difference(net: Network, one: nn.Module, other: nn.Module) -> float:
    """Largest difference between the answers of two variants of a network, relative to the largest output."""
    probes = Probes(net.module, net.example_input)
    calls = (probes.batch,) if probes.takes_batch else probes.single
    return largest_difference(run(one, calls), run(other, calls))


def zeroing_note(module: nn.Module, cut: Cut) -> str:
    """Why removing and zeroing differ by nature; '' where they must agree."""
    layers = dict(module.named_modules())
    touched = [layers[path] for path, _ in cut if path in layers]
    norms = [kind.__name__ for kind in NORMS if any(isinstance(layer, kind) for layer in touched)]
    norms += [type(layer).__name__ for layer, _ in own_norms(module, cut)]
    told = [_OF_NORMS.format(name) for name in dict.fromkeys(norms)]
    attends = any(isinstance(layer, nn.MultiheadAttention) for layer in touched)
    return " ".join([*told, _OF_ATTENTION] if attends else told)


_OF_NORMS = "{} takes its mean over the channels there are: zeros count, removed ones do not."
_OF_ATTENTION = "Attention divides by the square root of the head size, which shrinks with its channels."
