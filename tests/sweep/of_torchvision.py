"""All of torchvision's classifiers but the largest, which consist of the same layers as their smaller siblings."""

from __future__ import annotations

from functools import partial
from typing import Any

from tests.helpers.packages import image, of_torchvision, torchvision
from tests.sweep.case import Case

TOO_LARGE = (
    "regnet_y_128gf",
    "regnet_y_32gf",
    "vit_h_14",
    "vit_l_16",
    "vit_l_32",
    "convnext_large",
    "vit_b_32",
)
_SIZES = {"inception_v3": 96, "alexnet": 96, "maxvit_t": 224, "squeezenet1_0": 96, "squeezenet1_1": 96}
_OPTIONS: dict[str, dict[str, Any]] = {
    **{name: {"init_weights": False} for name in ("googlenet", "inception_v3")},
    "vit_b_16": {"image_size": 64},
}
_NAMES = [n for n in torchvision.models.list_models(module=torchvision.models) if n not in TOO_LARGE]

CASES = {
    f"torchvision {name}": Case(
        partial(of_torchvision, name, **_OPTIONS.get(name, {})), image(_SIZES.get(name, 64))
    )
    for name in _NAMES
}
