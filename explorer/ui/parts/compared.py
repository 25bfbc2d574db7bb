"""The options of a library that runs beside others can set, as a row of widgets."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from explorer.backends import parsed
from explorer.backends.contenders import compared
from explorer.backends.fields import Field
from explorer.ui.parts.fields import Around, draw


def pick_compared(library: str, around: Callable[[Field], Around]) -> Any:
    """Draw them one after the other, for what one of them offers depends on those before it; returns what is picked."""
    options = parsed(library, {})
    for option in compared(library):
        value = option.usual(options)
        if option.matters(options):
            value = draw(option, options, around(option))
        options = replace(options, **{option.name: value})
    return options
