"""YOLO from its yaml, with random weights. Its licence (AGPL) keeps it to tests."""

from __future__ import annotations

from functools import partial
from importlib import import_module

from torch import nn

from tests.helpers.packages import image
from tests.sweep.case import Case

_NAMES = (
    "yolov3-tiny yolov5n yolov6n yolov8n yolov8n-seg yolov8n-pose yolov8n-cls yolov9t yolov10n yolo11n yolo11n-cls "
    "yolo11n-obb yolo12n"
)


def _made(name: str) -> nn.Module:
    module: nn.Module = import_module("ultralytics").YOLO(f"{name}.yaml").model
    return module


CASES = {f"ultralytics {name}": Case(partial(_made, name), image(64)) for name in _NAMES.split()}
