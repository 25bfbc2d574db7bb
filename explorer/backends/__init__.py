"""The pruning libraries behind one seam. What is named here knows neither torch nor any library."""

from explorer.backends.base import Backend, check_ratio
from explorer.backends.table import (
    BACKENDS,
    DEPGRAPH,
    NATIVE,
    SPARSEML,
    backend_of,
    fields_of,
    parsed,
    resolved,
)
