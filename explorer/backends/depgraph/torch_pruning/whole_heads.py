"""Whole attention heads in the library's own ranking: what competes and goes is a head.

The library's own way (``prune_num_heads``) takes no head at channel ratio 0, takes more than asked in several steps,
ignores ratios of a group's own and the maximum in global scope, and counts channels of heads among those that it ranks
together though none of them goes. So its ranking of channels is used: to it a head is a channel, and the places in a
head are so many conv groups, which all lose the same heads. In local scope both ways agree.
"""

from __future__ import annotations

import numpy as np
from torch import Tensor

from explorer.anatomy.structure import Indices


def by_head(scores: Tensor, heads: int) -> Tensor:
    """Scores of channels, shape ``[heads * size]``, in the order of their places in a head: ``[size * heads]``."""
    return scores.view(heads, -1).t().reshape(-1)


def in_order(channels: Indices, heads: int) -> Indices:
    """Channels that are numbered so, as they are numbered in the network.

    Args:
        channels: all of some heads.
        heads: 1: they are numbered as in the network.
    """
    size = len(channels) // max(len(np.unique(channels % heads)), 1)
    return channels if heads == 1 else np.sort(channels % heads * size + channels // heads)
