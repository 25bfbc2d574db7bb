"""The members of a group as a list to read: the reason of every coupling in words."""

from __future__ import annotations

import streamlit as st

from explorer.drawing.interactive import script
from explorer.ui.graph.group_facts import AXIS_IN_WORDS, coupling
from explorer.ui.shell import assets
from explorer.values import Group, Member

_CSS = assets.text("members.css")
_JS = f"{script('dom')}\n{assets.text('members.js')}"


def member_list(group: Group, height: int) -> None:
    """Draw the list; a click on a member shows it in the drawing."""
    renderer = st.components.v2.component(
        "explorer_members",
        html='<div class="members" tabindex="-1"><ol aria-label="Members of the group"></ol></div>\n',
        css=_CSS,
        js=_JS,
    )
    ordered = sorted(group.members, key=lambda member: not member.width)
    renderer(key="graph_members", data=[_item(member) for member in ordered], height=height)


def _item(member: Member) -> dict[str, str]:
    parts = [" × ".join(member.schema), coupling(member), member.pruning_fn]
    return {
        "node": member.node,
        "layer": member.layer,
        "axis": AXIS_IN_WORDS[member.axis],
        "why": member.why,
        "facts": " · ".join(part for part in parts if part),
    }
