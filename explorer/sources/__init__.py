"""Where networks come from: one file for each way in, and what all of them share."""

from __future__ import annotations

from dataclasses import replace
from difflib import get_close_matches
from functools import cache
from pathlib import Path

import torch
from torch import nn

from explorer.anatomy.network import Network
from explorer.sources import bundled
from explorer.sources.base import Card, Source
from explorer.sources.download import Progress
from explorer.sources.own.handing import handed_with
from explorer.sources.pruned import put_pruned
from explorer.sources.table import source_of, sources
from explorer.sources.uploads import built_as, put_uploaded
from explorer.values import CatalogEntry, NetworkSpec, Weights
from explorer.values.errors import NetworkError, UnknownNameError
from explorer.values.loose import shown
from explorer.values.own import HANDED, Own
from explorer.values.own import own as started_with

__all__ = ["card", "catalog", "load", "load_bare", "load_spec", "needs_download"]


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
    if not isinstance(name, str):
        raise UnknownNameError(
            f"A network is loaded by its name, got {shown(name)}. Pass one, such as 'digits-resnet' or 'resnet18'; a "
            "module of your own goes into explorer.wrap."
        )
    entry = _entry(name)
    chosen = _choose(entry, weights)
    return load_spec(
        NetworkSpec(name, chosen, _checked_seed(seed) if chosen is Weights.RANDOM else 0), progress
    )


def load_spec(spec: NetworkSpec, progress: Progress | None = None) -> Network:
    """Load the network that a spec names; raises as `load` does."""
    source = _source(spec.base)
    with torch.random.fork_rng(devices=[]):  # whoever draws random numbers beside us notices nothing
        torch.manual_seed(_checked_seed(spec.seed))
        module = load_bare(spec, progress)
        if spec.origin:
            put_pruned(module, spec)
        elif spec.weights is Weights.UPLOADED:
            put_uploaded(module, spec)
        example = source.example(spec.base, module)
        net = Network(spec, module, example, source.data(spec.base))
        torch.manual_seed(spec.seed)  # a person's data may be drawn: the same in every process
        return _with_own(net, mine, progress) if (mine := started_with(spec.base)) else net


def load_bare(spec: NetworkSpec, progress: Progress | None = None) -> nn.Module:
    """The module alone, in eval mode, raising as `load` does.

    With any weights where the spec names uploaded ones, and dense, with any, where it names a pruned network.
    """
    return _source(spec.base).build(_built_as(spec), progress)


def _with_own(net: Network, mine: Own, progress: Progress | None) -> Network:
    """A network of one's own with what it is judged by."""
    if mine.kind == HANDED:
        return replace(net, **handed_with(Path(mine.target)))
    from explorer.sources.data import with_own  # reads pictures; SparseML's process never needs to

    return with_own(net, mine, progress)


@cache
def catalog() -> tuple[CatalogEntry, ...]:
    """Every network that can be loaded: a person's own, the bundled ones, then torchvision's classifiers by family.

    Of two by the same name the first is meant, as in `load`.
    """
    found: dict[str, CatalogEntry] = {}
    for source in sources():
        for entry in source.catalog():
            found.setdefault(entry.name, entry)
    return tuple(found.values())


def needs_download(spec: NetworkSpec) -> bool:
    """Whether loading this network would fetch its weights first."""
    return _source(spec.base).needs_download(_built_as(spec))


def card(name: str) -> Card | None:
    """The model card of a network; None where it has none."""
    return _source(name).card(name)


def _source(name: str) -> Source:
    if source := source_of(name):
        return source
    names = [entry.name for entry in catalog()]
    close = get_close_matches(str(name), names, n=5, cutoff=0.4)
    known = ", ".join(dict.fromkeys([*close, *bundled.NETWORKS]))
    raise UnknownNameError(
        f"Unknown network '{name}'. Known networks: {known}, and all classifiers of torchvision."
    )


def _built_as(spec: NetworkSpec) -> NetworkSpec:
    """What its source is asked for."""
    entry = _entry(spec.base)
    built = built_as(spec, entry)
    _choose(entry, built.weights)
    return built


def _entry(name: str) -> CatalogEntry:
    return next(entry for entry in _source(name).catalog() if entry.name == name)


def _choose(entry: CatalogEntry, weights: str | None) -> Weights:
    """The weights asked for, or those that need no download."""
    offered = entry.weights
    if weights is None:
        without_download = (Weights.TRAINED, Weights.RANDOM, *offered)
        return next(choice for choice in without_download if choice in offered)
    if not isinstance(weights, str) or weights not in offered:
        choices = " or ".join(f"'{choice}'" for choice in offered)
        raise UnknownNameError(f"Network '{entry.name}' has no weights '{weights}'. Choose {choices}.")
    return Weights(weights)


def _checked_seed(seed: int) -> int:
    if not isinstance(seed, int) or not 0 <= seed < 2**63:
        raise NetworkError(
            f"Seed must be a whole number in [0, 2**63), got {seed!r}. Give one of those, e.g. 0."
        )
    return seed
