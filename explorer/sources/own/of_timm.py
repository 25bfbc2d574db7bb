"""timm's networks. The one module that imports timm."""

from __future__ import annotations

from typing import Any

import torch
from torch import nn

from explorer.anatomy.inputs import Example
from explorer.sources import vision
from explorer.sources.code import Code
from explorer.sources.download import Progress
from explorer.sources.own.suggestions import library, unknown
from explorer.values import Weights
from explorer.values.errors import DownloadError, NetworkError, cause_of
from explorer.values.own import Own

WEIGHTS = (Weights.RANDOM, Weights.PRETRAINED)
DESCRIPTION = "timm's {}."


def build(own: Own, weights: Weights, progress: Progress | None) -> Any:
    """See `Kind.build`."""
    timm = _timm(own)
    if weights is not Weights.PRETRAINED:
        return timm.create_model(own.target, **own.sizes)
    try:
        return timm.create_model(own.target, pretrained=True, **own.sizes)
    except Exception as error:  # the hub's errors are of many classes
        raise DownloadError(
            f"The pretrained weights of '{own.name}' could not be loaded: {cause_of(error)}. Check the connection, "
            "or choose random weights."
        ) from error


def example(own: Own, module: nn.Module) -> Example | None:
    """One picture of noise of the size that the network was made for."""
    size = getattr(module, "pretrained_cfg", {}).get("input_size", (3, 224, 224))
    return torch.randn(1, *size, generator=torch.Generator().manual_seed(0))


def needs_download(own: Own, weights: Weights) -> bool:
    """See `Kind.needs_download`."""
    if weights is not Weights.PRETRAINED:
        return False
    config = _timm(own).get_pretrained_cfg(own.target)
    if config is None or not config.has_weights:
        raise NetworkError(f"timm publishes no weights for '{own.target}'. Choose random weights.")
    from huggingface_hub import try_to_load_from_cache  # comes with timm

    names = ("model.safetensors", "pytorch_model.bin")
    return not any(isinstance(try_to_load_from_cache(config.hf_hub_id, name), str) for name in names)


def _timm(own: Own) -> Any:
    timm = library("timm", own.model)
    if not timm.is_model(own.target.partition(".")[0]):
        raise unknown("timm", own.target, timm.list_models())
    return timm


def transforms(own: Own, module: nn.Module, size: tuple[int, int]) -> Any:
    """How pictures are brought into form of this height and width, by the network's data config."""
    data = _timm(own).data
    config = data.resolve_model_data_config(module, {"input_size": (3, *size)})
    return data.create_transform(**config, is_training=False)


def code_of(own: Own) -> Code:
    """See `Kind.code_of`."""
    sizes = "".join(f", {name}={count}" for name, count in own.sizes.items())
    return Code(f"{vision.IMPORT}\nimport timm", f"net = timm.create_model({own.target!r}{sizes})")
