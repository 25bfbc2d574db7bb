"""What belongs to one network: everything that is dear to make of it, made once and kept together.

No part can outlive the network that it was made of, and none can be another network's.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Generator, Hashable, Iterator
from dataclasses import dataclass
from time import monotonic
from typing import Any, TypeVar, cast

from explorer.anatomy.network import Network, expect_network
from explorer.backends.base import Planner
from explorer.backends.paths import as_paths
from explorer.backends.table import DEPGRAPH, backend_of, key_of, parsed, resolved
from explorer.process.steps import finished
from explorer.values import Progress
from explorer.values.errors import PruningError, TimeError

T = TypeVar("T")

PLANNERS = 6  # kept of one network
RANKED, MADE = Progress(1.0, "Ranked"), Progress(1.0, "Made")


@dataclass(frozen=True)
class _Held:
    """A planner, and how far its ranking is."""

    planner: Planner[Any]
    ranking: Iterator[Progress]


class Bench:
    """One network with its parts and its planners.

    Args:
        net: left untouched by everything that is made of it.
    """

    def __init__(self, net: Network) -> None:
        expect_network(net)
        self.net = net
        self._parts: dict[Hashable, Any] = {}
        self._going: dict[Hashable, Iterator[Progress]] = {}  # parts that are being made
        self._refused: dict[Hashable, tuple[type[PruningError], str, str]] = {}  # an error holds its frames
        self._planners: OrderedDict[tuple[str, Hashable], _Held] = OrderedDict()

    def part(self, key: Hashable, make: Callable[[], T]) -> T:
        """A part, made on first use; what was refused is remembered too, since a refusal can take as long.

        Raises:
            PruningError: as `make` raised it.
        """
        return finished(self.part_in_steps(key, lambda: _in_one_step(make)))

    def part_in_steps(
        self, key: Hashable, steps: Callable[[], Generator[Progress, None, T]]
    ) -> Generator[Progress, None, T]:
        """The same for a part whose making tells how far it is."""
        if key in self._refused:
            kind, sentence, field = self._refused[key]
            raise kind(sentence).about(field)
        if key not in self._parts:
            try:
                self._parts[key] = yield from steps()
            except TimeError:
                raise  # with less to do beside it, the same may be done in time
            except PruningError as error:
                self._refused[key] = type(error), str(error), error.field
                raise
        return cast(T, self._parts[key])

    def go_on(
        self, key: Hashable, steps: Callable[[], Generator[Progress, None, T]], seconds: float
    ) -> tuple[Progress, T | None]:
        """Go on making a part for about so long, or until something begins that takes longer.

        Returns:
            How far it is, and the part once it is made.
        """
        until, going = monotonic() + seconds, self._going
        if key not in self._parts:
            try:
                for progress in going.setdefault(key, self.part_in_steps(key, steps)):
                    if progress.fraction is None or monotonic() >= until:
                        return progress, None
            except BaseException:
                del going[key]  # a generator that raised is at its end
                raise
        going.pop(key, None)
        return MADE, self._parts[key]

    def known(self, key: Hashable) -> bool:
        """Whether a part was made already."""
        return key in self._parts

    def holds(self, backend: str, options: Any) -> bool:
        """Whether that planner is kept."""
        return (backend, options) in self._planners

    def forget(self) -> None:
        """Let go of all that was made of the network, which is made anew when it is asked for."""
        self._parts.clear()
        self._going.clear()
        self._planners.clear()
        self.net.found.clear()

    def planner(self, backend: str, options: Any) -> Planner[Any]:
        """A planner of one library under these options, the same one as long as it is kept; not ranked yet.

        Raises:
            UnknownNameError: for a library or a layer that does not exist.
            PruningError: for options that do not go together, or do not suit the network.
        """
        return self._held(backend, options).planner

    def rank(self, backend: str, options: Any, seconds: float) -> Progress:
        """Go on ranking for about so long, or until something begins that takes longer.

        Returns:
            How far it is; once the fraction is 1, plans take milliseconds.
        """
        held, until = self._held(backend, options), monotonic() + seconds
        try:
            for progress in held.ranking:
                if progress.fraction is None or monotonic() >= until:
                    return progress
        except BaseException:
            del self._planners[backend, options]  # a generator that raised is at its end
            raise
        return RANKED

    def _held(self, backend: str, options: Any) -> _Held:
        key = backend, options
        if key not in self._planners:
            made: Planner[Any] = resolved(backend_of(backend).planner)(self, options)
            self._planners[key] = _Held(made, iter(made.rank()))
            while len(self._planners) > PLANNERS:
                self._planners.popitem(last=False)
        self._planners.move_to_end(key)
        return self._planners[key]


def _in_one_step(make: Callable[[], T]) -> Generator[Progress, None, T]:
    yield from ()
    return make()


def planner(net: Network, backend: str = DEPGRAPH, **options: Any) -> Planner[Any]:
    """Prepare a planner: compute importances and rank them, once.

    Args:
        net: from ``explorer.load`` or ``explorer.wrap``.
        backend: a key of `BACKENDS`, or the library's name.
        options: that backend's options, e.g. ``criterion="l2", scope="global", round_to=8, keep=("stem",)``. Layers
            are dotted paths or modules of the network; a block means every layer in it.

    Raises:
        UnknownNameError: for an unknown backend, option value or layer.
        PruningError: if nothing in the network can be pruned, or its channels are coupled wrongly.
    """
    bench, key = Bench(net), key_of(backend)
    given = {option: as_paths(net, option, value) for option, value in options.items()}
    made = bench.planner(key, parsed(key, given))
    for _ in made.rank():
        pass
    return made
