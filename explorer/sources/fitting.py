"""How the bundled networks are trained: as most people train, or to be pruned."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

from explorer.anatomy.data import DataSet
from explorer.measuring.goals import BATCH, shifted
from explorer.sources import bundled

SEED = 0
EPOCHS = {bundled.DIGITS: 100, bundled.MNIST: 15}  # usual ones, by family
LEARNING_RATE = 3e-3
WEIGHT_DECAY = 0.05
SMOOTHING = 0.05
SPARSITY = 5e-3  # weight of the group lasso


def train(name: str, epochs: int | None = None, seed: int = SEED) -> nn.Module:
    """Train one bundled network on its data's train split, for as long as usual; returns it in eval mode."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        module = bundled.build_random(name).train()
        _fit(module, bundled.data(name), epochs or usual_epochs(name), bundled.NETWORKS[name].lasso)
    flush(module)
    return module.eval()


def usual_epochs(name: str) -> int:
    """Passes over the train split that the shipped weights took."""
    return EPOCHS[bundled.NETWORKS[name].family]


@torch.no_grad()
def flush(module: nn.Module) -> None:
    """Set subnormal values to zero, in place: a processor takes many times as long to multiply with those."""
    for tensor in module.state_dict().values():
        if tensor.is_floating_point():
            tensor[tensor.abs() < torch.finfo(tensor.dtype).tiny] = 0.0


def _fit(module: nn.Module, data: DataSet, epochs: int, lasso: bool) -> None:
    optimizer = torch.optim.AdamW(module.parameters(), weight_decay=WEIGHT_DECAY)
    steps = epochs * -(-len(data.train_x) // BATCH)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, max_lr=LEARNING_RATE, total_steps=steps)
    for _ in range(epochs):
        for rows in torch.randperm(len(data.train_x)).split(BATCH):
            scores = module(shifted(data.train_x[rows]))
            loss = functional.cross_entropy(scores, data.train_y[rows], label_smoothing=SMOOTHING)
            optimizer.zero_grad()
            (loss + SPARSITY * group_lasso(module) if lasso else loss).backward()
            optimizer.step()
            schedule.step()


def group_lasso(module: nn.Module) -> Tensor:
    """Sum the norms of all channels, so that training empties the channels that it can do without.

    Networks trained so are what pruning is for: magnitude then tells idle channels from busy ones.

    Source: Wen et al. 2016, arXiv:1608.03665.
    """
    norms = []
    for layer in module.modules():
        if isinstance(layer, (nn.Conv2d, nn.Linear)):
            norms += [layer.weight.transpose(0, axis).flatten(1).norm(dim=1).sum() for axis in (0, 1)]
        elif isinstance(layer, nn.BatchNorm2d):
            norms.append(layer.weight.abs().sum())
    return torch.stack(norms).sum()
