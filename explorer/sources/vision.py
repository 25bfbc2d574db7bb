"""torchvision's classifiers. The one module that imports torchvision."""

from __future__ import annotations

import importlib
import sys
import threading
import warnings
from functools import cache
from types import ModuleType
from typing import Any

import torch
from torch import Tensor, nn

from explorer.sources.code import Code
from explorer.sources.download import Progress, cached_file, read_weights, weights_file
from explorer.values import CatalogEntry, NetworkSpec, Weights
from explorer.values.errors import DownloadError

FAMILIES = {
    "alexnet": "AlexNet",
    "convnext": "ConvNeXt",
    "densenet": "DenseNet",
    "efficientnet": "EfficientNet",
    "googlenet": "GoogLeNet",
    "inception": "Inception",
    "maxvit": "MaxViT",
    "mnasnet": "MNASNet",
    "mobilenetv2": "MobileNet",
    "mobilenetv3": "MobileNet",
    "regnet": "RegNet",
    "resnet": "ResNet",
    "shufflenetv2": "ShuffleNet",
    "squeezenet": "SqueezeNet",
    "swin_transformer": "Swin",
    "vgg": "VGG",
    "vision_transformer": "ViT",
}

DATA = "none, since ImageNet is not shipped: pruned copies are judged by their agreement with the network"
_LOADING = threading.Lock()
IMPORT = """\
try:
    import torchvision
except RuntimeError:  # beside a CPU-only torch the registry's wheel lacks two operators, which classifiers do not use
    for name in [name for name in sys.modules if name.partition(".")[0] == "torchvision"]:
        del sys.modules[name]
    missing = torch.library.Library("torchvision", "FRAGMENT")
    for name in ("nms", "qnms"):
        missing.define(f"{name}(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")
    import torchvision"""


@cache
def torchvision() -> ModuleType:
    """Import torchvision, also beside a CPU-only torch; whoever imports it after that, timm too, gets the same.

    The registry's wheel is linked with CUDA: on a CPU-only torch its compiled part cannot load, and the
    import dies registering fakes for two operators that nobody defined. Classifiers use neither, so bare
    schemas do.
    """
    try:
        return importlib.import_module("torchvision")
    except RuntimeError as error:
        if "torchvision::" not in str(error):
            raise
    for name in [name for name in sys.modules if name.partition(".")[0] == "torchvision"]:
        del sys.modules[name]  # half imported
    _define_missing_operators()
    return importlib.import_module("torchvision")


@cache  # keeps the library alive: its schemas vanish with it
def _define_missing_operators() -> torch.library.Library:
    library = torch.library.Library("torchvision", "FRAGMENT")
    for name in ("nms", "qnms"):
        library.define(f"{name}(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")
    return library


@cache
def catalog() -> tuple[CatalogEntry, ...]:
    """All classifiers, sorted by family; downloads and builds nothing."""
    models = torchvision().models
    entries = (_entry(name) for name in models.list_models(module=models))
    return tuple(sorted(entries, key=lambda entry: (entry.family.lower(), entry.name)))


def _entry(name: str) -> CatalogEntry:
    module = torchvision().models.get_model_builder(name).__module__.rpartition(".")[2]
    parameters, size = _weights(name).meta["num_params"], input_size(name)
    description = (
        f"ImageNet classifier, {size}×{size} pixels; published with {parameters / 1e6:.1f} M parameters."
    )
    family, choices = FAMILIES.get(module, module), (Weights.PRETRAINED, Weights.RANDOM)
    return CatalogEntry(name, family, choices, description, DATA)


def has(name: str) -> bool:
    """See `Source.has`."""
    return name in _names()


def build(spec: NetworkSpec, progress: Progress | None = None) -> nn.Module:
    """See `Source.build`."""
    pretrained = spec.weights is Weights.PRETRAINED
    return build_pretrained(spec.name, progress) if pretrained else build_random(spec.name)


