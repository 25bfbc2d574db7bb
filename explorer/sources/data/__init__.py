"""Where the data of networks of one's own comes from: what ``--data`` names, one reader for each way in."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from explorer.anatomy.blame import placing
from explorer.anatomy.inputs import lead
from explorer.anatomy.network import Network, with_data
from explorer.anatomy.own_inputs import OwnInputs
from explorer.sources.data import imagefolder, npz, pictures, published
from explorer.sources.download import Progress
from explorer.sources.own import code
from explorer.values import Weights
from explorer.values.errors import NetworkError
from explorer.values.own import Own

Reader = Callable[[str, "Wanted"], Any]
_ALIKE = 64  # inputs of either split, at most, on which a network with random weights is held against itself


@dataclass(frozen=True)
class Wanted:
    """What a reader needs to know of the network that its data is for.

    Attributes:
        net: the network, without data.
        own: how it was named, which says how it takes pictures.
        progress: told the fraction downloaded; None: nothing is to be downloaded.
    """

    net: Network
    own: Own
    progress: Progress | None = None

    @property
    def form(self) -> tuple[pictures.Transform, tuple[str, ...]]:
        """See `pictures.of`; raises where the network takes no pictures."""
        return pictures.of(self.own, self.net)

    @property
    def told(self) -> str:
        """The same in a phrase."""
        return pictures.told(self.own)


READERS: Mapping[str, Reader] = {
    "imagefolder": lambda target, wanted: replace(
        imagefolder.read(target, wanted.net, *wanted.form), form=wanted.told
    ),
    "torchvision": lambda target, wanted: replace(
        published.read(target, wanted.net, *wanted.form, wanted.progress), form=wanted.told
    ),
    "npz": lambda target, wanted: npz.read(target, wanted.net),
}


def with_own(net: Network, own: Own, progress: Progress | None = None) -> Network:
    """The network with the data, the metric and the loss that were named behind its ``--model``.

    Raises:
        DownloadError: if its data is not on this machine, and no progress is to be told.
        NetworkError: if they cannot be read, or are none.
    """
    metric, loss = (code.find(one) if one else None for one in (own.metric, own.loss))
    data = read(own.data, net, own, progress) if own.data else None
    with code.at_home(), placing():
        return _held_to_itself(with_data(net, data, metric, loss))


def _held_to_itself(net: Network) -> Network:
    """Random weights know no labels: the same inputs then show how far a pruned copy agrees with the network."""
    if net.spec.weights is not Weights.RANDOM or net.data is None:
        return net
    few, size = net.data.sample(_ALIKE, _ALIKE), lead(net.example_input)
    judging, choosing = (tuple(rows.split(size)) for rows in (few.test_x, few.train_x))
    return replace(
        net, inputs=OwnInputs(judging, choosing, "The weights are random, and know none of the labels")
    )


def read(named: str, net: Network, own: Own, progress: Progress | None = None) -> Any:
    """What `with_data` takes, of ``KIND:TARGET`` or a function that returns it."""
    kind, _, target = named.partition(":")
    if reader := READERS.get(kind):
        if not target:
            raise NetworkError(
                f"--data {named} names nothing behind '{kind}:'. Write e.g. --data imagefolder:pictures."
            )
        return reader(target, Wanted(net, own, progress))
    if ":" not in named:
        known = ", ".join(f"{kind}:…" for kind in READERS)
        raise NetworkError(
            f"--data {named} names no data. Write {known}, package.module:function or ./file.py:function."
        )
    return code.made(named, f"Reading the data of '{own.name}'")
