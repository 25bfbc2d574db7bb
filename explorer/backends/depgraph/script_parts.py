"""Parts of scripts in Torch-Pruning's own API, as text."""

from __future__ import annotations

from explorer.values import ChannelCriterion, ChannelOptions, Normalizer

IMPORTS = "import torch_pruning as tp"
BY_NUMBER = "from torch_pruning import ops\nfrom torch_pruning.pruner import function"

LAYER_NORM = '''\
from torch_pruning.pruner import function as corrected


class SortedLayerNorm(corrected.LayernormPruner):
    """Torch-Pruning 1.6.1 does not sort what stays of a LayerNorm: at high ratios its weights change places."""

    def _prune_parameter_and_grad(self, weight, keep_idxs, pruning_dim):
        return super()._prune_parameter_and_grad(weight, sorted(keep_idxs), pruning_dim)


corrected.PrunerBox[tp.ops.OPTYPE.LN].__class__ = SortedLayerNorm

'''

LISTED = '''

def cut(net, path, kind, axis, channels):
    """Remove channels from one axis of a layer or a parameter, with the library's function for its kind."""
    owner, _, name = path.rpartition(".")
    holder = net.get_submodule(owner)
    target = getattr(holder, name)
    if isinstance(target, nn.Parameter):
        dim = max(dim for dim, size in enumerate(target.shape) if size > 1)
        setattr(holder, name, function.ParameterPruner(dim).prune_out_channels(target, channels))
{unknown}    elif axis == "out":
        function.PrunerBox[kind].prune_out_channels(target, channels)
    else:
        function.PrunerBox[kind].prune_in_channels(target, channels)


def kind_of(net, path):
    """The library's word for a layer, asked before the first cut: narrow grouped convolutions look depthwise."""
    owner, _, name = path.rpartition(".")
    return ops.module2type(getattr(net.get_submodule(owner), name))


def pruned(net):
    kinds = {path: kind_of(net, path) for path in REMOVED}
    for path, axes in REMOVED.items():
        for axis, channels in axes.items():
            cut(net, path, kinds[path], axis, channels)'''

UNKNOWN = """\
    elif path in BY_HAND:
        linear = type(target).__name__ == "Conv1D"  # whose weight is [in, out]
        for name, tensor in [*target.named_parameters(recurse=False), *target.named_buffers(recurse=False)]:
            dim = 0 if linear and axis == "in" else -1
            if tensor.dim() > (1 if dim == 0 else 0):
                keep = [number for number in range(tensor.shape[dim]) if number not in set(channels)]
                left = tensor.data.index_select(dim, torch.tensor(keep))
                setattr(target, name, nn.Parameter(left) if isinstance(tensor, nn.Parameter) else left)
"""

_NORMALIZERS = {Normalizer.NONE: None, Normalizer.STANDARDIZATION: "standarization"}  # its own spelling
_IMPORTANCES = {
    ChannelCriterion.L1: ("GroupMagnitudeImportance", "p=1"),
    ChannelCriterion.L2: ("GroupMagnitudeImportance", "p=2"),
    ChannelCriterion.TAYLOR: ("GroupTaylorImportance", ""),
    ChannelCriterion.HESSIAN: ("GroupHessianImportance", ""),
    ChannelCriterion.LAMP: ("LAMPImportance", ""),
    ChannelCriterion.BN_SCALE: ("BNScaleImportance", ""),
    ChannelCriterion.FPGM: ("FPGMImportance", ""),
    ChannelCriterion.RANDOM: ("RandomImportance", ""),
}


def importance_text(options: ChannelOptions) -> str:
    """How the library's importance is made."""
    kind, norm = _IMPORTANCES[options.criterion]
    said = [norm] if norm else []
    if options.criterion.traits.reduced:
        said.append(f'group_reduction="{options.reduction.value}"')
    if options.criterion.traits.normalised:
        said.append(f"normalizer={_NORMALIZERS.get(options.normalizer, options.normalizer.value)!r}")
    return f"{kind}({', '.join(said)})".replace("'", '"')
