"""Options as widgets: any `Field` is drawn here, kept in the link under its name, and its mistakes are told."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import streamlit as st

from explorer.backends import parsed
from explorer.backends.fields import Choice, Field
from explorer.backends.kinds import FLAG, NUMBER, TEXT, WHOLE, OptionKind
from explorer.backends.layer_kinds import NAMES
from explorer.ui.parts import places
from explorer.ui.parts.needs import follow, lacking, unavailable
from explorer.ui.parts.widgets import Persist, Width, choose, number, pick
from explorer.ui.shell import state
from explorer.values import NetworkSummary
from explorer.words import formats
from explorer.words.glossary import explain

NARROW = 140  # pixels; a number beside others needs no more


@dataclass(frozen=True)
class Around:
    """What a page knows around one of its options."""

    key: str = ""  # of the widget in the session and in the link; "": as on its library's own page
    missing: Mapping[str, str] = field(default_factory=dict)  # choices the network cannot have, by label: why
    layers: Sequence[str] = ()  # that can be named
    disabled: bool = False
    width: Width = "stretch"  # in pixels
    persist: Persist = None
    is_linked: bool = True  # whether the link holds it; only choices may be left out


_NOTHING = Around()


def draw(option: Field, options: object, around: Around = _NOTHING) -> Any:
    """Draw one option.

    Args:
        option: any but `RATIOS` and `GROUPS`, which are tables.
        options: all options as far as they are picked: what is offered depends on them.
        around: what the page knows.

    Returns:
        What is picked, as the options hold it.
    """
    key = around.key or option.key
    make = _choice if option.choices else _WIDGETS[option.kind]
    return make(option, options, key, around)


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


def withheld(option: Field, options: object) -> dict[str, str]:
    """Choices that do not go with the other options, by label, with the reason; empty where none is given."""
    if option.offer is None or not option.offer.hint:
        return {}
    offered = option.offered(options)
    return {choice.label: option.offer.hint for choice in option.choices if choice not in offered}


def not_offered(reasons: Mapping[str, str], where: str) -> str:
    """Which choices are left out, those for the same reason together; "" where none is."""
    if not reasons:
        return ""
    alike = {why: [label for label in reasons if reasons[label] == why] for why in reasons.values()}
    told = "; ".join(f"{' and '.join(labels)} ({why})" for why, labels in alike.items())
    return f" *Unavailable {formats.plain(where)}: {told}.*"


def shown(option: Field, options: object) -> Any:
    """What the session holds while the widget shows what these options say."""
    value = getattr(options, option.name)
    if option.kind is NAMES:
        return list(value or ())
    if not option.choices:
        return value
    known = value is not None or any(choice.value is None for choice in option.choices)
    return option.choice_of(value).label if known else option.offered(options)[0].label


def helped(option: Field) -> str:
    """What a widget's question mark tells: the term, and each choice that has a sentence."""
    told = " ".join(filter(None, (option.term and explain(option.term), option.hint)))
    return f"{told}{_listed(option.choices)}"


def _listed(choices: Sequence[Choice]) -> str:
    told = [f"- **{choice.label}**: {choice.told}" for choice in choices if choice.told]
    return "\n".join(["", *told]) if told else ""


def _choice(option: Field, options: object, key: str, around: Around) -> Any:
    reasons = {**around.missing, **withheld(option, options)}
    offered = [one for one in option.offered(options) if one.label not in reasons]
    labels = [one.label for one in offered]
    _tell_if_gone(reasons, key, labels[0])
    if option.folded and around.missing and len(offered) == 1:
        return offered[0].value  # a single choice is none
    told = f"{helped(option)}{not_offered(reasons, 'here') if option.folded or option.opens else ''}"
    known = (*labels, *reasons)
    asked = option.label, key, labels, told, known, around.disabled, around.persist
    picked = choose(*asked, around.is_linked, around.width) if option.opens else pick(*asked)
    return next(one for one in offered if one.label == picked).value


def _tell_if_gone(reasons: Mapping[str, str], key: str, fallback: str) -> None:
    """One sentence if what was picked before, or in the link, cannot be had now."""
    wanted = st.session_state.get(key) or st.query_params.get(key)
    if wanted and wanted in reasons:
        state.note(key, f"{wanted} is unavailable here: {reasons[wanted]}. Showing {fallback}.")


def _whole(option: Field, options: object, key: str, around: Around) -> int:
    told, rest = helped(option), (around.width, around.persist, around.disabled)
    return int(number(option.label, key, option.range, told, option.default, *rest, whole=True))


def _number(option: Field, options: object, key: str, around: Around) -> float:
    told, start = helped(option), option.default
    typed = number(
        option.label, key, option.range, told, start, persist=around.persist, disabled=around.disabled
    )
    return round(typed, 9)  # as many digits as anybody types


def _flag(option: Field, options: object, key: str, around: Around) -> bool:
    state.check_link(key, ("true", "false"), f"a value of {option.label.lower()}")
    return st.toggle(
        option.label,
        option.default,
        on_change=lambda: state.forget(key),
        **_bound(option, key, around),
    )


def _names(option: Field, options: object, key: str, around: Around) -> tuple[str, ...] | None:
    """The layers picked, in the network's order; the default where none is."""
    state.check_link(key, around.layers, f"a layer {option.purpose}")
    if gone := state.drop_unknown(key, around.layers):
        dropped = f"dropped {', '.join(gone)}, which this network does not have."
        places.current().say(option.name, f"{option.label}: {dropped}")
    picked = st.multiselect(
        option.label,
        around.layers,
        placeholder=option.empty,
        filter_mode="contains",
        select_all=False,  # or Enter takes every layer that looks like the one that was typed
        on_change=lambda: state.forget(key),
        **_bound(option, key, around),
    )
    return tuple(name for name in around.layers if name in picked) or option.default


def _text(option: Field, options: object, key: str, around: Around) -> str:
    typed = st.text_input(
        option.label,
        option.default,
        placeholder=option.empty,
        **_bound(option, key, around),
    )
    return typed or ""


def _bound(option: Field, key: str, around: Around) -> dict[str, Any]:
    """What every widget of an option is given."""
    return {
        "key": key,
        "bind": "query-params",
        "persist_state": around.persist,
        "disabled": around.disabled,
        "help": helped(option),
    }


_WIDGETS: Mapping[OptionKind, Callable[[Field, object, str, Around], Any]] = {
    WHOLE: _whole,
    NUMBER: _number,
    FLAG: _flag,
    NAMES: _names,
    TEXT: _text,
}
