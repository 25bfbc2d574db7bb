"""One coupled group in numbers and plain words: rows for tables, nothing drawn."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence

from explorer.values import Axis, ChannelCriterion, Group, LayerGraph, Member, ReasonKind, by_hand

IN_WORDS = {
    ReasonKind.ROOT: "starting point",
    ReasonKind.CONSUMER: "reads these channels",
    ReasonKind.NORM: "normalisation",
    ReasonKind.ELEMENTWISE: "channel by channel",
    ReasonKind.RESIDUAL: "residual sum",
    ReasonKind.PRODUCT: "product",
    ReasonKind.CONCAT: "concatenation",
    ReasonKind.SPLIT: "split",
    ReasonKind.DEPTHWISE: "depthwise convolution",
    ReasonKind.CONV_GROUPS: "grouped convolution",
    ReasonKind.FLATTEN: "flatten",
    ReasonKind.ATTENTION: "attention heads",
    ReasonKind.PARAMETER: "bare parameter",
    ReasonKind.OUTPUT: "network output",
}
AXIS_IN_WORDS = {Axis.OUT: "output", Axis.IN: "input"}
_SILENT = 0.01  # of the group's mean importance
_ALLOTTED = re.compile(r"(\d+)\*")


def stored(group: Group) -> tuple[Member, ...]:
    """Members that store something per channel: a removal changes their tensors."""
    return tuple(member for member in group.members if member.width)


def member_rows(group: Group) -> list[dict[str, str]]:
    """Every member with the reason why it is coupled, layers with weights first."""
    ordered = sorted(group.members, key=lambda member: not member.width)
    return [
        {
            "layer": member.layer,
            "axis": AXIS_IN_WORDS[member.axis],
            "reason": IN_WORDS[member.reason],
            "width": f"{member.width:,}" if member.width else "–",
            "schema": "×".join(member.schema) or "–",
            "coupling": coupling(member),
            "pruning function": member.pruning_fn,
            "why it is coupled": member.why,
        }
        for member in ordered
    ]


def roles_in(graph: LayerGraph, nodes: Collection[str]) -> dict[int, str]:
    """Groups that some nodes belong to, those whose channels they make first, and how."""
    found: dict[int, set[Axis]] = {}
    for group in graph.groups:
        for member in group.members:
            if member.node in nodes:
                found.setdefault(group.id, set()).add(member.axis)
    words = {number: "as output" if Axis.OUT in axes else "as input" for number, axes in found.items()}
    both = {number: "as both" for number, axes in found.items() if len(axes) == 2}
    return dict(sorted((words | both).items(), key=lambda one: (one[1] == "as input", one[0])))


def coupling(member: Member) -> str:
    """Whether the coupling joins two layers or the two axes of one."""
    return "between layers" if member.inter_layer else "within a layer"


def reason_counts(group: Group) -> list[tuple[str, int]]:
    """How many members each kind of reason brought in, most frequent first."""
    return Counter(IN_WORDS[member.reason] for member in group.members).most_common()


def together(group: Group, channel: int) -> tuple[int, ...]:
    """Channels of the group that go when one goes: itself, and its likes in the other heads."""
    size = group.channels // group.heads
    return tuple(channel % size + head * size for head in range(group.heads))


def taken(member: Member, channels: Iterable[int]) -> list[int]:
    """Indices that a member loses on its axis when these channels of the group go."""
    return sorted({index for channel in channels for index in member.index_map.of(channel)})


def shape_after(member: Member, lost: int) -> str:
    """The weight's shape once ``lost`` of the member's ``width`` are gone."""
    sizes = "×".join(member.schema)
    return _ALLOTTED.sub(lambda found: str(_left(int(found[1]), lost, member.width)), sizes)


def _left(size: int, lost: int, width: int) -> int:
    """A conv group's input axis stores fewer than ``width``: it shrinks in proportion."""
    return size - round(size * lost / width)


def removal_rows(group: Group, channels: Sequence[int]) -> list[dict[str, str]]:
    """What each layer loses when these channels go."""
    rows = []
    for member in stored(group):
        lost = taken(member, channels)
        before = "×".join(member.schema).replace("*", "")
        rows.append(
            {
                "layer": member.layer,
                "shape": f"{before} → {shape_after(member, len(lost))}",
                "channels": spans(lost),
                "axis": AXIS_IN_WORDS[member.axis],
            }
        )
    return rows


def spans(indices: Sequence[int], most: int = 6) -> str:
    """[0, 1, 2, 5] → "0–2, 5"; long lists end in how many more there are."""
    runs = by_hand.spans(indices)
    shown = [str(a) if a == b else f"{a}–{b}" for a, b in runs[:most]]
    hidden = sum(b - a + 1 for a, b in runs[most:])
    return ", ".join([*shown, f"and {hidden:,} more"] if hidden else shown)


def removed_channels(group: Group, removed: Mapping[str, tuple[int, ...]]) -> tuple[int, ...]:
    """Channels of the group that a plan takes, read off a layer whose outputs are in the group."""
    for member in stored(group):
        if member.axis is Axis.OUT and member.layer in removed:
            gone = set(removed[member.layer])
            taken = ((k, member.index_map.of(k)) for k in range(group.channels))
            return tuple(k for k, channels in taken if channels and gone.issuperset(channels))
    return ()


def in_short(scores: Sequence[float], criterion: ChannelCriterion = ChannelCriterion.L2) -> str:
    """The weakest and the strongest channels, how many hardly matter, and what a score of 1 means."""
    order = sorted(range(len(scores)), key=scores.__getitem__)
    silent = sum(score < _SILENT for score in scores)
    nothing = f"{silent:,} of {len(scores):,} channels score below {_SILENT}. " if silent else ""
    return (
        f"{nothing}Channel {order[0]} matters least ({_score(scores[order[0]])}), "
        f"channel {order[-1]} most ({_score(scores[order[-1]])}); "
        f"{_what_is_one(criterion)}."
    )


def _what_is_one(criterion: ChannelCriterion) -> str:
    """LAMP's scores are shares; those of the others are divided by the group's mean."""
    return (
        "a score of 1 is the group's mean" if criterion.traits.normalised else "a score of 1 is the maximum"
    )


def unscored(group: Group, criterion: ChannelCriterion) -> str:
    """Why a criterion gives no score to a group's channels."""
    if not group.prunable:
        return f"No channel of this group can be removed, so none is scored. {group.kept_because}"
    return f"No layer of this group has what {criterion.label} scores. Pick another criterion."


def _score(value: float) -> str:
    return f"{value:.2f}" if value >= _SILENT else f"below {_SILENT}"


def sentence(group: Group) -> str:
    """The group in one plain sentence."""
    out = sum(member.axis is Axis.OUT for member in stored(group))
    count = len(group.layers)
    if count < 2:
        return f"{group.channels:,} channels of a single layer; no other layer stores them."
    if not group.prunable:
        return f"**{count} layers** share these {group.channels:,} channels."
    return (
        f"Removing one of these {group.channels:,} channels takes it from **{count} layers** at once: "
        f"from the outputs of {out}, from the inputs of {len(stored(group)) - out}."
    )
