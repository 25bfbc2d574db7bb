"""The script in ``torch.nn.utils.prune``'s own API that masks as planned."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from explorer.backends.native.planner import NativePlanner
from explorer.backends.native.torch_prune import ORDER, dim_of
from explorer.backends.scripts import Script, literal
from explorer.backends.slots import Slot
from explorer.values import Amount, MaskPlan, NativeOptions, Pattern, WeightCriterion

TOLD = "the library ranks the weights"


def scripts(planner: NativePlanner, plan: MaskPlan) -> tuple[Script, ...]:
    """The one script that there is of a plan."""
    return (Script("from torch.nn.utils import prune", "\n".join(_body(planner, plan)), TOLD),)


def _body(planner: NativePlanner, plan: MaskPlan) -> Iterator[str]:
    order, options = planner.order(plan.amount), planner.options
    if order.pool:
        yield f"POOL = {literal([(slot.layer, slot.parameter) for slot in order.pool])}  # ranked together"
        yield f"AMOUNT = {order.pool_amount!r}"
    if order.single:
        rows = [_row(planner, slot, amount) for slot, amount in order.single]
        yield f"MASKED = {literal(rows)}  # {', '.join(_columns(options))}"
    yield "\n\ndef pruned(net):"
    if options.criterion is WeightCriterion.RANDOM:
        yield f"    torch.manual_seed({options.seed})"
    if options.pattern is Pattern.UNSTRUCTURED and not _in_rows(planner):
        yield "    for parameter in net.parameters():  # the library fails on weights laid out as channels_last"
        yield "        parameter.data = parameter.data.contiguous()"
    yield from _pool(options) if order.pool else ()
    yield from _single(options) if order.single else ()
    yield "    return net"


def _row(planner: NativePlanner, slot: Slot, amount: Amount) -> tuple[Any, ...]:
    row = (slot.layer, slot.parameter, amount)
    if planner.options.pattern is Pattern.UNSTRUCTURED:
        return row
    return (*row, dim_of(planner.net.module.get_submodule(slot.layer), planner.options))


def _columns(options: NativeOptions) -> tuple[str, ...]:
    columns = ("layer", "parameter", "amount")
    return columns if options.pattern is Pattern.UNSTRUCTURED else (*columns, "dim")


def _pool(options: NativeOptions) -> Iterator[str]:
    method = "L1Unstructured" if options.criterion is WeightCriterion.L1 else "RandomUnstructured"
    yield "    pool = [(net.get_submodule(path), parameter) for path, parameter in POOL]"
    yield f"    prune.global_unstructured(pool, prune.{method}, amount=AMOUNT)"
    yield "    for layer, parameter in pool:"
    yield "        prune.remove(layer, parameter)  # the zeros stay, the masks go"


def _single(options: NativeOptions) -> Iterator[str]:
    columns = ["path", *_columns(options)[1:]]
    yield f"    for {', '.join(columns)} in MASKED:"
    yield "        layer = net.get_submodule(path)"
    yield f"        prune.{_call(options)}"
    yield "        prune.remove(layer, parameter)  # the zeros stay, the mask goes"


def _call(options: NativeOptions) -> str:
    random = options.criterion is WeightCriterion.RANDOM
    if options.pattern is Pattern.UNSTRUCTURED:
        return f"{'random' if random else 'l1'}_unstructured(layer, parameter, amount=amount)"
    if random:
        return "random_structured(layer, parameter, amount=amount, dim=dim)"
    norm = ORDER[options.criterion]
    number = 'float("inf")' if norm == float("inf") else repr(norm)
    return f"ln_structured(layer, parameter, amount=amount, n={number}, dim=dim)"


def _in_rows(planner: NativePlanner) -> bool:
    return all(planner.net.module.get_parameter(slot.name).is_contiguous() for slot in planner.slots)
