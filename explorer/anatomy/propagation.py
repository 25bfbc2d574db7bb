"""Widths in, costs out: every layer's parameters, MACs and bytes in closed form.

A layer's parameters and MACs are sums of products of its two widths. The
coefficients are read once from the dense network; a plan then only puts
numbers in.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from explorer.anatomy.attention import Attention, attentions
from explorer.anatomy.counting import FUNCTIONAL, layer_rows, own_params
from explorer.anatomy.layers import width_of
from explorer.anatomy.network import Network
from explorer.anatomy.profile import profiled
from explorer.anatomy.surgery import is_depthwise
from explorer.anatomy.transposed import Conv1D, widths
from explorer.values import LayerRow


@dataclass(frozen=True)
class Term:
    """``coefficient * out^[uses_out] * in^[uses_in]``."""

    coefficient: int
    uses_out: bool = False
    uses_in: bool = False
    divisor: int = 1  # conv_groups: each group reads in / divisor channels


@dataclass(frozen=True)
class LayerCost:
    """One layer's widths and its costs as functions of them."""

    row: LayerRow
    out_width: int
    in_width: int
    tied: bool  # input and output width are one (norms, depthwise, attention)
    params: tuple[Term, ...]
    macs: tuple[Term, ...]
    element_bytes: int
    buffers: tuple[Term, ...]  # bytes
    follows: str = ""  # layer whose input width it has, where it stores none itself: products of attention

    @property
    def is_fixed(self) -> bool:
        """Whether nothing in it follows from widths: the layer stays whole."""
        return not any(term.uses_out or term.uses_in for term in (*self.params, *self.macs))


Widths = NDArray[np.int64]


class Sums:
    """Sums of terms, one for each layer, worked out for all layers at once."""

    def __init__(self, sums: list[tuple[Term, ...]]) -> None:
        self._both, self._out, self._into, self._fixed = (
            np.array([_coefficient(terms, *uses) for terms in sums], dtype=np.int64)
            for uses in ((True, True), (True, False), (False, True), (False, False))
        )
        self._divisor = np.array([max((term.divisor for term in terms), default=1) for terms in sums])

    def at(self, out: Widths, into: Widths) -> Widths:
        """Their values at the two widths of every layer."""
        both: Widths = self._both * out * into // self._divisor
        return both + self._out * out + self._into * into + self._fixed


def _coefficient(terms: tuple[Term, ...], uses_out: bool, uses_in: bool) -> int:
    return sum(term.coefficient for term in terms if (term.uses_out, term.uses_in) == (uses_out, uses_in))


class CostTable:
    """All layers of a network in columns: their widths, and their costs at other widths."""

    def __init__(self, costs: Mapping[str, LayerCost]) -> None:
        rows = list(costs.values())
        self.names = tuple(costs)
        self.rows = tuple(cost.row for cost in rows)
        self.follows = tuple(cost.follows for cost in rows)
        self.out = np.array([cost.out_width for cost in rows], dtype=np.int64)
        self.into = np.array([cost.in_width for cost in rows], dtype=np.int64)
        self._tied = np.array([cost.tied for cost in rows], dtype=bool)
        self._params = Sums([cost.params for cost in rows])
        self._macs = Sums([cost.macs for cost in rows])
        self._buffers = Sums([cost.buffers for cost in rows])
        self._element_bytes = np.array([cost.element_bytes for cost in rows], dtype=np.int64)

    def settled(self, out: Widths, into: Widths) -> tuple[Widths, Widths]:
        """Both widths, the input's that of the output where they are one."""
        return out, np.where(self._tied, out, into)

    def at(self, out: Widths, into: Widths) -> tuple[Widths, Widths, Widths]:
        """Parameters, MACs and bytes of every layer at these widths."""
        out, into = self.settled(out, into)
        params = self._params.at(out, into)
        return params, self._macs.at(out, into), params * self._element_bytes + self._buffers.at(out, into)


def layer_costs(net: Network) -> dict[str, LayerCost]:
    """Closed-form costs of every layer, by name, in the order of execution."""
    modules = dict(net.module.named_modules())
    parameters = dict(net.module.named_parameters())
    layers = {**parameters, **modules}
    heads = {place: found for found in attentions(net.module) for place in found.places}
    products = profiled(net).products
    return {
        row.name: _products(row, heads.get(row.name))
        if row.type == FUNCTIONAL
        else _cost(row, layers.get(row.name), products.get(row.name, 0))
        for row in layer_rows(net)
    }


_PER_CHANNEL = (nn.Embedding, nn.modules.batchnorm._NormBase, nn.GroupNorm, nn.LayerNorm)


