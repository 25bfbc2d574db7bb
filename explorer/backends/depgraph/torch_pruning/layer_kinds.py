"""Which modules are layers that Torch-Pruning can prune, along which axis, and which it must leave whole."""

from __future__ import annotations

from torch import nn
from torch.nn.utils import parametrize
from torch_pruning import ops

from explorer.anatomy.transposed import Conv1D

Shape = tuple[int, ...]

# Channels lie second
_SECOND = (ops.TORCH_CONV, ops.TORCH_BATCHNORM, ops.TORCH_GROUPNORM, ops.TORCH_INSTANCENORM, ops.TORCH_PRELU)
_LAST = (ops.TORCH_LINEAR, Conv1D, ops.TORCH_EMBED, ops.TORCH_MHA)  # channels lie last
_RECURRENT = (nn.RNNBase, nn.RNNCellBase)
_OPAQUE = (*_RECURRENT, nn.Bilinear, nn.EmbeddingBag)
_WEIGHTS = ("weight", "bias")


def is_layer(module: nn.Module) -> bool:
    """Whether a module is one box: what runs inside it is its own affair."""
    known = (*_SECOND, *_LAST, *_OPAQUE, ops.TORCH_LAYERNORM)
    return isinstance(module, known) or parametrize.is_parametrized(module)


def channel_axis(module: nn.Module, shape: Shape, axis: int | None) -> int:
    """Where a layer has its channels in a tensor that it reads or gives out.

    Args:
        module: a layer.
        shape: of the tensor.
        axis: where the producer has them.
    """
    last = len(shape) - 1
    if isinstance(module, ops.TORCH_CONV):
        return max(last - len(module.kernel_size), 0)  # 0 where there is no batch
    if isinstance(module, _SECOND):
        return min(1, last)
    if isinstance(module, ops.TORCH_LAYERNORM) and axis is not None and _norms_axis(module, shape, axis):
        return axis
    return last


def _norms_axis(module: nn.LayerNorm, shape: Shape, axis: int) -> bool:
    """Subclasses may norm images, whose channels come second (torchvision's and timm's LayerNorm2d)."""
    own_way = type(module).forward is not nn.LayerNorm.forward
    return own_way and module.normalized_shape == (shape[axis],)


def passes_on(module: nn.Module) -> bool:
    """Whether a layer's output channels are its input channels."""
    if isinstance(module, ops.TORCH_CONV):
        return bool(module.groups == module.out_channels > 1)
    if isinstance(module, ops.TORCH_PRELU):
        return bool(module.num_parameters > 1)
    return not isinstance(module, (ops.TORCH_LINEAR, Conv1D, ops.TORCH_EMBED))


def why_whole(module: nn.Module) -> str:
    """Why a layer cannot lose channels on either side, in words that follow its name; '' where it can."""
    if isinstance(module, _RECURRENT):
        return "is recurrent"
    if isinstance(module, _OPAQUE):
        return f"is a layer of a type that Torch-Pruning does not know ({type(module).__name__})"
    if any(
        parameter.requires_grad is False and not parameter.is_floating_point()
        for parameter in module.parameters()
    ):
        return "has weights that are whole numbers"
    if isinstance(module, nn.MultiheadAttention):
        return _why_attention(module)
    if any(name not in _WEIGHTS for name, _ in module.named_parameters()):
        return f"has more weights than its type usually has ({type(module).__name__})"
    return _why_variant(module)


def _why_attention(module: nn.MultiheadAttention) -> str:
    if not module._qkv_same_embed_dim:
        return "reads keys or values of another width than its queries"
    if module.bias_k is not None or module.add_zero_attn:
        return "adds keys and values of its own"
    computed = parametrize.is_parametrized(module) or parametrize.is_parametrized(module.out_proj)
    return "computes its weights from other tensors" if computed else ""


def _why_variant(module: nn.Module) -> str:
    if isinstance(module, nn.modules.conv._ConvTransposeNd) and 1 < module.groups < module.out_channels:
        return "is a transposed convolution in conv groups"
    if isinstance(module, ops.TORCH_INSTANCENORM) and module.track_running_stats:
        return "keeps running statistics that Torch-Pruning does not prune"
    return ""
