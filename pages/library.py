"""Prune by a library that a further table brought: options, plan, run, report and training, as for all others."""

from explorer.ui.pruning.page import pruning_page
from explorer.ui.shell import frame

pruning_page(frame.library())
