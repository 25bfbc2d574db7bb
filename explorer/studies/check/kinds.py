"""The kinds of findings: each one function, and one entry of `KINDS`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from typing import NamedTuple

from torch import nn

from explorer.anatomy.bound import tied
from explorer.anatomy.counting import flop_counter_reading, total_params
from explorer.anatomy.layers import width_of
from explorer.anatomy.soundness import in_single
from explorer.anatomy.structure import TracedGroup
from explorer.backends.depgraph.torch_pruning import counter_reading
from explorer.studies.check.facts import Facts
from explorer.studies.check.remedies import keeping, made_permanent
from explorer.values import LayerRow
from explorer.values.check import Fact, Grade, Remedy
from explorer.words.formats import count, shape


class Found(NamedTuple):
    """What one kind found; see `Finding`."""

    grade: Grade
    told: str
    evidence: tuple[Fact, ...] = ()
    remedy: Remedy | None = None


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
        Fact(row.name, f"{_kind(row)}, {_params(row.params)}{_apart(row.name, facts)}") for row in missing
    )
    return Found(Grade.NOTE, told, tuple(evidence))


def _kind(row: LayerRow) -> str:
    return "bare parameter" if row.type == "Parameter" else row.type


def output_layers(facts: Facts) -> Found:
    """Layers whose channels the network answers with."""
    layers = {**dict(facts.net.module.named_parameters()), **dict(facts.net.module.named_modules())}
    found = tuple(Fact(path, f"{width_of(layers.get(path))} channels") for path in facts.outputs)
    if not found:
        return Found(Grade.FINE, "No layer makes what the network answers with: every channel may go.")
    told = f"{_many(len(found), 'layer keeps its', 'layers keep their')} channels: the network answers with them."
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
    groups = f"{_many(len(stopped), 'group stays', 'groups stay')} whole"
    return Found(
        Grade.LIMIT, f"{groups}: what comes behind cannot be told channel by channel.", tuple(evidence)
    )


def left_whole(facts: Facts) -> Found:
    """Groups that stay whole for any other reason but an output."""
    stays, free = facts.stays, facts.stays.count("")
    left = [
        _of_group(group, stays[number], facts)
        for number, group in facts.groups
        if stays[number] and not facts.is_output(group) and not facts.wall(group)
    ]
    may = f"{free} of {_many(len(stays), 'group', 'groups')} may lose channels"
    if not left:
        return Found(Grade.FINE, f"{may}: all but those of outputs and walls.")
    told = f"{_many(len(left), 'group stays', 'groups stay')} whole beside those of outputs and walls; {may}."
    return Found(Grade.LIMIT, told, tuple(left), made_permanent(facts.bench, free))


def tied_weights(facts: Facts) -> Found:
    """Weights that several layers have in common."""
    found = list(tied(facts.net.module))
    if not found:
        return Found(Grade.FINE, "No two layers share a weight.")
    weights = dict(facts.net.module.named_parameters(remove_duplicate=False))
    evidence = tuple(Fact(" = ".join(names), shape(tuple(weights[names[0]].shape))) for _, names in found)
    told = f"{_many(len(found), 'weight belongs', 'weights belong')} to several layers, and can be cut for none alone."
    return Found(Grade.LIMIT, told, evidence)


def number_type(facts: Facts) -> Found:
    """What numbers the parameters are, and where they lie."""
    module = facts.net.module
    counts: Counter[str] = Counter()
    for parameter in module.parameters():
        where = "" if parameter.device.type == "cpu" else f" on {parameter.device}"
        counts[str(parameter.dtype).removeprefix("torch.") + where] += parameter.numel()
    evidence = tuple(Fact(kind, _params(number)) for kind, number in counts.most_common())
    if list(counts) == ["float32"]:
        return Found(Grade.FINE, "All parameters are float32.", evidence)
    kinds = " and ".join(counts)
    return Found(Grade.NOTE, f"The parameters are {kinds}. {_precision(facts)}".strip(), evidence)


def _precision(facts: Facts) -> str:
    """In what precision couplings are compared, where that is not the network's own."""
    module = facts.net.module
    halves = {str(p.dtype).removeprefix("torch.") for p in module.parameters() if p.element_size() == 2}
    if not halves:
        return ""
    if in_single(module, facts.net.example_input)[0] is module:
        return "It runs in no other precision, so couplings are compared in it, as finely as it rounds."
    return f"Couplings are compared on a copy in float32, since {' and '.join(sorted(halves))} rounds too coarsely."


