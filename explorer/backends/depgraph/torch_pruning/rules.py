"""Which rule an operation follows, by its name in autograd.

Torch-Pruning takes nearly every operation for elementwise and looks at no axis. What is in no table here is taken for
elementwise, too, if it keeps the number of channels.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from explorer.backends.depgraph.torch_pruning import axis_rules, join_rules, product_rules
from explorer.backends.depgraph.torch_pruning.passages import Operation, Passage, elementwise

Rule = Callable[[Operation], Passage]

_SPATIAL = re.compile(r"(?:pool|pad|upsample[a-z]+)([123])d")  # "maxpool2dwithindices", "replicationpad1d"


def passage(operation: Operation) -> Passage:
    """What an operation does to the channels that it reads."""
    if not any(True for _ in operation.carried):
        return Passage(None, [None] * len(operation.inputs))
    if reason := _OPAQUE.get(operation.name):
        return operation.wall(reason)
    if (named := _SPATIAL.search(operation.name)) and operation.name not in _RULES:
        return axis_rules.spatial(operation, int(named[1]))
    return _RULES.get(operation.name, elementwise)(operation)


def _named(names: str, rule: Rule) -> dict[str, Rule]:
    return dict.fromkeys(names.split(), rule)


_RULES = {
    **_named("permute", axis_rules.permute),
    **_named("transpose t", axis_rules.transpose),
    **_named("view unsafeview reshapealias squeeze unsqueeze", axis_rules.view),
    **_named("asstrided", axis_rules.as_strided),
    **_named("sum norm linalgvectornorm", axis_rules.total),
    **_named("mean var std varmean stdmean", axis_rules.average),
    **_named("nativelayernorm", axis_rules.layer_norm),
    **_named("amax amin aminmax max min median nanmedian mode kthvalue prod logsumexp", axis_rules.extreme),
    **_named("select unbind", axis_rules.pick),
    **_named("softmax logsoftmax roll flip gather indexselect scatter scatteradd", axis_rules.along),
    **_named("cumsum cumprod cummax cummin logcumsumexp sort topk", axis_rules.along),
    **_named("index", axis_rules.index),
    **_named("pixelshuffle", axis_rules.pixel_shuffle),
    **_named("pixelunshuffle", axis_rules.pixel_unshuffle),
    **_named("convolution convolutionoverrideable", axis_rules.filtered),
    **_named("gridsampler2d gridsampler3d cudnngridsampler", axis_rules.sampled),
    **_named("cat", join_rules.cat),
    **_named("stack", join_rules.stack),
    **_named("split unsafesplit splitwithsizes unsafesplitwithsizes", join_rules.split),
    **_named("slice", join_rules.cut),
    **_named("glu", join_rules.glu),
    **_named("mm bmm", product_rules.product),
    **_named("scaleddotproductflashattentionforcpu scaleddotproductflashattention", product_rules.attention),
    **_named("scaleddotproductefficientattention", product_rules.attention),
}
_WRITTEN = "parts of a tensor are written to"
_REARRANGED = "channels are rearranged"
_MIXED = "channels are mixed"
_OPAQUE = {
    **dict.fromkeys(("mv", "addmm", "addbmm", "baddbmm", "addmv"), product_rules.MET),
    **dict.fromkeys(("embedding", "trilinear"), axis_rules.FUNCTION),
    **dict.fromkeys(("nativebatchnorm", "cudnnbatchnorm", "nativegroupnorm"), axis_rules.NORM),
    **dict.fromkeys(("copyslices", "indexput"), _WRITTEN),
    **dict.fromkeys(("channelshuffle", "im2col", "col2im"), _REARRANGED),
    **dict.fromkeys(("cdist", "dot"), _MIXED),
    **dict.fromkeys(("fftr2c", "fftc2c", "fftc2r"), "a Fourier transform is taken"),
}
