"""What the Network page shows of one network: layers, totals, both counters, accuracy."""

from __future__ import annotations

import torch
from torch import Tensor

from explorer.anatomy.attention import attentions
from explorer.anatomy.copies import sharing
from explorer.anatomy.counting import flop_counter_reading, layer_rows, state_bytes, total_params
from explorer.anatomy.inputs import call, described
from explorer.anatomy.network import Network
from explorer.backends.depgraph.torch_pruning import counter_reading
from explorer.measuring.judging import judge_of, patient
from explorer.measuring.training import can_train
from explorer.sources import card
from explorer.values import NetworkSummary, Weights


def summarize(net: Network) -> NetworkSummary:
    """Count, run and evaluate a network once."""
    rows = layer_rows(net)
    macs = sum(row.macs for row in rows)
    judge = judge_of(net)
    with torch.no_grad():
        answers = call(sharing(net.module), net.example_input)
    scores = answers if isinstance(answers, Tensor) and answers.dim() == 2 else None
    own_card = card(net.name) if net.spec.weights is Weights.TRAINED and not net.spec.origin else None
    return NetworkSummary(
        spec=net.spec,
        input=described(net.example_input),
        output=described(answers),
        classes=scores.shape[1] if scores is not None else None,
        layers=rows,
        params=total_params(net.module),
        macs=macs,
        bytes=state_bytes(net.module),
        counters=(flop_counter_reading(net, macs), counter_reading(net.module, net.example_input, rows)),
        evaluation=patient(judge).evaluate(net.module) if judge else None,
        card=own_card,
        separable=any(found.adapter.separable for found in attentions(net.module)),
        labelled=net.judged_on is not None,
        trains=can_train(net),
        loss=net.loss.name if net.loss else "",
    )
