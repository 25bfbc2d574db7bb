"""Commands that take a network on name its files and inputs, and warn of widths that do not suit a tool."""

from __future__ import annotations

import ast
import shlex

import explorer
from explorer.backends import backend_of
from explorer.exports.onward import onward, readme

FILES = ("model.onnx", "model.pt2")
INPUTS = {"x": (1, 1, 8, 8)}


def test_commands_name_the_inputs_and_are_whole() -> None:
    plan = explorer.planner(explorer.load("digits-cnn"), round_to=8).plan(0.5)
    ways = {way.tool: way for way in onward(backend_of("depgraph"), plan, INPUTS, FILES)}
    assert [*ways] == ["TensorRT", "OpenVINO", "ExecuTorch", "Core ML"]
    assert "--minShapes=x:1x1x8x8 --optShapes=x:8x1x8x8 --maxShapes=x:32x1x8x8" in ways["TensorRT"].command
    for tool in ("ExecuTorch", "Core ML"):
        python, flag, code = shlex.split(ways[tool].command)
        assert (python, flag) == ("python", "-c")
        ast.parse(code)
    assert ways["TensorRT"].warning == ""
    widths = {
        row.name: row.width
        for row in plan.layers
        if row.type != "BatchNorm2d" and row.width < row.width_before
    }
    odd = sum(width % 32 > 0 for width in widths.values())
    assert f"{odd} of {len(widths)} narrowed layers" in ways["Core ML"].warning
    assert "Plan them with --round-to 32." in ways["Core ML"].warning


def test_only_files_that_were_written_are_taken_on() -> None:
    plan = explorer.planner(explorer.load("digits-cnn"), "native").plan(0.5)
    ways = onward(backend_of("native"), plan, {}, FILES[:1])
    assert [way.tool for way in ways] == ["OpenVINO"]
    assert (
        ways[0].warning == "The zeros are ordinary numbers to OpenVINO, unless it is told to look for them."
    )
    assert "ovc model.onnx --output_model model.xml" in readme("net", ways)
    assert "Take it on" not in readme("net", ())
