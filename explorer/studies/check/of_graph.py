"""Findings about the graph of all layers: what it holds, and what of it stays whole."""

from __future__ import annotations

from collections.abc import Iterable

from explorer.anatomy.layers import width_of
from explorer.anatomy.structure import TracedGroup
from explorer.studies.check.facts import Facts
from explorer.studies.check.found import Found, counted, params_in_words
from explorer.studies.check.remedies import made_permanent
from explorer.values import LayerRow
from explorer.values.check import Fact, Grade


def coverage(facts: Facts) -> Found:
    """Layers with weights that are in the graph of all layers."""
    rows = [row for row in facts.rows if row.params]
    missing = [row for row in rows if row.name not in facts.paths.values()]
    if not missing:
        return Found(Grade.FINE, f"All {len(rows)} layers with weights are in the dependency graph.")
    apart, params = sum(row.params for row in missing), sum(row.params for row in rows)
    told = (
        f"{len(rows) - len(missing)} of {len(rows)} layers with weights are in the dependency graph. The others hold "
        f"{apart:,} of {params:,} parameters, and keep their shapes."
    )
    evidence = (
        Fact(row.name, f"{_kind(row)}, {params_in_words(row.params)}{_apart(row.name, facts)}")
        for row in missing
    )
    return Found(Grade.NOTE, told, tuple(evidence))


def _kind(row: LayerRow) -> str:
    return "bare parameter" if row.type == "Parameter" else row.type


def output_layers(facts: Facts) -> Found:
    """Layers whose channels the network answers with."""
    layers = {**dict(facts.net.module.named_parameters()), **dict(facts.net.module.named_modules())}
    found = tuple(Fact(path, f"{width_of(layers.get(path))} channels") for path in facts.outputs)
    if not found:
        return Found(
            Grade.FINE, "No layer produces the network's outputs directly: every channel can be removed."
        )
    told = f"{counted(len(found), 'layer keeps its', 'layers keep their')} channels: they are the network's outputs."
    return Found(Grade.FINE, told, found)


def walls(facts: Facts) -> Found:
    """What channels cannot be followed through."""
    stopped = [group for _, group in facts.groups if facts.wall(group)]
    held = {*facts.bound, *(facts.paths[item.node] for group in stopped for item in group.items)}
    alone = [node for node in facts.structure.nodes if node.whole and node.path and node.path not in held]
    if not stopped and not alone:
        return Found(Grade.FINE, "Every channel can be followed to its end.")
    evidence = [_of_group(group, facts.wall(group), facts) for group in stopped]
    evidence += [Fact(node.path or "", f"{node.whole}.") for node in alone]
    groups = f"{counted(len(stopped), 'group stays', 'groups stay')} whole"
    return Found(Grade.LIMIT, f"{groups}: their channels cannot be followed any further.", tuple(evidence))


def left_whole(facts: Facts) -> Found:
    """Groups that stay whole for any other reason but an output."""
    stays, free = facts.stays, facts.stays.count("")
    left = [
        _of_group(group, stays[number], facts)
        for number, group in facts.groups
        if stays[number] and not facts.is_output(group) and not facts.wall(group)
    ]
    may = f"{free} of {counted(len(stays), 'group', 'groups')} can lose channels"
    if not left:
        return Found(Grade.FINE, f"{may}: all except outputs and walls.")
    told = f"{counted(len(left), 'group stays', 'groups stay')} whole besides outputs and walls; {may}."
    return Found(Grade.LIMIT, told, tuple(left), made_permanent(facts.bench, free))


def _of_group(group: TracedGroup, why: str, facts: Facts) -> Fact:
    return Fact(facts.root(group), f"{group.channels:,} channels. {why[:1].upper()}{why[1:].rstrip('.')}.")


def _apart(name: str, facts: Facts) -> str:
    """Why a layer is not in the graph, where that is known."""
    if _within(name, facts.idle):
        return "; does not run on the example"
    owner = _within(name, facts.bound)
    return f"; part of '{owner}', which works its weight out of others" if owner else ""


def _within(name: str, paths: Iterable[str]) -> str:
    return next((path for path in paths if name == path or name.startswith(f"{path}.")), "")
