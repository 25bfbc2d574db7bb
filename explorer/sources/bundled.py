"""The five small networks that come with the explorer, trained on handwritten digits."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor, nn

from explorer.anatomy.data import DataSet
from explorer.sources.base import Card
from explorer.sources.cnn import DigitsCNN
from explorer.sources.densenet import DigitsDenseNet
from explorer.sources.digits import digits
from explorer.sources.download import Progress
from explorer.sources.mobilenet import DigitsMobileNet
from explorer.sources.resnet import DigitsResNet
from explorer.sources.vit import DigitsViT
from explorer.values import CatalogEntry, NetworkSpec, Weights
from explorer.values.errors import NetworkError

FOLDER = Path(__file__).parent / "weights"
FAMILY = "Digits"
DATA = "scikit-learn's handwritten digits, 8×8 pixels"


@dataclass(frozen=True)
class Bundled:
    """How to build one network, and what is to be seen in it."""

    build: Callable[[], nn.Module]
    description: str


NETWORKS = {
    "digits-cnn": Bundled(
        DigitsCNN, "A plain chain of convolutions: each reads the channels of the one before."
    ),
    "digits-resnet": Bundled(DigitsResNet, "Residual sums: both branches of a sum lose the same channels."),
    "digits-densenet": Bundled(
        DigitsDenseNet, "Concatenation: every layer reads the channels of all layers before it."
    ),
    "digits-mobilenet": Bundled(
        DigitsMobileNet,
        "Depthwise convolutions: one filter per channel, so inputs and outputs are the same channels.",
    ),
    "digits-vit": Bundled(DigitsViT, "A vision transformer: attention heads share one embedding."),
}


def catalog() -> tuple[CatalogEntry, ...]:
    """The bundled networks, simplest first."""
    choices = (Weights.TRAINED, Weights.RANDOM)
    return tuple(
        CatalogEntry(name, FAMILY, choices, network.description, DATA) for name, network in NETWORKS.items()
    )


def has(name: str) -> bool:
    """See `Source.has`."""
    return name in NETWORKS


def build(spec: NetworkSpec, progress: Progress | None = None) -> nn.Module:
    """See `Source.build`."""
    return build_trained(spec.name) if spec.weights is Weights.TRAINED else build_random(spec.name)


def example(name: str) -> Tensor:
    """See `Source.example`."""
    return digits().test_x[:1]


def data(name: str) -> DataSet:
    """See `Source.data`."""
    return digits()


def needs_download(spec: NetworkSpec) -> bool:
    """See `Source.needs_download`."""
    return False


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
            f"The shipped weights of '{name}' cannot be loaded: {str(error).splitlines()[0].rstrip('.:')}. "
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
