"""Where the files beside the code lie: in a checkout, or inside the installed package.

A wheel carries `app.py`, `pages/` and what stands beside them in `explorer/_app`, laid out as in the repository.
"""

from __future__ import annotations

import os
import site
from pathlib import Path

CODE = Path(__file__).resolve().parents[2]  # the folder that `import explorer` finds the package in
_CARRIED = CODE / "explorer" / "_app"
IS_INSTALLED = _CARRIED.is_dir()
APP = _CARRIED if IS_INSTALLED else CODE  # app.py, pages/, images/, .streamlit/ and the lock file
KEPT = "EXPLORER_KEPT"  # the folder that `kept_folder` is
ISLAND_LOCK = APP / "requirements-sparseml.txt"


def page(name: str) -> Path:
    """The file of a page. Its whole path: a page's file may be what was started, and lies elsewhere than app.py."""
    return APP / "pages" / f"{name}.py"


def is_found_anyway(code: Path = CODE) -> bool:
    """Whether every Python process of this environment finds the package without being told where it is."""
    return code in {Path(path).resolve() for path in (*site.getsitepackages(), site.getusersitepackages())}


def start_folder(code: Path = CODE) -> Path:
    """Where child processes start: Python looks for modules there before all others.

    That finds the package in a checkout; installed packages, though, must never hide Python's own modules.
    """
    return APP if is_found_anyway(code) else code


def island_folder(is_installed: bool = IS_INSTALLED) -> Path:
    """Where SparseML's packages go: into the checkout, else among the user's caches."""
    return _cache() / "sparseml" if is_installed else CODE / ".sparseml"


def kept_folder() -> Path:
    """Where finished runs and projects are kept for the next start of the server."""
    named = os.environ.get(KEPT)
    return Path(named).absolute() if named else _cache()


def _cache() -> Path:
    """Ours among the user's caches.

    Source: XDG Base Directory Specification, by which a path that is not absolute counts for nothing.
    """
    named = Path(os.environ.get("XDG_CACHE_HOME", ""))
    caches = named if named.is_absolute() else Path.home() / ".cache"
    return caches / "pruning-explorer"
