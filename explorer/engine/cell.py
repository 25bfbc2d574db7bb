"""Whether this process is a notebook's, and what it shows below a cell."""

from __future__ import annotations

import sys
from string import Template
from typing import Any

HEIGHT = 900  # pixels

# The app takes a moment to start: a frame that opened before would stay empty.
_FRAME = Template("""
<iframe id="$name" style="width: 100%; height: ${height}px; border: 1px solid #8884;"></iframe>
<script>
(function wait(left) {
  fetch("$url/_stcore/health", { mode: "no-cors" })
    .then(() => { document.getElementById("$name").src = "$url"; })
    .catch(() => { if (left) { setTimeout(wait, 300, left - 1); } });
})(200);
</script>
<a href="$url" target="_blank">$url</a>
""")


def is_notebook() -> bool:
    """Whether a notebook's kernel runs this process."""
    return hasattr(_shell(), "kernel")


def show_below(url: str) -> None:
    """Show the app in a frame below the cell, as soon as it answers."""
    from IPython.display import HTML, display  # present wherever a kernel runs

    name = f"explorer-{url.rpartition(':')[2]}"
    display(HTML(_FRAME.substitute(url=url, name=name, height=HEIGHT)))


def _shell() -> Any:
    loaded: Any = sys.modules.get("IPython")
    return loaded.get_ipython() if loaded else None
