"""Mask by torch.nn.utils.prune: move the slider for the exact plan, then apply it with the library."""

from explorer.backends import NATIVE
from explorer.ui.extras.native.page import EXTRAS
from explorer.ui.pruning.page import pruning_page

pruning_page(NATIVE, EXTRAS)
