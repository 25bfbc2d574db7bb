"""Widths in, costs out: every layer's parameters, MACs and bytes in closed form.

A layer's parameters and MACs are sums of products of its two widths. The
coefficients are read once from the dense network; a plan then only puts
numbers in.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import torch
from torch import nn

from explorer.counting import FUNCTIONAL, layer_rows, own_params
from explorer.network import Network
from explorer.schema import LayerRow
from explorer.surgery import is_depthwise


@dataclass(frozen=True)
class Term:
    """``coefficient * out^[uses_out] * in^[uses_in]``."""

    coefficient: int
    uses_out: bool = False
    uses_in: bool = False
    divisor: int = 1  # conv_groups: each group reads in / divisor channels

    def value(self, out: int, into: int) -> int:
        """The term at two widths."""
        return (
            self.coefficient * (out if self.uses_out else 1) * (into if self.uses_in else 1) // self.divisor
        )


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

    @cached_property
    def dense_bytes(self) -> int:
        """Bytes at full width."""
        return self.at(self.out_width, self.in_width)[2]

    def at(self, out: int, into: int) -> tuple[int, int, int]:
        """Parameters, MACs and bytes at these widths."""
        params = _total(self.params, out, into)
        return (
            params,
            _total(self.macs, out, into),
            params * self.element_bytes + _total(self.buffers, out, into),
        )


def _total(terms: tuple[Term, ...], out: int, into: int) -> int:
    return sum([term.value(out, into) for term in terms])  # a list: this runs for each layer of each plan


def layer_costs(net: Network) -> dict[str, LayerCost]:
    """Closed-form costs of every layer, by name, in the order of execution."""
    modules = dict(net.module.named_modules())
    parameters = dict(net.module.named_parameters())
    layers = {**parameters, **modules}
    return {
        row.name: _cost(row, None if row.type == FUNCTIONAL else layers.get(row.name))
        for row in layer_rows(net)
    }


def _cost(row: LayerRow, layer: nn.Module | nn.Parameter | None) -> LayerCost:
    if isinstance(layer, nn.Parameter):
        return _parameter(row, layer)
    if isinstance(layer, nn.modules.conv._ConvNd):
        return _conv(row, layer)
    if isinstance(layer, nn.Linear):
        return _dense(row, layer, layer.out_features, layer.in_features)
    if isinstance(layer, nn.MultiheadAttention):
        return _attention(row, layer)
    if isinstance(layer, nn.Embedding):
        return _per_channel(row, layer, layer.embedding_dim)
    if isinstance(layer, nn.modules.batchnorm._NormBase):
        return _per_channel(row, layer, layer.num_features)
    if isinstance(layer, nn.GroupNorm):
        return _per_channel(row, layer, layer.num_channels)
    if isinstance(layer, nn.LayerNorm):
        return _per_channel(row, layer, layer.normalized_shape[-1])
    if isinstance(layer, nn.PReLU) and layer.num_parameters > 1:
        return _per_channel(row, layer, layer.num_parameters)
    return _constant(row, layer)


def _conv(row: LayerRow, conv: nn.modules.conv._ConvNd) -> LayerCost:
    if is_depthwise(conv):
        return _per_channel(row, conv, conv.out_channels)
    return _dense(row, conv, conv.out_channels, conv.in_channels, conv.groups)


def _dense(row: LayerRow, layer: nn.Module, out: int, into: int, conv_groups: int = 1) -> LayerCost:
    """Weight of out x in / conv_groups positions, and a bias per output."""
    weight, bias = layer.weight, layer.bias
    assert isinstance(weight, torch.Tensor)
    kernel = weight.numel() * conv_groups // (out * into)
    params = [Term(kernel, True, True, conv_groups)] + ([Term(1, True)] if bias is not None else [])
    macs = (Term(row.macs * conv_groups // (out * into), True, True, conv_groups),)
    return LayerCost(row, out, into, False, tuple(params), macs, weight.element_size(), ())


def _per_channel(row: LayerRow, layer: nn.Module, width: int) -> LayerCost:
    """Everything in the layer is one value or filter per channel: norms, depthwise, embeddings."""
    params = (Term(own_params(layer) // width, True),)
    macs = (Term(row.macs // width, True),)
    buffers = tuple(
        Term(tensor.numel() * tensor.element_size() // width, True)
        if tensor.dim()
        else Term(tensor.element_size())
        for tensor in layer.buffers(recurse=False)
    )
    return LayerCost(row, width, width, True, params, macs, _element_bytes(layer), buffers)


def _attention(row: LayerRow, attention: nn.MultiheadAttention) -> LayerCost:
    """Projections grow with the square of the embedding, products of queries and keys linearly."""
    width = attention.embed_dim
    weights = sum(p.numel() for p in attention.parameters() if p.dim() == 2)
    biases = own_params(attention) - weights
    params = (Term(weights // width**2, True, True), Term(biases // width, True))
    tokens = row.output_shape[-2] if row.output_shape else 0
    projections = tokens * weights // width**2
    products = (row.macs - projections * width**2) // width
    macs = (Term(projections, True, True), Term(products, True))
    return LayerCost(row, width, width, True, params, macs, _element_bytes(attention), ())


def _parameter(row: LayerRow, parameter: nn.Parameter) -> LayerCost:
    width = next((size for size in reversed(parameter.shape) if size > 1), 1)
    terms = (Term(parameter.numel() // width, True),)
    return LayerCost(row, width, width, True, terms, (), parameter.element_size(), ())


def _constant(row: LayerRow, layer: nn.Module | None) -> LayerCost:
    """A layer that pruning leaves as it is."""
    buffers = (
        sum(b.numel() * b.element_size() for b in layer.buffers(recurse=False)) if layer is not None else 0
    )
    element = _element_bytes(layer) if layer is not None and row.params else 0
    return LayerCost(row, 0, 0, True, (Term(row.params),), (Term(row.macs),), element, (Term(buffers),))


def _element_bytes(layer: nn.Module) -> int:
    return next((parameter.element_size() for parameter in layer.parameters()), 0)
