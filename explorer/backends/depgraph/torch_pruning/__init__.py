"""Torch-Pruning: the one folder that imports it. Trace, score, prune and count.

Its pruning functions are module-level objects that hold state while they work: one call at a time.
"""

from explorer.backends.depgraph.torch_pruning.by_hand import remove
from explorer.backends.depgraph.torch_pruning.counter import counter_reading
from explorer.backends.depgraph.torch_pruning.pruning import Order, Removed, largest_loss, prune
from explorer.backends.depgraph.torch_pruning.scoring import Gradients, importance
from explorer.backends.depgraph.torch_pruning.tracing import Trace, trace
from explorer.backends.depgraph.torch_pruning.whole_heads import by_head
