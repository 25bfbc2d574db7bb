"""Sparse training: before anything is pruned, a copy is trained towards channels that can go."""

from __future__ import annotations

from collections.abc import Callable, Generator
from dataclasses import replace
from pathlib import Path

from torch import nn

from explorer.anatomy.copies import copied
from explorer.anatomy.network import Network
from explorer.backends.bench import Bench
from explorer.backends.depgraph.planner import DepGraphPlanner
from explorer.backends.depgraph.torch_pruning.regularizing import Penalty
from explorer.measuring.judging import evaluate
from explorer.measuring.saving import saved
from explorer.measuring.training import check_settings, fine_tune
from explorer.process.steps import finished
from explorer.studies.recover import check_trainable
from explorer.values import ChannelOptions, Progress, TrainingPoint
from explorer.values.errors import TrainingError, UnknownNameError
from explorer.values.sparse_training import (
    LARGEST_STRENGTH,
    Regularizer,
    SparselyTrained,
    SparseTraining,
)
from explorer.values.whole import appearing


def train_sparsely(
    net: Network,
    regularizer: str = Regularizer.GROUP_NORM,
    epochs: int = 15,
    learning_rate: float = 0.05,
    *,
    strength: float | None = None,
    seed: int = 0,
) -> Network:
    """Train a copy of a network towards channels that pruning can take at little cost.

    Args:
        net: left as it is; it has trained weights and labels, or a loss of its own.
        regularizer: one of Torch-Pruning's: "group_norm", "growing" or "bn_scale".
        epochs: passes over the train split, from 1 to 200.
        learning_rate: the highest of the cycle, in (0, 1].
        strength: of the pull; None: as suits most networks.
        seed: of batches, shifts and dropout.

    Returns:
        The same network with the weights that were trained.

    Raises:
        TrainingError: for settings out of bounds, a network that is not judged, or a loss that is no number.
        PruningError: if nothing of the network can be pruned.
        UnknownNameError: for a regularizer that does not exist.
    """
    settings = SparseTraining(_regularizer(regularizer), strength, epochs, learning_rate, seed)
    module, _ = finished(trained_sparsely(net, settings))
    return replace(net, module=module)


def trained_sparsely(
    net: Network, settings: SparseTraining, keep: Callable[[nn.Module], object] = lambda module: None
) -> Generator[Progress, None, tuple[nn.Module, SparselyTrained]]:
    """Train a copy by one of Torch-Pruning's regularised pruners; nothing is removed.

    Args:
        net: left as it is; it has trained weights and labels, or a loss of its own.
        settings: how to train.
        keep: handed the copy at the end of each epoch.

    Yields:
        How far it is, with the curve so far.

    Raises:
        TrainingError: for settings out of bounds, a network that is not judged, or a loss that is no number.
        PruningError: if nothing of the network can be pruned.
    """
    _check(net, settings)
    module = copied(net.module)
    yield Progress(None, "Finding the groups")
    planner = DepGraphPlanner(Bench(net), ChannelOptions())
    for _ in planner.rank():
        pass
    penalty = Penalty(
        module, net.example_input, planner.ranked.order(0.0), settings.regularizer, settings.pull
    )
    curve: list[TrainingPoint] = []
    for point in fine_tune(module, net, settings.epochs, settings.learning_rate, settings.seed, pull=penalty):
        curve.append(point)
        if point.epoch and point.epoch == int(point.epoch):
            keep(module)
        faded, channels = penalty.faded()
        epoch = min(int(point.epoch) + 1, settings.epochs)
        told = f"Sparse training, epoch {epoch} of {settings.epochs}: {faded} of {channels} channels faded"
        yield Progress(point.epoch / settings.epochs, told, tuple(curve))
    return module, SparselyTrained(
        settings=settings,
        dense=evaluate(net.module, net),
        trained=evaluate(module, net),
        curve=tuple(curve),
        faded=faded,
        channels=channels,
    )


def saved_at(path: Path) -> Callable[[nn.Module], None]:
    """Writes a network's weights there; whoever reads finds those of the last epoch, whole."""

    def keep(module: nn.Module) -> None:
        with appearing(path) as part:
            part.write_bytes(saved(module))

    return keep


def _check(net: Network, settings: SparseTraining) -> None:
    check_settings(settings.epochs, settings.learning_rate, settings.seed)
    check_trainable(net)
    if not 0 < settings.pull <= LARGEST_STRENGTH:
        raise TrainingError(
            f"The strength must be above 0 and at most {LARGEST_STRENGTH:g}, got {settings.pull!r}. Try "
            f"{settings.regularizer.strength:g}."
        )
    if settings.regularizer is Regularizer.BN_SCALE and not _has_scales(net.module):
        raise TrainingError(
            f"The regularizer 'bn_scale' pulls at the scales of BatchNorm, and network '{net.name}' has none. Use "
            "'group_norm'."
        )


def _regularizer(word: str) -> Regularizer:
    try:
        return Regularizer(word)
    except ValueError as error:
        known = ", ".join(Regularizer)
        raise UnknownNameError(f"Unknown regularizer {word!r}. Known: {known}.") from error


def _has_scales(module: nn.Module) -> bool:
    kinds = (nn.BatchNorm1d, nn.BatchNorm2d, nn.BatchNorm3d)
    return any(isinstance(layer, kinds) and layer.affine for layer in module.modules())
