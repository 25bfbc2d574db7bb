"""A plan as one JSON object: what files, the command line and other programs read."""

from __future__ import annotations

import json
from typing import Any

from explorer.values import Plan


def plan_object(plan: Plan) -> dict[str, Any]:
    """Every figure of a plan; `layers` holds the width of each layer that has one, before and after."""
    return {
        "ratio": plan.ratio,
        "params": plan.params,
        "nonzero": plan.nonzero,
        "macs": plan.macs,
        "effective_macs": plan.effective_macs,
        "bytes": plan.bytes,
        "dense": {
            "params": plan.params_before,
            "nonzero": sum(plan.dense.nonzero),
            "macs": plan.macs_before,
            "effective_macs": plan.effective_macs_before,
            "bytes": plan.bytes_before,
        },
        "layers": {row.name: [row.width_before, row.width] for row in plan.layers if row.width_before},
        "estimate": plan.estimate,
        "warnings": list(plan.warnings),
    }


def text(plan: Plan) -> str:
    """The same as text."""
    return json.dumps(plan_object(plan), indent=2) + "\n"
