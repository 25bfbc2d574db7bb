"""Findings about the network itself: its weights, its costs, its parts, and what came of pruning it."""

from __future__ import annotations

from collections import Counter

from torch import nn

from explorer.anatomy.bound import tied
from explorer.anatomy.counting import flop_counter_reading, total_params
from explorer.anatomy.soundness import in_single
from explorer.backends.depgraph.torch_pruning import counter_reading
from explorer.studies.check.facts import Facts
from explorer.studies.check.found import Found, counted, params_in_words
from explorer.studies.check.remedies import keeping
from explorer.values.check import Fact, Grade
from explorer.words.formats import count, shape


def tied_weights(facts: Facts) -> Found:
    """Weights that several layers have in common."""
    found = list(tied(facts.net.module))
    if not found:
        return Found(Grade.FINE, "No two layers share a weight.")
    weights = dict(facts.net.module.named_parameters(remove_duplicate=False))
    evidence = tuple(Fact(" = ".join(names), shape(tuple(weights[names[0]].shape))) for _, names in found)
    told = f"{counted(len(found), 'weight belongs', 'weights belong')} to several layers: no cut for one of them alone."
    return Found(Grade.LIMIT, told, evidence)


def number_type(facts: Facts) -> Found:
    """What numbers the parameters are, and where they lie."""
    module = facts.net.module
    counts: Counter[str] = Counter()
    for parameter in module.parameters():
        where = "" if parameter.device.type == "cpu" else f" on {parameter.device}"
        counts[str(parameter.dtype).removeprefix("torch.") + where] += parameter.numel()
    evidence = tuple(Fact(kind, params_in_words(number)) for kind, number in counts.most_common())
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
        return Found(Grade.FINE, f"Both other counters agree on {count(macs)} MACs.", evidence)
    differ = f"{len(other)} of {len(readings)} other counters differ{'s' if len(other) == 1 else ''}"
    return Found(Grade.NOTE, f"{differ} from {macs:,} MACs; the reason is known.", evidence)


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
        runs = counted(len(training), "part runs", "parts run")
        told.append(f"{runs} in train mode only, so pruned copies are compared in train mode, too.")
    if never:
        rest = "what they may read stays whole" if facts.is_read_unseen else "they keep their shapes"
        told.append(
            f"The example input does not reach {counted(len(never), 'part', 'parts')} in either mode; {rest}."
        )
    return Found(Grade.LIMIT if facts.is_read_unseen else Grade.NOTE, " ".join(told), tuple(evidence))


def trial(facts: Facts) -> Found:
    """What came of pruning it by half."""
    tried = facts.trial
    if tried is None:
        return Found(Grade.UNKNOWN, "Nothing was tried: no channel can be removed.")
    if tried.fault:
        return Found(Grade.REFUSED, tried.fault, (), keeping(tried.keep) if tried.keep else None)
    plan = tried.plan
    evidence = (
        Fact("parameters", f"{plan.params_before:,} → {plan.params:,}"),
        Fact("MACs", f"{plan.macs_before:,} → {plan.macs:,}"),
    )
    told = (
        f"At ratio {plan.ratio:g}, Torch-Pruning removed exactly what was planned from a copy; the copy runs and gives "
        "the same outputs as the network with these channels silenced."
    )
    return Found(Grade.FINE, told, evidence)


def _part(path: str, part: nn.Module, when: str) -> Fact:
    return Fact(path, f"{type(part).__name__}, {params_in_words(total_params(part))}; {when}")
