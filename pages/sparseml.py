"""Prune by SparseML: build a recipe with the plan beside it, run it, and see what masks buy and what not."""

from explorer.backends import SPARSEML
from explorer.ui.extras.sparseml.page import EXTRAS
from explorer.ui.pruning.page import pruning_page

pruning_page(SPARSEML, EXTRAS)
