"""Prune by DepGraph: move the slider for the exact plan, then apply it with the library."""

from explorer.backends import DEPGRAPH
from explorer.ui.extras.depgraph.page import EXTRAS
from explorer.ui.pruning.page import pruning_page

pruning_page(DEPGRAPH, EXTRAS)
