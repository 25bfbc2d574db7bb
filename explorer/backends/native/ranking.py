"""Which weights torch.nn.utils.prune zeroes, and how many of each layer, without calling it.

Masks of one tensor come from the very functions that the library ranks with, on the same values, so ties fall the
same way. Counts need no mask: within one tensor they are arithmetic; over all tensors together they are read off
the order in which those functions take the values (pool.py).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property, lru_cache, reduce
from typing import NamedTuple
from weakref import proxy

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from explorer.backends.masked_layers import Column
from explorer.backends.native.options import how_many
from explorer.backends.native.order import BY_HEAP
from explorer.backends.native.pool import STOPS, Pool
from explorer.backends.native.scores import Places
from explorer.backends.native.torch_prune import ORDER, MaskOrder, dim_of
from explorer.backends.slots import Slot
from explorer.values import NativeOptions, Pattern, Progress, WeightCriterion, WeightScope

LONG = 1 << 22  # weights that take a second or more
MOST_ASKED = 150_000_000  # weights that topk is asked about unbidden: it holds 16 bytes for each


class Losses(NamedTuple):
    """What every parameter loses, one number for each slot."""

    masked: Column  # values under a zero of the mask
    lost: Column  # those of them that were not zero before


class Cut(NamedTuple):
    """Where a pool is cut: all that scores lower goes, too."""

    threshold: Tensor  # score of the last ones that go, shape [1]
    tied: Places  # of those of them that go, through all parameters


class WeightRanking:
    """The selected parameters of one network with all that their masks depend on."""

    def __init__(self, module: nn.Module, slots: Sequence[Slot], options: NativeOptions) -> None:
        self.options = options
        self.random = options.criterion is WeightCriterion.RANDOM
        self.structured = options.pattern is Pattern.STRUCTURED
        self.values = {slot: self._value(module, slot) for slot in slots}
        self.dims = {slot: dim_of(module.get_submodule(slot.layer), options) for slot in slots}
        self._sizes = np.array([value.numel() for value in self.values.values()])
        self._zeros = self._sizes - [int(value.count_nonzero()) for value in self.values.values()]
        own = dict(options.overrides)
        self._pooled = tuple(slot for slot in slots if slot.layer not in own)
        self._in_pool = np.array([slot.layer not in own for slot in slots], dtype=bool)
        self._pool_size = int(self._sizes[self._in_pool].sum())
        self._drawn: tuple[MaskOrder, dict[Slot | None, Tensor]] | None = None
        weak = proxy(self)  # a cache that held this would keep all weights until the garbage is collected
        self.pool_counts = lru_cache(maxsize=256)(lambda count: weak._pool_counts(count))
        # Each is as many positions as ties
        self._asked = lru_cache(maxsize=8)(lambda count: weak._ask(count))
        self._alone = lru_cache(maxsize=1)(lambda slot: weak._pool_of_one(slot))

    def _value(self, module: nn.Module, slot: Slot) -> Tensor:
        """As the library sees it, which ranks weights in rows."""
        value = module.get_parameter(slot.name).detach()
        return value if self.structured else value.contiguous()

    def units(self, slot: Slot) -> int:
        """How many units the library counts in a parameter: its values, or its slices along the axis."""
        value = self.values[slot]
        return value.shape[self.dims[slot]] if self.structured else value.numel()

    def count(self, slot: Slot, amount: float | int) -> int:
        """Units of one parameter that go."""
        return how_many(amount, self.units(slot), f"'{slot.name}'")

    def pool_count(self, order: MaskOrder) -> int:
        """Values that go from the pool."""
        return how_many(order.pool_amount, self._pool_size, "the pool")

    # --- masks -------------------------------------------------------------------------------------

    def masks(self, order: MaskOrder) -> dict[Slot, Tensor]:
        """True = kept, in the shapes of the parameters; in the network's order."""
        draws = self._draws(order) if self.random else {}
        found = self._pool_masks(order, order.pool)
        for slot, amount in order.single:
            found[slot] = self._single_mask(slot, self.count(slot, amount), draws.get(slot))
        return {slot: found[slot] for slot in self.values if slot in found}

    def mask(self, order: MaskOrder, slot: Slot) -> Tensor:
        """The mask of one parameter, without those of the others wherever that is possible."""
        own = dict(order.single)
        if slot in own:
            count = self.count(slot, own[slot])
            if (mask := self._focused(slot, count)) is not None:
                return mask
            return self._single_mask(slot, count, self._draws(order).get(slot) if self.random else None)
        return self._pool_masks(order, (slot,))[slot]

    def _single_mask(self, slot: Slot, count: int, draw: Tensor | None) -> Tensor:
        value = self.values[slot]
        if self.structured:
            shape = [1] * value.dim()
            shape[self.dims[slot]] = -1
            return self._kept_slices(slot, count, draw).view(shape).expand_as(value).contiguous()
        mask = torch.ones(value.numel(), dtype=torch.bool)
        if count:
            mask[self._taken(value.reshape(-1), count, draw)] = False
        return mask.view(value.shape)

    def _pool_masks(self, order: MaskOrder, slots: Sequence[Slot]) -> dict[Slot, Tensor]:
        """Masks of some of the slots that are ranked together."""
        count = self.pool_count(order) if slots else 0
        if not count:
            return {slot: torch.ones_like(self.values[slot], dtype=torch.bool) for slot in slots}
        threshold, tied = self._known(order, count) if self.pool.knows(count) else self._asked(count)
        return {
            slot: _cut(
                self.scores(slot, order), threshold, self.pool.within(tied, self._pooled.index(slot))
            ).view(self.values[slot].shape)
            for slot in slots
        }

    def _known(self, order: MaskOrder, count: int) -> Cut:
        """Where the pool is cut when `count` of its values go."""
        parameter, position = self.pool.last(count)
        threshold = self.scores(self._pooled[parameter], order)[position : position + 1]
        return Cut(threshold, self.pool.tied(count))

    def _focused(self, slot: Slot, count: int) -> Tensor | None:
        """The mask of one parameter ranked by itself: it is asked for again and again while a slider moves."""
        if self.random or self.structured or not count or not self._alone(slot).knows(count):
            return None
        scores, pool = self.values[slot].abs().reshape(-1), self._alone(slot)
        position = pool.last(count)[1]
        mask = _cut(scores, scores[position : position + 1], pool.within(pool.tied(count), 0))
        return mask.view(self.values[slot].shape)

    def _ask(self, count: int) -> Cut:
        """The same by the library's own function on all values, which takes seconds where they are many."""
        scores = torch.cat([self.scores(slot, self._pool_order) for slot in self._pooled])
        gone = torch.topk(scores, count, largest=False, sorted=False).indices
        last = scores[gone].max()
        return Cut(last.view(1), self.pool.places(gone[scores[gone] == last].numpy()))

    def _taken(self, flat: Tensor, count: int, draw: Tensor | None) -> Tensor:
        """Positions that go. Unsorted, topk picks the same ones three times faster."""
        if draw is not None:
            return torch.topk(draw.view(-1), count, sorted=False).indices
        return torch.topk(flat.abs(), count, largest=False, sorted=False).indices

    def _kept_slices(self, slot: Slot, count: int, draw: Tensor | None) -> Tensor:
        """True for each slice along the axis that stays."""
        size = self.units(slot)
        if count == 0:
            return torch.ones(size, dtype=torch.bool)
        if draw is not None:
            return draw > torch.kthvalue(draw, count).values  # equal draws go together, as in the library
        kept = torch.zeros(size, dtype=torch.bool)
        kept[torch.topk(self.norms[slot], size - count).indices] = True
        return kept

    @cached_property
    def norms(self) -> dict[Slot, Tensor]:
        """Ln norm of every slice along the axis, by the call that the library makes."""
        n = ORDER[self.options.criterion]
        return {
            slot: torch.norm(value, p=n, dim=[d for d in range(value.dim()) if d != self.dims[slot]])
            for slot, value in self.values.items()
        }

    def _draws(self, order: MaskOrder) -> dict[Slot | None, Tensor]:
        """The library's random numbers: one stream, drawn in its order and only where something goes."""
        live = MaskOrder(
            order.pool if order.pool and self.pool_count(order) else (),
            0,
            tuple((slot, 0) for slot, amount in order.single if self.count(slot, amount)),
        )
        if self._drawn is None or self._drawn[0] != live:
            with torch.random.fork_rng(devices=[]):
                torch.manual_seed(self.options.seed)
                self._drawn = (live, dict(self._draw(live)))
        return self._drawn[1]

    def _draw(self, live: MaskOrder) -> Iterable[tuple[Slot | None, Tensor]]:
        if live.pool:
            values = [self.values[slot] for slot in live.pool]
            # The library joins them first
            joint = reduce(torch.promote_types, (value.dtype for value in values))
            yield None, torch.rand(sum(value.numel() for value in values), dtype=joint)
        for slot, _ in live.single:
            yield (
                slot,
                torch.rand(self.units(slot)) if self.structured else torch.rand_like(self.values[slot]),
            )

    def scores(self, slot: Slot, order: MaskOrder) -> Tensor:
        """What ranks the units of one parameter, flat, the lowest going first; empty where nothing is drawn.

        The library lets the largest random numbers of single weights go: they are turned around here.
        """
        if not self.random:
            return self.norms[slot] if self.structured else self.values[slot].abs().reshape(-1)
        draws = self._draws(order)
        if slot in order.pool and None in draws:
            sizes = [self.values[pooled].numel() for pooled in order.pool]
            return _turned(draws[None].split(sizes)[order.pool.index(slot)])
        draw = draws.get(slot, torch.empty(0)).reshape(-1)
        return draw if self.structured else _turned(draw)

    def rank(self) -> Iterator[Progress]:
        """Rank the pool, so that a plan takes no time at any stop of a slider.

        Yields:
            How far that is; without a fraction, what comes next and takes long.
        """
        if not self._pooled or self.options.scope is not WeightScope.GLOBAL:
            return
        weights = f"{self._pool_size:,} weights"
        if self._pool_size > LONG:
            yield Progress(None, f"Reading {weights}")
        for share in self.pool.rank():
            if share < 1:  # all is done only once ties are asked for
                yield Progress(share, f"Ranking {weights}")
        for stop in range(1, STOPS // BY_HEAP + 1):
            count = round(stop / STOPS * self._pool_size)
            if self._pool_size <= MOST_ASKED and not self.pool.knows_counts(count):
                if self._pool_size > LONG:
                    yield Progress(
                        None, f"Asking torch.topk which of equal weights go at {100 * stop // STOPS} %"
                    )
                self._asked(count)

    # --- counts ------------------------------------------------------------------------------------

    def losses(self, order: MaskOrder) -> Losses:
        """What every parameter loses; the same as counting the masks, in a fraction of the time."""
        if self.structured:
            return self._sliced(order)
        gone = self._gone(order)
        if self.random and self._zeros.any():
            return Losses(gone, self._lost(order))
        return Losses(gone, np.maximum(gone - self._zeros, 0))  # zeros that were there before go first

    def _gone(self, order: MaskOrder) -> Column:
        """Values that go."""
        gone = np.empty(len(self._sizes), dtype=np.int64)
        alone = ~self._in_pool if order.pool else slice(None)
        gone[alone] = [self.count(slot, amount) for slot, amount in order.single]
        if order.pool:
            gone[self._in_pool] = self.pool_counts(self.pool_count(order))
        return gone

    def _lost(self, order: MaskOrder) -> Column:
        """Non-zeros that go, counted on the masks: at random zeros that were there before may stay."""
        masks = self.masks(order)
        return np.array([int((value.bool() & ~masks[slot]).sum()) for slot, value in self.values.items()])

    def _sliced(self, order: MaskOrder) -> Losses:
        draws = self._draws(order) if self.random else {}
        gone = {
            slot: ~self._kept_slices(slot, self.count(slot, amount), draws.get(slot))
            for slot, amount in order.single
        }
        each = self._sizes // [len(slices) for slices in gone.values()]
        return Losses(
            each * [int(slices.sum()) for slices in gone.values()],
            np.array([int(self._present[slot][slices].sum()) for slot, slices in gone.items()]),
        )

    @cached_property
    def _present(self) -> dict[Slot, Tensor]:
        """Values that are not zero, in every slice."""
        return {
            slot: value.bool().sum(dim=[d for d in range(value.dim()) if d != self.dims[slot]])
            for slot, value in self.values.items()
        }

    @property
    def _pool_order(self) -> MaskOrder:
        """The pool alone: its random numbers are the first of the stream, whatever is drawn after them."""
        return MaskOrder(self._pooled, 1, ())

    @cached_property
    def pool(self) -> Pool:
        """The parameters that are ranked together."""
        if self.random:
            sizes = self._sizes[self._in_pool].tolist()
            return Pool(self._draws(self._pool_order)[None].split(sizes), largest=True)
        return Pool([self.values[slot] for slot in self._pooled], largest=False)

    def _pool_of_one(self, slot: Slot) -> Pool:
        return Pool([self.values[slot]], largest=False)

    def _pool_counts(self, count: int) -> Column:
        """Values that go from each parameter of the pool when `count` go in all."""
        tied = None if self.pool.knows_counts(count) else self._asked(count).tied
        known = self.pool.counts(count, tied)
        if known is not None:
            return known
        masks = self._pool_masks(MaskOrder(self._pooled, count, ()), self._pooled).values()
        return np.array([mask.numel() - int(mask.count_nonzero()) for mask in masks])


def _turned(draw: Tensor) -> Tensor:
    """Random numbers in [0, 1) the other way round; those of half precision would be rounded to others."""
    return 1 - (draw.double() if draw.dtype in (torch.half, torch.bfloat16) else draw)


def _cut(scores: Tensor, threshold: Tensor, tied: NDArray[np.int64]) -> Tensor:
    """True = kept: below the threshold all go; of those that equal it, the ones that the library takes."""
    mask = scores >= threshold
    mask[torch.from_numpy(tied)] = False
    return mask
