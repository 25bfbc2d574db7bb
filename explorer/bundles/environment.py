"""What a bundle was made with: versions, machine, threads and seeds."""

from __future__ import annotations

import os
import platform
from importlib.metadata import PackageNotFoundError, version
from typing import Any

import torch

from explorer.backends import SPARSEML
from explorer.words.features import sparseml_version

PACKAGES = (
    "torch",
    "torchvision",
    "torch-pruning",
    "safetensors",
    "numpy",
    "onnx",
    "onnxruntime",
    "onnxscript",
)


def environment(backend: str, seeds: dict[str, int]) -> dict[str, Any]:
    """All of it, as plain values.

    Args:
        backend: the library's key.
        seeds: of the network and of the options, by what they are for.
    """
    packages = {name: found for name in PACKAGES if (found := _version(name))}
    if backend == SPARSEML:
        packages["sparseml"] = sparseml_version()
    return {
        "explorer": _version("pruning-explorer"),
        "python": platform.python_version(),
        "packages": packages,
        "system": f"{platform.system()} {platform.machine()}",
        "cores": os.cpu_count(),
        "threads": torch.get_num_threads(),
        "seeds": seeds,
    }


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:  # a checkout that nobody installed, or a package that is not needed
        return ""
