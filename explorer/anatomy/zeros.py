"""How many weights are zero already in what is left of a network, without touching the network."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence

import torch
from torch import Tensor, nn

from explorer.anatomy.bound import is_calculated
from explorer.anatomy.copies import copied
from explorer.anatomy.counting import own_nonzero, own_parameters
from explorer.anatomy.propagation import LayerCost, Sums, Term, Widths
from explorer.anatomy.surgery import Cut, Weighted, is_depthwise, slice_channels
from explorer.values import Axis


class Zeros:
    """Zeros of every layer, parallel to the costs.

    Tensors without a zero and tensors of nothing else follow from widths alone. Only where both are mixed does it
    matter which channels go: a map of those zeros, one byte a weight, is cut like the network itself. Of plain layers
    it holds only the channels that have a zero, since trained weights have a few zeros among millions.

    Args:
        module: the dense network.
        costs: closed-form costs of its layers, by name.
    """

    def __init__(self, module: nn.Module, costs: Mapping[str, LayerCost]) -> None:
        layers = {**dict(module.named_parameters()), **dict(module.named_modules())}
        self._places = {name: place for place, name in enumerate(costs)}
        self._map = nn.Module()
        self._drawn: dict[tuple[str, Axis], Tensor] = {}  # channels in the map, where it does not hold all
        self._mixed: list[str] = []
        empty = [list(self._empty_terms(name, layers.get(name), cost)) for name, cost in costs.items()]
        self._all = Sums([tuple(term for term, counted, _ in terms if counted) for terms in empty])
        self._weights = Sums([tuple(term for term, _, is_weight in terms if is_weight) for terms in empty])

    def left(self, out: Widths, into: Widths, cut: Callable[[], Cut]) -> tuple[Widths, Widths]:
        """Zeros of every layer, and those of the weight that its MACs follow from.

        Args:
            out: output widths that are left.
            into: input widths likewise.
            cut: tells which channels went; asked only where zeros are mixed with other weights.
        """
        zeros, of_weights = self._all.at(out, into), self._weights.at(out, into)
        if self._mixed:
            gone = {where: self._in_map(where, c) for where, c in cut().items() if where[0] in self._mixed}
            here = slice_channels(copied(self._map), gone)
            for name in self._mixed:
                zeros[self._places[name]] += sum(int(t.count_nonzero()) for t in _tensors(here, name))
                of_weights[self._places[name]] += _of_weight(here, name)
        return zeros, of_weights

    def _empty_terms(
        self, name: str, layer: nn.Module | nn.Parameter | None, cost: LayerCost
    ) -> Iterator[tuple[Term, bool, bool]]:
        """Terms of the tensors that hold nothing but zeros, whether they count in the row, and are the weight."""
        if layer is None:
            return
        if cost.is_fixed or is_calculated(layer):
            yield from _fixed_terms(layer, cost)
            return
        own = [layer] if isinstance(layer, nn.Parameter) else own_parameters(layer)
        masks = [parameter.detach() == 0 for parameter in own]
        for mask in (mask for mask in masks if mask.numel() and bool(mask.all())):
            yield _term(mask, layer, cost), True, isinstance(layer, Weighted) and mask.dim() > 1
        mixed = [
            mask if bool(mask.any()) and not bool(mask.all()) else torch.zeros_like(mask) for mask in masks
        ]
        if any(bool(mask.any()) for mask in mixed):
            self._mixed.append(name)
            self._draw(name, layer, mixed)

    def _in_map(self, where: tuple[str, Axis], channels: Sequence[int]) -> Sequence[int]:
        """Places of channels in the map, of those that it holds."""
        drawn = self._drawn.get(where)
        if drawn is None:
            return channels
        there: list[int] = torch.isin(drawn, torch.as_tensor(channels)).nonzero().flatten().tolist()
        return there

    def _draw(self, name: str, layer: nn.Module | nn.Parameter, masks: list[Tensor]) -> None:
        """Put the layer's zeros into the map, under the layer's own path."""
        owner, last = made_owner(self._map, name)
        twin = (
            nn.Parameter(masks[0].to(torch.uint8), False)
            if isinstance(layer, nn.Parameter)
            else copied(layer)
        )
        setattr(owner, last, twin)
        if isinstance(twin, nn.Module):
            masks = self._with_zeros(name, twin, masks)
            for parameter, mask in zip(own_parameters(twin), masks, strict=True):
                parameter.requires_grad_(False)
                parameter.data = mask.to(torch.uint8)

    def _with_zeros(self, name: str, layer: nn.Module, masks: list[Tensor]) -> list[Tensor]:
        """Rows and columns that hold a zero, for a layer whose weight has one of each for every channel."""
        if not isinstance(layer, _Plain) or getattr(layer, "groups", 1) > 1:
            return masks
        weight = next(mask for mask in masks if mask.dim() > 1)  # `prune.remove` puts it behind the bias
        weight = weight.flatten(2).any(2) if weight.dim() > 2 else weight
        rows = weight.any(1)
        for bias in (mask for mask in masks if mask.dim() == 1):
            rows = rows | bias
        out, into = rows.nonzero().flatten(), weight.any(0).nonzero().flatten()
        self._drawn |= {(name, Axis.OUT): out.cpu(), (name, Axis.IN): into.cpu()}
        return [mask[out][:, into] if mask.dim() > 1 else mask[out] for mask in masks]


_Plain = nn.Linear | nn.Conv1d | nn.Conv2d | nn.Conv3d


def _fixed_terms(layer: nn.Module | nn.Parameter, cost: LayerCost) -> Iterator[tuple[Term, bool, bool]]:
    """Zeros of a layer that stays whole; its weight may count in another row, or be worked out of others."""
    yield Term(cost.row.params - own_nonzero(cost.row, layer)), True, False
    if isinstance(layer, Weighted):
        yield Term(layer.weight.numel() - int(layer.weight.count_nonzero())), False, True


def _term(mask: Tensor, layer: nn.Module | nn.Parameter, cost: LayerCost) -> Term:
    """How the size of one tensor of a layer follows from the layer's widths."""
    width, size = cost.out_width, mask.numel()
    if not width:
        return Term(size)
    if isinstance(layer, Weighted) and mask.dim() > 1 and not is_depthwise(layer):
        conv_groups = int(getattr(layer, "groups", 1))
        return Term(size * conv_groups // (width * cost.in_width), True, True, conv_groups)
    if isinstance(layer, nn.MultiheadAttention) and mask.dim() > 1:
        return Term(size // width**2, True, True)
    return Term(size // width, True)


def made_owner(root: nn.Module, path: str) -> tuple[nn.Module, str]:
    """What owns the layer of that dotted path, with all that leads there made; and the layer's own name in it."""
    *way, last = path.split(".")
    for step in way:
        if step not in dict(root.named_children()):
            root.add_module(step, nn.Module())
        root = root.get_submodule(step)
    return root, last


def _tensors(root: nn.Module, name: str) -> list[nn.Parameter]:
    owner, _, last = name.rpartition(".")
    found = getattr(root.get_submodule(owner), last)
    return [found] if isinstance(found, nn.Parameter) else own_parameters(found)


def _of_weight(root: nn.Module, name: str) -> int:
    layer = dict(root.named_modules()).get(name)
    return int(layer.weight.count_nonzero()) if isinstance(layer, Weighted) else 0


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
