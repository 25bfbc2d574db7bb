"""What data a network is judged and trained on: how much of it, its classes, and a few examples."""

from __future__ import annotations

from html import escape

import streamlit as st

from explorer.engine import calls
from explorer.ui.parts.pixels import photo
from explorer.ui.parts.widgets import failures
from explorer.ui.shell import assets
from explorer.values import NetworkSpec
from explorer.values.data import DataFacts, Sample
from explorer.words.formats import plain

_SIDE = 56  # pixels of a picture


def show_data(spec: NetworkSpec) -> None:
    """Name, splits, classes and pictures of the data; nothing for a network without."""
    with failures("data", spec):
        if found := calls.data_facts(spec):
            st.header("Data")
            st.markdown(_labelled(found) if found.classes else _unlabelled(found))
            if found.samples:
                st.html(assets.path("network_page.css"))
                st.html(f'<div class="samples">{"".join(map(_figure, found.samples))}</div>')


def _labelled(found: DataFacts) -> str:
    told = [
        f"**{plain(found.name or 'Labelled data')}**",
        f"{found.train:,} training and {found.test:,} test examples of {found.size}",
        _classes(found),
        plain(found.form),
    ]
    return " · ".join(part for part in told if part)


def _unlabelled(found: DataFacts) -> str:
    told = [
        "**Inputs without labels**",
        f"{found.test + found.train:,} of {plain(found.size)}",
        found.form,
        f"{found.test:,} to judge pruned copies by, {found.train:,} to choose ratios and re-calibrate by",
    ]
    return " · ".join(part for part in told if part)


def _classes(found: DataFacts) -> str:
    count = f"{found.classes:,}" if found.classes == found.all_classes else _some(found)
    more = found.classes - len(found.names)
    names = ", ".join(map(plain, found.names)) + (f" and {more:,} more" if more else "")
    return f"{count} classes" + (f": {names}" if found.names else "")


def _some(found: DataFacts) -> str:
    return f"{found.classes:,} of the network's {found.all_classes:,}"


def _figure(one: Sample) -> str:
    alt = f"A test example of class {one.label}" if one.label else "An input"
    return f"<figure>{photo(one.picture, _SIDE, alt)}<figcaption>{escape(one.label)}</figcaption></figure>"
