"""Commands that hand a pruned network to other tools, and whether its widths suit them. Printed, never run."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence

from explorer.backends import Backend
from explorer.values import Plan
from explorer.values.bundle import Onward

ONNX, PROGRAM = "model.onnx", "model.pt2"
BATCHES = (1, 8, 32)  # least, usual and most that TensorRT is to be fast at
_LOADED = "import torch; program = torch.export.load('model.pt2')"
_EXECUTORCH = (
    "from executorch.backends.xnnpack.partition.xnnpack_partitioner import XnnpackPartitioner; "
    "from executorch.exir import to_edge_transform_and_lower; "
    "made = to_edge_transform_and_lower(program, partitioner=[XnnpackPartitioner()]).to_executorch(); "
    "open('model.pte', 'wb').write(made.buffer)"
)
_COREML = "import coremltools; coremltools.convert(program.run_decompositions({})).save('model.mlpackage')"
# Channels that one step of a tool's fast kernels takes: half precision on tensor cores (NVIDIA, Deep Learning
# Performance Guide), 16 floats of AVX-512 in oneDNN's blocked layout, 8 in XNNPACK's, and 64 bytes of half precision on
# the neural engine (Apple, Deploying Transformers on the Apple Neural Engine).
_STEPS = {"TensorRT": 8, "OpenVINO": 16, "ExecuTorch": 8, "Core ML": 32}


def onward(
    known: Backend, plan: Plan, inputs: Mapping[str, Sequence[int]], files: Collection[str]
) -> tuple[Onward, ...]:
    """A command for each tool whose file there is.

    Args:
        known: the library that pruned.
        plan: what is left.
        inputs: shapes of the ONNX file's inputs by their names.
        files: that were written.
    """
    narrowed = {row.name: row.width for row in plan.layers if row.macs and row.width < row.width_before}
    ways = [(tool, command) for tool, file, command in _commands(inputs) if file in files]
    return tuple(
        Onward(tool, command, _warning(tool, narrowed) if known.removes else _zeros(tool))
        for tool, command in ways
    )


def _commands(inputs: Mapping[str, Sequence[int]]) -> Iterator[tuple[str, str, str]]:
    """Tool, the file that it takes, and the command."""
    if inputs:
        shapes = (
            f" --{which}Shapes={','.join(_shape(name, batch, sizes) for name, sizes in inputs.items())}"
            for which, batch in zip(("min", "opt", "max"), BATCHES, strict=True)
        )
        yield "TensorRT", ONNX, f"trtexec --onnx={ONNX} --saveEngine=model.plan --fp16{''.join(shapes)}"
    yield "OpenVINO", ONNX, f"ovc {ONNX} --output_model model.xml"
    yield "ExecuTorch", PROGRAM, f'python -c "{_LOADED}; {_EXECUTORCH}"'
    yield "Core ML", PROGRAM, f'python -c "{_LOADED}; {_COREML}"'


def _shape(name: str, batch: int, sizes: Sequence[int]) -> str:
    return f"{name}:{'x'.join(map(str, (batch, *sizes[1:])))}"


def _warning(tool: str, narrowed: Mapping[str, int]) -> str:
    step = _STEPS[tool]
    odd = [f"{name} ({width})" for name, width in narrowed.items() if width % step]
    if not odd:
        return ""
    some = ", ".join(odd[:3]) + (" …" if len(odd) > 3 else "")
    return (
        f"Widths that are no multiple of {step} may cost {tool} speed: {len(odd)} of {len(narrowed)} narrowed layers, "
        f"such as {some}. Plan them with --round-to {step}."
    )


def _zeros(tool: str) -> str:
    return f"The zeros are ordinary numbers to {tool}, unless it is told to look for them."


def readme(name: str, ways: Sequence[Onward]) -> str:
    """What lies in the folder, and how it goes on."""
    parts = [
        f"# {name}, pruned",
        "`load.py` rebuilds the network (`load()`), `prune.py` makes it anew from the dense one in the library's own "
        "API, and `report.html` tells what came of it. Neither script needs the explorer.",
    ]
    if ways:
        parts.append(
            "## Take it on\n\nNobody has run these commands; each needs its tool, and is given in this folder."
        )
    for way in ways:
        parts.append(f"**{way.tool}**\n\n```bash\n{way.command}\n```")
        parts += [way.warning] if way.warning else []
    return "\n\n".join(parts) + "\n"