def mac_counters(facts: Facts) -> Found:
    """What other counters of MACs say."""
    net, macs = facts.net, sum(row.macs for row in facts.rows)
    readings = flop_counter_reading(net, macs), counter_reading(net.module, net.example_input, facts.rows)
    other = [reading for reading in readings if reading.macs != macs]
    evidence = (
        Fact("the explorer", f"{macs:,} MACs"),
        *(Fact(one.counter, f"{one.macs:,} MACs. {one.reason or 'It agrees.'}") for one in readings),
    )
    if not other:
        return Found(Grade.FINE, f"Both other counters say {count(macs)} MACs, too.", evidence)
    told = f"{len(other)} of {len(readings)} other counters do not say {macs:,} MACs; it is known why."
    return Found(Grade.NOTE, told, evidence)


def training_parts(facts: Facts) -> Found:
    """Parts with weights that the example does not reach."""
    if not facts.idle:
        return Found(Grade.FINE, "Every part with weights runs on the example input.")
    never = facts.never
    training = {path: part for path, part in facts.idle.items() if path not in never}
    evidence = [_part(path, part, "runs in train mode only") for path, part in training.items()]
    evidence += [_part(path, part, "runs in neither mode") for path, part in never.items()]
    told = []
    if training:
        runs = _many(len(training), "part runs", "parts run")
        told.append(f"{runs} in train mode only: what is pruned is compared in train mode, too.")
    if never:
        rest = "what they may read stays whole" if facts.is_read_unseen else "they keep their shapes"
        told.append(
            f"Of {_many(len(never), 'part', 'parts')} the example reaches nothing in either mode; {rest}."
        )
    return Found(Grade.LIMIT if facts.is_read_unseen else Grade.NOTE, " ".join(told), tuple(evidence))


def trial(facts: Facts) -> Found:
    """What came of pruning it by half."""
    tried = facts.trial
    if tried is None:
        return Found(Grade.UNKNOWN, "Nothing was tried: no channel of it may go.")
    if tried.fault:
        return Found(Grade.REFUSED, tried.fault, (), keeping(tried.keep) if tried.keep else None)
    plan = tried.plan
    evidence = (
        Fact("parameters", f"{plan.params_before:,} → {plan.params:,}"),
        Fact("MACs", f"{plan.macs_before:,} → {plan.macs:,}"),
    )
    told = (
        f"At ratio {plan.ratio:g} Torch-Pruning removed what was planned from a copy; it runs, and answers as the "
        "network does with the same channels silent."
    )
    return Found(Grade.FINE, told, evidence)


KINDS: Mapping[str, Callable[[Facts], Found]] = {  # in the order in which they are shown
    "coverage": coverage,
    "output layers": output_layers,
    "walls": walls,
    "left whole": left_whole,
    "tied weights": tied_weights,
    "parts that only training uses": training_parts,
    "number type": number_type,
    "MAC counters": mac_counters,
    "trial": trial,
}


def _of_group(group: TracedGroup, why: str, facts: Facts) -> Fact:
    return Fact(facts.root(group), f"{group.channels} channels. {why[:1].upper()}{why[1:].rstrip('.')}.")


def _part(path: str, part: nn.Module, when: str) -> Fact:
    return Fact(path, f"{type(part).__name__}, {_params(total_params(part))}; {when}")


def _apart(name: str, facts: Facts) -> str:
    """Why a layer is not in the graph, where that is known."""
    if _within(name, facts.idle):
        return "; does not run on the example"
    owner = _within(name, facts.bound)
    return f"; part of '{owner}', which works its weight out of others" if owner else ""


def _within(name: str, paths: Iterable[str]) -> str:
    return next((path for path in paths if name == path or name.startswith(f"{path}.")), "")


def _params(number: int) -> str:
    return _many(number, "parameter", "parameters")


def _many(number: int, one: str, several: str) -> str:
    return f"{number:,} {one if number == 1 else several}"
