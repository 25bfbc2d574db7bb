"""A network that shrinks and grows: its layers as high as the channels that DepGraph's plans leave."""

from __future__ import annotations

import json
from itertools import groupby
from typing import Any

import streamlit as st

from explorer.ui.shell import assets
from explorer.words import formats

SHRINKING = assets.path("shrinking.json")  # python -m images shrinking
_STILL = 0.5  # the ratio that is shown where nothing may move


def show_picture() -> None:
    """Draw it; every number is a plan's, frozen, so that no engine is asked."""
    plans = json.loads(SHRINKING.read_text("utf-8"))
    st.html(assets.path("shrinking.css"))
    st.html(figure(plans))
    st.caption(
        f"{plans['network']}: each bar is a layer, as high as the channels that DepGraph keeps (L2, global). "
        "Layers of the same colour share channels, so they shrink together."
    )


def figure(plans: dict[str, Any]) -> str:
    """The picture as HTML: a bar for each layer, and the plans' numbers one below the other, of which one shows."""
    parts = [
        f'<div><div class="bars">{"".join(map(_bar, layers))}</div><span>{part}</span></div>'
        for part, layers in groupby(plans["layers"], lambda layer: layer["name"].partition(".")[0])
    ]
    at = plans["ratios"].index(_STILL)
    told = (
        f"{plans['network']} loses channels. At a ratio of {_STILL:g} it keeps {_left(plans, 'params', at)} of its "
        f"parameters and {_left(plans, 'macs', at)} of its MACs."
    )
    return (
        f'<div class="shrinking"><div class="network" role="img" aria-label="{told}">{"".join(parts)}</div>'
        f'<div class="told"><div class="rows" aria-hidden="true">{"".join(_numbers(plans))}</div>'
        '<label><input type="checkbox"> Pause</label></div></div>'
    )


def _bar(layer: dict[str, Any]) -> str:
    dense = layer["channels"][0]
    shares = ";".join(f"--at{number}:{left / dense:.3f}" for number, left in enumerate(layer["channels"]))
    return (
        f'<i class="set{layer["coupled"]}" title="{layer["name"]}, {dense} channels" '
        f'style="--dense:{dense};{shares}"><b></b></i>'
    )


def _numbers(plans: dict[str, Any]) -> list[str]:
    return [
        f"<dl><dt>Pruning ratio</dt><dd>{ratio:.2f}</dd>"
        f"<dt>Parameters</dt><dd>{formats.count(plans['params'][at])} <small>{_left(plans, 'params', at)}</small></dd>"
        f"<dt>MACs</dt><dd>{formats.count(plans['macs'][at])} <small>{_left(plans, 'macs', at)}</small></dd></dl>"
        for at, ratio in enumerate(plans["ratios"])
    ]


def _left(plans: dict[str, Any], what: str, at: int) -> str:
    return formats.share(plans[what][at], plans[what][0])
