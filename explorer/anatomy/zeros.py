"""How many weights are zero already in what is left of a network, without touching the network."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from explorer.anatomy.bound import is_calculated
from explorer.anatomy.counting import own_nonzero, own_parameters
from explorer.anatomy.propagation import LayerCost, Sums, Term, Widths
from explorer.anatomy.structure import Indices
from explorer.anatomy.surgery import Weighted, channel_axes, is_depthwise
from explorer.values import Axis

Gone = Mapping[tuple[str, Axis], Indices]  # (layer, axis) -> channels that go
FEW = 8  # one pair of channels in so many: then zeros are counted one by one


class Zeros:
    """Zeros of every layer, parallel to the costs.

    Tensors without a zero and tensors of nothing else follow from widths alone. Only where both are mixed does it
    matter which channels go: of those tensors it is known between which channels the zeros lie.

    Args:
        module: the dense network.
        costs: closed-form costs of its layers, by name.
    """

    def __init__(self, module: nn.Module, costs: Mapping[str, LayerCost]) -> None:
        layers = {**dict(module.named_parameters()), **dict(module.named_modules())}
        self._mixed: list[_Mixed] = []
        empty = [
            list(self._empty_terms(place, layers.get(name), cost))
            for place, (name, cost) in enumerate(costs.items())
        ]
        self._names = tuple(costs)
        self._all = Sums([tuple(term for term, counted, _ in terms if counted) for terms in empty])
        self._weights = Sums([tuple(term for term, _, is_weight in terms if is_weight) for terms in empty])

    def left(
        self, out: Widths, into: Widths, gone: Callable[[Collection[str]], Gone]
    ) -> tuple[Widths, Widths]:
        """Zeros of every layer, and those of the weight that its MACs follow from.

        Args:
            out: output widths that are left.
            into: input widths likewise.
            gone: tells which channels of some layers went; asked only where zeros are mixed with other weights.
        """
        zeros, of_weights = self._all.at(out, into), self._weights.at(out, into)
        went = gone({self._names[mixed.place] for mixed in self._mixed}) if self._mixed else {}
        for mixed in self._mixed:
            name = self._names[mixed.place]
            count = mixed.left(went.get((name, Axis.OUT), _NOTHING), went.get((name, Axis.IN), _NOTHING))
            zeros[mixed.place] += count
            of_weights[mixed.place] += count * mixed.is_weight
        return zeros, of_weights

    def _empty_terms(
        self, place: int, layer: nn.Module | nn.Parameter | None, cost: LayerCost
    ) -> Iterator[tuple[Term, bool, bool]]:
        """Terms of the tensors that hold nothing but zeros, whether they count in the row, and are the weight."""
        if layer is None:
            return
        if cost.is_fixed or is_calculated(layer):
            yield from _fixed_terms(layer, cost)
            return
        for tensor in [layer] if isinstance(layer, nn.Parameter) else own_parameters(layer):
            zeros = tensor.numel() - int(tensor.count_nonzero())
            if zeros == tensor.numel() > 0:
                yield _term(tensor, layer, cost), True, isinstance(layer, Weighted) and tensor.dim() > 1
            elif zeros:
                self._mixed.append(_Mixed(place, tensor.detach(), layer, zeros, cost.tied))


_NOTHING = np.empty(0, dtype=np.int64)


class _Mixed:
    """One tensor's zeros by output and input channel; what has no input channels has one that stays.

    Args:
        place: of the layer among the costs.
        tensor: one of its own.
        layer: itself.
        zeros: how many there are.
        tied: whether the layer's channels are the same on both sides.
    """

    def __init__(
        self, place: int, tensor: Tensor, layer: nn.Module | nn.Parameter, zeros: int, tied: bool
    ) -> None:
        self.place, self.is_weight = place, isinstance(layer, Weighted) and tensor.dim() > 1
        self._tied = tied
        is_zero, (out, into) = tensor == 0, channel_axes(layer, tensor)
        if isinstance(layer, nn.MultiheadAttention) and len(tensor) == 3 * layer.embed_dim:
            is_zero, out, into = is_zero.unflatten(0, (3, -1)), 1, into and 2  # queries, keys and values
        self._widths = is_zero.shape[out], is_zero.shape[into] if into is not None else 1
        self._at: tuple[Indices, Indices] | None = None
        if zeros * FEW < self._widths[0] * self._widths[1]:
            at = is_zero.nonzero().cpu().numpy()
            self._at = at[:, out], at[:, into] if into is not None else np.zeros(len(at), dtype=np.int64)
            return
        dims, places = ((out,), (0,)) if into is None else ((out, into), (0, 1))
        by_channel = is_zero.movedim(dims, places).reshape(*self._widths, -1)
        self._counts: NDArray[np.float32] = by_channel.sum(2, dtype=torch.float32).cpu().numpy()

    def left(self, out: Indices, into: Indices) -> int:
        """How many stay when these channels go."""
        if self._tied:
            out = into = np.concatenate([out, into])
        stays = np.ones(self._widths[0], dtype=bool), np.ones(self._widths[1], dtype=bool)
        stays[0][out] = False
        if self._widths[1] > 1:
            stays[1][into % self._widths[1]] = False  # one column of weights serves every conv group
        if self._at is not None:
            return int((stays[0][self._at[0]] & stays[1][self._at[1]]).sum())
        rows = self._counts @ stays[1].astype(np.float32)  # whole numbers, below 2**24 in each row
        return int(rows[stays[0]].sum(dtype=np.float64))


def _fixed_terms(layer: nn.Module | nn.Parameter, cost: LayerCost) -> Iterator[tuple[Term, bool, bool]]:
    """Zeros of a layer that stays whole; its weight may count in another row, or be worked out of others."""
    yield Term(cost.row.params - own_nonzero(cost.row, layer)), True, False
    if isinstance(layer, Weighted):
        yield Term(layer.weight.numel() - int(layer.weight.count_nonzero())), False, True


def _term(tensor: Tensor, layer: nn.Module | nn.Parameter, cost: LayerCost) -> Term:
    """How the size of one tensor of a layer follows from the layer's widths."""
    width, size = cost.out_width, tensor.numel()
    if not width:
        return Term(size)
    if isinstance(layer, Weighted) and tensor.dim() > 1 and not is_depthwise(layer):
        conv_groups = int(getattr(layer, "groups", 1))
        return Term(size * conv_groups // (width * cost.in_width), True, True, conv_groups)
    if isinstance(layer, nn.MultiheadAttention) and tensor.dim() > 1:
        return Term(size // width**2, True, True)
    return Term(size // width, True)


def weights_of(costs: Mapping[str, LayerCost], module: nn.Module) -> Sums:
    """Size of the weight that each layer's MACs follow from; 0 where they follow from none."""
    layers = dict(module.named_modules())
    return Sums([_weight_terms(layers.get(name), cost) for name, cost in costs.items()])


def _weight_terms(layer: nn.Module | None, cost: LayerCost) -> tuple[Term, ...]:
    if not isinstance(layer, Weighted) or not layer.weight.numel():
        return ()
    if cost.is_fixed:
        return (Term(layer.weight.numel()),)
    return (_term(layer.weight, layer, cost),)
