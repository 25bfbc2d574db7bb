"""What can be taken away: one writer a format, each an entry of `EXPORTS`."""

from explorer.exports.base import Export, Graph, Told
from explorer.exports.table import EXPORTS, export, exports_of

__all__ = ["EXPORTS", "Export", "Graph", "Told", "export", "exports_of"]
