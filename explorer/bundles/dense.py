"""The dense network that a bundle starts from: how it is had without the explorer, and which weights go along."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from torch import Tensor, nn

from explorer import sources
from explorer.anatomy.changes import attributes
from explorer.anatomy.network import Network
from explorer.anatomy.rebuild import tensors
from explorer.sources.code import Code
from explorer.sources.table import source_of
from explorer.values import NetworkSpec, Weights

DENSE = "dense.safetensors"
DENSE_STRUCTURE = (
    "dense.json"  # of a network that was pruned before: how it differs from what its class builds
)


@dataclass(frozen=True)
class Dense:
    """How the network that was pruned is had where the explorer is not."""

    net: Network
    code: Code | None  # None: its class is the person's own, and is handed over
    base: nn.Module  # the network as `code` builds it, with any weights
    by_name: bool  # whether the code also gives the weights
    start: Mapping[str, Mapping[str, Any]] | None = (
        None  # numbers by module in which `net` differs from `base`
    )

    @property
    def weights(self) -> Mapping[str, Tensor]:
        """What has to go along; nothing where the weights can be had by name."""
        return {} if self.by_name else tensors(self.net.module)


def dense_of(net: Network) -> Dense:
    """Find out how a network is had: one that was changed since it was loaded goes along with its weights."""
    if net.spec.origin:
        base = sources.load_bare(net.spec)
        return Dense(net, _code(net.spec), base, False, attributes(base, net.module))
    code, fresh = _code(net.spec), _loaded(net)
    if code is None or fresh is None:
        return Dense(net, None, net.module, False)
    base = fresh.module
    if net.spec.weights is Weights.PRETRAINED:  # its builder may store other numbers than without weights
        base = sources.load_spec(NetworkSpec(net.name, Weights.RANDOM)).module
    return Dense(net, code, base, bool(code.weights) and fresh.identity == net.identity)


def _code(spec: NetworkSpec) -> Code | None:
    source = source_of(spec.base)
    written = getattr(source, "code_of", None)
    found: Code | None = written(replace(spec, name=spec.base)) if written else None
    return found


def _loaded(net: Network) -> Network | None:
    """The network of that name, if it is of the same build: one of a person's own may bear any name."""
    source = source_of(net.name)
    entry = source and next((one for one in source.catalog() if one.name == net.name), None)
    if (
        not entry
        or net.spec.weights not in (*entry.weights, Weights.UPLOADED)
        or sources.needs_download(net.spec)
    ):
        return None
    fresh = sources.load_spec(net.spec)
    same = type(fresh.module) is type(net.module) and str(fresh.module) == str(net.module)
    return fresh if same else None
