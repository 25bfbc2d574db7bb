"""Subcommands of ``pruning-explorer``: what the app plans, prunes and measures, for scripts and machines."""

from explorer.commands.flags import usage
from explorer.commands.running import NAMES, run

__all__ = ["NAMES", "run", "usage"]
