"""Where networks come from: the five bundled ones, and torchvision's classifiers."""

from __future__ import annotations

from difflib import get_close_matches
from functools import cache

import torch
from torch import Tensor, nn

from explorer.anatomy.data import DataSet
from explorer.anatomy.network import Network
from explorer.sources import bundled, vision
from explorer.sources.digits import digits
from explorer.sources.download import Progress
from explorer.values import CatalogEntry, NetworkSpec, Weights
from explorer.values.errors import NetworkError, UnknownNameError

__all__ = ["card", "catalog", "load", "load_spec", "needs_download"]


def load(name: str, weights: str | None = None, seed: int = 0, progress: Progress | None = None) -> Network:
    """Load a network by name.

    Args:
        name: a bundled network, e.g. "digits-resnet", or a torchvision classifier, e.g. "resnet18".
        weights: bundled networks offer "trained" (the default) and "random", torchvision's "pretrained"
            and "random" (the default, since it needs no download).
        seed: of random weights; the same seed gives the same bits in every process.
        progress: told the fraction downloaded, in [0, 1].

    Raises:
        UnknownNameError: if no network has that name, or it does not offer those weights.
        DownloadError: if pretrained weights cannot be fetched.
    """
    entry = _entry(name)
    chosen = _choose(entry, weights)
    return load_spec(
        NetworkSpec(name, chosen, _checked_seed(seed) if chosen is Weights.RANDOM else 0), progress
    )


def load_spec(spec: NetworkSpec, progress: Progress | None = None) -> Network:
    """Load the network that a spec names; raises as `load` does."""
    weights = _choose(_entry(spec.name), spec.weights)
    module = _build(spec.name, weights, spec.seed, progress)
    data, example = _belongings(spec.name)
    return Network(spec, module, example, data)


@cache
def catalog() -> tuple[CatalogEntry, ...]:
    """Every network that can be loaded: the bundled ones first, then torchvision's classifiers by family."""
    return bundled.catalog() + vision.catalog()


def needs_download(spec: NetworkSpec) -> bool:
    """Whether loading this network would fetch its weights first."""
    return spec.weights is Weights.PRETRAINED and not vision.is_downloaded(_entry(spec.name).name)


def card(name: str) -> bundled.Card | None:
    """The model card of a bundled network; None for any other."""
    return bundled.card(name) if name in bundled.NETWORKS else None


def _build(name: str, weights: Weights, seed: int, progress: Progress | None) -> nn.Module:
    if weights is Weights.TRAINED:
        return bundled.build_trained(name)
    if weights is Weights.PRETRAINED:
        return vision.build_pretrained(name, progress)
    with torch.random.fork_rng(devices=[]):  # whoever draws random numbers beside us notices nothing
        torch.manual_seed(_checked_seed(seed))
        source = bundled if name in bundled.NETWORKS else vision
        return source.build_random(name)


def _belongings(name: str) -> tuple[DataSet | None, Tensor]:
    if name in bundled.NETWORKS:
        return digits(), digits().test_x[:1]
    return None, vision.example_input(name)


def _entry(name: str) -> CatalogEntry:
    # The bundled ones are looked up first: they must not wait for torchvision's import.
    for entry in bundled.catalog() if name in bundled.NETWORKS else catalog():
        if entry.name == name:
            return entry
    names = [entry.name for entry in catalog()]
    close = get_close_matches(str(name), names, n=5, cutoff=0.4)
    known = ", ".join(dict.fromkeys([*close, *bundled.NETWORKS]))
    raise UnknownNameError(
        f"Unknown network '{name}'. Known networks: {known}, and all classifiers of torchvision."
    )


def _choose(entry: CatalogEntry, weights: str | None) -> Weights:
    """The weights asked for, or those that need no download."""
    offered = entry.weights
    if weights is None:
        return Weights.TRAINED if Weights.TRAINED in offered else Weights.RANDOM
    if weights not in offered:
        choices = " or ".join(f"'{choice}'" for choice in offered)
        raise UnknownNameError(f"Network '{entry.name}' has no weights '{weights}'. Choose {choices}.")
    return Weights(weights)


def _checked_seed(seed: int) -> int:
    if not isinstance(seed, int) or not 0 <= seed < 2**63:
        raise NetworkError(
            f"Seed must be a whole number in [0, 2**63), got {seed!r}. Give one of those, e.g. 0."
        )
    return seed
