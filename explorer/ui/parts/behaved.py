"""What the Behaviour page takes of a library: shared with the pages that hand options on to it."""

from __future__ import annotations

from dataclasses import replace

from explorer.backends.contenders import compared
from explorer.backends.fields import Field

LIBRARY = "behaviour_library"  # in the session and in links


def behaved(library: str) -> tuple[Field, ...]:
    """The options that it draws, by names of its own: what is picked on the library's own page ends with that page."""
    return tuple(replace(option, link=f"behaviour_{library}_{option.name}") for option in compared(library))
