"""Train the bundled networks: ``python -m explorer.sources.train [name …]``; the same seed, the same network."""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import torch
from safetensors.torch import save_file
from torch import Tensor, nn
from torch.nn import functional

from explorer.anatomy.data import DataSet
from explorer.measuring.evaluation import evaluate
from explorer.measuring.training import BATCH, SHIFTED, shifted
from explorer.sources import bundled
from explorer.sources.base import Card
from explorer.sources.digits import SPLIT_SEED, TEST_FRACTION, digits

SEED = 0
EPOCHS = 100
LEARNING_RATE = 3e-3
WEIGHT_DECAY = 0.05
SMOOTHING = 0.05
SPARSITY = 5e-3  # weight of the group lasso


def train(name: str, epochs: int = EPOCHS, seed: int = SEED) -> nn.Module:
    """Train one bundled network on the digits' train split; returns it in eval mode."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        module = bundled.build_random(name).train()
        _fit(module, digits(), epochs)
    return module.eval()


def save(module: nn.Module, name: str, folder: Path, epochs: int = EPOCHS, seed: int = SEED) -> Card:
    """Write weights and model card into `folder`; returns the card."""
    folder.mkdir(parents=True, exist_ok=True)
    tensors = {key: tensor.contiguous() for key, tensor in module.state_dict().items()}
    save_file(tensors, folder / bundled.weights_file(name).name)
    card = _card(module, name, epochs, seed)
    text = json.dumps(card, indent=2, ensure_ascii=False) + "\n"
    (folder / bundled.card_file(name).name).write_text(text, encoding="utf-8")
    return card


def _fit(module: nn.Module, data: DataSet, epochs: int) -> None:
    optimizer = torch.optim.AdamW(module.parameters(), weight_decay=WEIGHT_DECAY)
    steps = epochs * -(-len(data.train_x) // BATCH)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, max_lr=LEARNING_RATE, total_steps=steps)
    for _ in range(epochs):
        for rows in torch.randperm(len(data.train_x)).split(BATCH):
            scores = module(shifted(data.train_x[rows]))
            loss = functional.cross_entropy(scores, data.train_y[rows], label_smoothing=SMOOTHING)
            optimizer.zero_grad()
            (loss + SPARSITY * group_lasso(module)).backward()
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


def _card(module: nn.Module, name: str, epochs: int, seed: int) -> Card:
    data = digits()
    result = evaluate(module, data)
    return {
        "name": name,
        "description": bundled.NETWORKS[name].description,
        "accuracy": result.accuracy,
        "loss": result.loss,
        "parameters": sum(parameter.numel() for parameter in module.parameters()),
        "classes": data.classes,
        "data": "scikit-learn's handwritten digits: 1,797 grey images of 8×8 pixels",
        "split": (
            f"{len(data.train_x)} train and {len(data.test_x)} test images ({TEST_FRACTION:.0%}), "
            f"stratified by class, seed {SPLIT_SEED}; accuracy and loss are of the test images, by which the "
            "training settings were chosen too, so they flatter a little"
        ),
        "epochs": epochs,
        "seed": seed,
        "optimizer": f"AdamW, one cycle up to learning rate {LEARNING_RATE}, weight decay {WEIGHT_DECAY}",
        "training": (
            f"batches of {BATCH}; {SHIFTED:.0%} of the images shifted by up to one pixel; label smoothing "
            f"{SMOOTHING}; a group lasso of {SPARSITY} on every channel, so that idle ones fade"
        ),
        "torch": torch.__version__,
    }


def main(arguments: list[str] | None = None) -> None:
    """Train the networks named on the command line, or all of them."""
    parser = argparse.ArgumentParser(
        prog="python -m explorer.sources.train", description="Train the bundled networks."
    )
    parser.add_argument(
        "names", nargs="*", metavar="name", help=f"any of {', '.join(bundled.NETWORKS)}; default: all"
    )
    parser.add_argument("--epochs", type=int, default=EPOCHS)
    parser.add_argument("--seed", type=int, default=SEED)
    parser.add_argument(
        "--folder", type=Path, default=bundled.FOLDER, help="where weights and model cards go"
    )
    options = parser.parse_args(arguments)
    if unknown := set(options.names) - set(bundled.NETWORKS):
        parser.error(f"unknown network {sorted(unknown)[0]!r}; known: {', '.join(bundled.NETWORKS)}")
    if options.epochs < 1:
        parser.error(f"--epochs must be at least 1, got {options.epochs}")
    torch.set_num_threads(1)  # sums are taken in one order, however many cores there are
    for name in options.names or bundled.NETWORKS:
        card = save(
            train(name, options.epochs, options.seed), name, options.folder, options.epochs, options.seed
        )
        print(f"{name}: accuracy {card['accuracy']:.2%}, {card['parameters']:,} parameters")


if __name__ == "__main__":
    main()
