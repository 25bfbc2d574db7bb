"""Prune ultralytics' YOLOv8n with random weights, in a process of its own: ``python -m tests.helpers.yolo``.

Its licence (AGPL) keeps it to tests. `SILENT` keeps it from the network and from a person's settings.
"""

from __future__ import annotations

import json
from importlib import import_module

import torch

import explorer
from explorer import sources
from explorer.anatomy.counting import state_bytes, total_macs, total_params
from tests.helpers.packages import image
from tests.helpers.silent import disagreement

SILENT = {"YOLO_OFFLINE": "true", "YOLO_AUTOINSTALL": "false", "YOLO_VERBOSE": "false"}


def main() -> None:
    """Print what came of it as one line of JSON."""
    sources.catalog()  # makes torchvision importable beside a CPU-only torch
    torch.manual_seed(0)
    module = import_module("ultralytics").YOLO("yolov8n.yaml").model
    planner = explorer.planner(explorer.wrap(module, image(64)))
    plan = planner.plan(0.5)
    pruned = planner.apply(plan)
    found = {
        "groups": len(planner.ranked.groups),
        "left": {left.root: left.reason for left in planner.left_whole},
        "planned": [plan.params, plan.macs, plan.bytes],
        "counted": [total_params(pruned), total_macs(pruned, planner.net.example_input), state_bytes(pruned)],
        "dense": plan.params_before,
        "apart": disagreement(planner, 0.5),
    }
    print(json.dumps(found))


if __name__ == "__main__":
    main()
