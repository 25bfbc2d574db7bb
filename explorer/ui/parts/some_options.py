"""Some options of a library as a row of widgets."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from explorer.backends import parsed
from explorer.backends.fields import Field
from explorer.ui.parts.fields import Around, draw


def pick_some(library: str, fields: Sequence[Field], around: Callable[[Field], Around]) -> Any:
    """Draw these options, the others at their default; what one of them offers depends on those before it."""
    options = parsed(library, {})
    for option in fields:
        value = option.usual(options)
        if option.matters(options):
            value = draw(option, options, around(option))
        options = replace(options, **{option.name: value})
    return options
