"""Some options of a library as a row of widgets."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from explorer.backends import parsed
from explorer.backends.fields import Field
from explorer.ui.parts.fields import Around, draw
from explorer.ui.parts.needs import follow, lacking, unavailable
from explorer.values import NetworkSummary


def pick_some(
    library: str, fields: Sequence[Field], around: Callable[[Field], Around], summary: NetworkSummary
) -> Any:
    """Draw these options as far as the network can have them, the others at their default.

    What one of them offers depends on those before it, too.
    """
    lacks, options = lacking(summary), parsed(library, {})
    for option in fields:
        asked = around(option)
        follow(summary.spec, asked.key or option.key)
        value = option.usual(options)
        if option.matters(options):
            value = draw(option, options, replace(asked, missing=unavailable(option, lacks)))
        options = replace(options, **{option.name: value})
    return options