def _cost(row: LayerRow, layer: nn.Module | nn.Parameter | None, products: int) -> LayerCost:
    if isinstance(layer, nn.Parameter):
        return _parameter(row, layer)
    if layer is not None and (row.params != own_params(layer) or _is_unusual(layer)):
        return _constant(row, layer)  # it stays whole, as where its weight is another layer's, too
    if isinstance(layer, nn.modules.conv._ConvNd):
        return _conv(row, layer)
    if isinstance(layer, (nn.Linear, Conv1D)):
        return _dense(row, layer, *widths(layer))
    if isinstance(layer, nn.MultiheadAttention):
        usual = layer._qkv_same_embed_dim and layer.bias_k is None
        return _attention(row, layer, products) if usual else _constant(row, layer)
    if isinstance(layer, _PER_CHANNEL) or (isinstance(layer, nn.PReLU) and layer.num_parameters > 1):
        return _per_channel(row, layer)
    return _constant(row, layer)


def _is_unusual(layer: nn.Module) -> bool:
    """Whether a layer's weight is worked out of others, or it has more of them than its type, as LoRA's do."""
    if not isinstance(layer, (nn.modules.conv._ConvNd, nn.Linear, Conv1D)):
        return False
    names = {name for name, _ in layer.named_parameters()}
    return layer._parameters.get("weight") is None or not names <= {"weight", "bias"}


def _conv(row: LayerRow, conv: nn.modules.conv._ConvNd) -> LayerCost:
    if is_depthwise(conv):
        return _per_channel(row, conv)
    return _dense(row, conv, conv.out_channels, conv.in_channels, conv.groups)


def _dense(row: LayerRow, layer: nn.Module, out: int, into: int, conv_groups: int = 1) -> LayerCost:
    """Weight of out x in / conv_groups positions, and a bias per output."""
    weight, bias = layer.weight, layer.bias
    assert isinstance(weight, torch.Tensor)
    kernel = weight.numel() * conv_groups // (out * into)
    params = [Term(kernel, True, True, conv_groups)] + ([Term(1, True)] if bias is not None else [])
    macs = (Term(row.macs * conv_groups // (out * into), True, True, conv_groups),)
    return LayerCost(row, out, into, False, tuple(params), macs, weight.element_size(), ())


def _per_channel(row: LayerRow, layer: nn.Module) -> LayerCost:
    """Everything in the layer is one value or filter per channel: norms, depthwise, embeddings."""
    width = width_of(layer)
    params = (Term(own_params(layer) // width, True),)
    macs = (Term(row.macs // width, True),)
    buffers = tuple(
        Term(tensor.numel() * tensor.element_size() // width, True)
        if tensor.dim()
        else Term(tensor.element_size())
        for tensor in layer.buffers(recurse=False)
    )
    return LayerCost(row, width, width, True, params, macs, _element_bytes(layer), buffers)


def _attention(row: LayerRow, attention: nn.MultiheadAttention, products: int) -> LayerCost:
    """Projections grow with the square of the embedding, products of queries and keys linearly."""
    width = attention.embed_dim
    weights = sum(p.numel() for p in attention.parameters() if p.dim() == 2)
    biases = own_params(attention) - weights
    params = (Term(weights // width**2, True, True), Term(biases // width, True))
    macs = (Term((row.macs - products) // width**2, True, True), Term(products // width, True))
    return LayerCost(row, width, width, True, params, macs, _element_bytes(attention), ())


def _products(row: LayerRow, attention: Attention | None) -> LayerCost:
    """Attention written as plain functions: its products grow with the width of its heads."""
    if attention is None:
        return _constant(row, None)
    width, tokens = attention.width, attention.tokens(row.macs)
    projections = 4 * tokens * width**2  # of queries, keys, values and the output, where it does them itself
    macs = (
        Term(4 * tokens, True, True),
        Term((row.macs - projections) // width, True),
        Term((row.macs - projections) % width),
    )
    return LayerCost(row, width, width, True, (), macs, 0, (), follows=attention.paths[3])


def _parameter(row: LayerRow, parameter: nn.Parameter) -> LayerCost:
    width = width_of(parameter)
    terms = (Term(parameter.numel() // width, True),)
    macs = (Term(row.macs // width, True), Term(row.macs % width))
    return LayerCost(row, width, width, True, terms, macs, parameter.element_size(), ())


def _constant(row: LayerRow, layer: nn.Module | None) -> LayerCost:
    """A layer that pruning leaves as it is."""
    buffers = (
        sum(b.numel() * b.element_size() for b in layer.buffers(recurse=False)) if layer is not None else 0
    )
    element = _element_bytes(layer) if layer is not None and row.params else 0
    width = width_of(layer)
    return LayerCost(
        row, width, width, True, (Term(row.params),), (Term(row.macs),), element, (Term(buffers),)
    )


def _element_bytes(layer: nn.Module) -> int:
    return next((parameter.element_size() for parameter in layer.parameters()), 0)