def data(name: str) -> None:
    """See `Source.data`."""


def needs_download(spec: NetworkSpec) -> bool:
    """See `Source.needs_download`."""
    return spec.weights is Weights.PRETRAINED and not is_downloaded(spec.name)


def card(name: str) -> None:
    """See `Source.card`."""


@cache
def _names() -> frozenset[str]:
    models = torchvision().models
    return frozenset(models.list_models(module=models))


def _weights(name: str) -> Any:
    return torchvision().models.get_model_weights(name).DEFAULT


def transforms(name: str, size: tuple[int, int]) -> Any:
    """What brings a picture into the form that the weights were trained on; torchvision's own.

    Args:
        size: height and width; of another size than the weights', as large a part of each picture is cut out.
    """
    found = _weights(name).transforms()
    scale = max(size) / found.crop_size[0]
    found.crop_size, found.resize_size = list(size), [round(found.resize_size[0] * scale)]
    return found


def categories(name: str) -> tuple[str, ...]:
    """Names of the classes in their order."""
    return tuple(_weights(name).meta["categories"])


def input_size(name: str) -> int:
    """Height and width of the images that a classifier was made for, in pixels."""
    return int(_weights(name).transforms.keywords["crop_size"])


def example(name: str, module: nn.Module | None = None) -> Tensor:
    """One image of noise of the right size; see `Source.example`."""
    size = input_size(name)
    return torch.randn(1, 3, size, size, generator=torch.Generator().manual_seed(0))


def code_of(spec: NetworkSpec, **sizes: int) -> Code:
    """See `Source.code_of`; `sizes` as for `build_random`."""
    options = "".join(f", {name}={value!r}" for name, value in (_options(spec.name) | sizes).items())
    made = f'net = torchvision.models.get_model("{spec.name}", weights={{}}{options})'
    dense = {
        Weights.PRETRAINED: made.format('"DEFAULT"'),
        Weights.RANDOM: f"torch.manual_seed({spec.seed})\n{made.format(None)}",
    }
    return Code(IMPORT, made.format(None), dense.get(spec.weights, ""))


def build_random(name: str, **sizes: int) -> nn.Module:
    """Build a classifier as initialised from torch's current random state, in eval mode.

    Args:
        name: as torchvision spells it.
        sizes: ``num_classes``, where they are not ImageNet's.
    """
    return _build(name, **sizes)


def build_pretrained(name: str, progress: Progress | None = None) -> nn.Module:
    """Build a classifier with torchvision's best weights, downloaded once.

    Args:
        name: as torchvision spells it.
        progress: told the fraction downloaded, in [0, 1].

    Raises:
        DownloadError: if the weights cannot be fetched, or are not what was announced.
    """
    weights = _weights(name)
    state = read_weights(name, weights_file(name, weights.url, progress))
    with _LOADING:
        # Only torchvision's builders know the layouts of its older files; this hands them ours to build from.
        type(weights).get_state_dict = lambda *_, **__: state
        try:
            return _build(name, weights=weights)
        except RuntimeError as error:
            raise DownloadError(
                f"Weights of '{name}' from {weights.url} do not fit the network, so it was left unloaded. "
                "Choose random weights."
            ) from error
        finally:
            del type(weights).get_state_dict


def is_downloaded(name: str) -> bool:
    """Whether the best weights lie in torch's cache already."""
    return cached_file(_weights(name).url).exists()


def _build(name: str, **options: Any) -> nn.Module:
    options |= _options(name)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FutureWarning)  # about the default initialisation of the two above
        return torchvision().models.get_model(name, **options).eval()


def _options(name: str) -> dict[str, Any]:
    """What its builder is told."""
    if name in ("googlenet", "inception_v3"):
        # The auxiliary classifiers serve training only, and stop a pruned copy from being trained.
        return {"aux_logits": False}
    return {"image_size": input_size(name)} if name.startswith("vit_") else {}
