"""Test images whose answer flips, as a gallery."""

from __future__ import annotations

from collections.abc import Callable
from html import escape

import streamlit as st

from explorer.ui.parts.pixels import photo
from explorer.values.behaviour import Answer, Behaviour, Flip
from explorer.words.glossary import explain

_SIDE = 56  # pixels of a picture
_KINDS = {"lost": "was correct", "gained": "is correct now", "other": "wrong both times"}


def show_flips(found: Behaviour) -> None:
    """Each flip with its picture, both answers and the confidence of both."""
    flipped = found.count(flipped=True)
    st.markdown("**Test images whose answer flips**", help=explain("flip"))
    none = f"<p>No flip: both networks answer all {found.images:,} images alike.</p>"
    figures = "".join(_figure(flip, found.name) for flip in found.flips) or none
    st.html(f'<div class="flips" role="region" aria-label="Flips" tabindex="0">{figures}</div>')
    shown = f"{len(found.flips)} of {flipped:,}, spread evenly. " if flipped > len(found.flips) else ""
    st.caption(
        f"{shown}Each figure reads dense → pruned, with the confidence of each answer. Red: correct before, wrong now; "
        "green: wrong before, correct now; grey: wrong both times."
    )


def _figure(flip: Flip, name: Callable[[int], str]) -> str:
    kind = _kind(flip)
    label, dense, pruned = (name(one) for one in (flip.label, flip.dense.top, flip.pruned.top))
    told = f"Image {flip.place + 1}, label {label}: {dense} before pruning, {pruned} after"
    picture = photo(flip.picture, _SIDE, told) if flip.picture else f"<span>Input {flip.place + 1}</span>"
    return (
        f'<figure class="{kind}">{picture}<figcaption><b>{escape(dense)} → {escape(pruned)}</b><br>'
        f"{_sure(flip.dense)} → {_sure(flip.pruned)}<br>label {escape(label)}, {_KINDS[kind]}</figcaption></figure>"
    )


def _kind(flip: Flip) -> str:
    if flip.dense.top == flip.label:
        return "lost"
    return "gained" if flip.pruned.top == flip.label else "other"


def _sure(answer: Answer) -> str:
    return f"{100 * answer.confidence:.0f} %"
