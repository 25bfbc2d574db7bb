"""What pruning buys on a GPU: dense beside zeros, removed channels and 2:4 kernels, measured in turns."""

from __future__ import annotations

import copy
import sys
from collections.abc import Callable

import torch
from torch import Tensor, nn
from torch.nn.utils import prune
from torch.sparse import to_sparse_semi_structured

from explorer import sources
from explorer.anatomy.network import Network
from explorer.backends.bench import Bench
from explorer.backends.depgraph.planner import DepGraphPlanner
from explorer.measuring.timing import Turns
from explorer.values import ChannelOptions, Timing

NETWORKS = ("resnet18", "resnet50", "mobilenet_v2", "vgg16_bn", "vit_b_16")
BATCHES = (1, 64, 512)
RATIO = 0.5


def main() -> None:
    """Print one row a network and batch; half precision, channels last, ratio 0.5."""
    if not torch.cuda.is_available():
        sys.exit("No GPU here: this benchmark measures one.")
    print(f"\n{torch.cuda.get_device_name()}, torch {torch.__version__}, fp16, medians with 95 % intervals")
    print("| network | batch | dense ms | zeros | channels removed | MACs | 2:4 kernels on linear layers |")
    print("|---|---|---|---|---|---|---|")
    for name in NETWORKS:
        net = sources.load(name)
        planner = DepGraphPlanner(Bench(net), ChannelOptions(round_to=8))
        plan = planner.plan(RATIO)
        variants = {"dense": net.module, "zeros": _zeroed(net), "removed": planner.apply(plan)}
        if any(_takes_two_of_four(layer) for layer in net.module.modules()):
            variants["2:4"] = net.module
        for batch in BATCHES:
            print(_row(net, variants, batch, plan.macs_before / plan.macs), flush=True)


def _row(net: Network, variants: dict[str, nn.Module], batch: int, theory: float) -> str:
    images = torch.randn(batch, *net.example_input.shape[1:], device="cuda", dtype=torch.half)
    runs = {name: _on_gpu(module, images, name == "2:4") for name, module in variants.items()}
    found = Turns(runs, seconds=8.0, most=200).times()
    dense = found.pop("dense")
    speed = [
        f"{_faster(dense, found[name])}" if name in found else "–" for name in ("zeros", "removed", "2:4")
    ]
    own = f"{dense.median * 1e3:.2f} ({dense.low * 1e3:.2f}–{dense.high * 1e3:.2f})"
    return f"| {net.name} | {batch} | {own} | {speed[0]} | {speed[1]} | {theory:.1f}× fewer | {speed[2]} |"


def _faster(dense: Timing, other: Timing) -> str:
    """Speed-up, with the widest range that both intervals allow."""
    return f"{dense.median / other.median:.2f}× ({dense.low / other.high:.2f}–{dense.high / other.low:.2f})"


def _zeroed(net: Network) -> nn.Module:
    """Half of every weight zero, masks made permanent."""
    module = copy.deepcopy(net.module)
    for layer in module.modules():
        if isinstance(layer, (nn.Conv2d, nn.Linear)):
            prune.remove(prune.l1_unstructured(layer, "weight", amount=RATIO), "weight")
    return module


def _on_gpu(module: nn.Module, images: Tensor, two_of_four: bool) -> Callable[[], None]:
    halved = copy.deepcopy(module).eval().half()
    ready: nn.Module = halved.to("cuda", memory_format=torch.channels_last)  # type: ignore[call-overload]
    if two_of_four:
        _keep_two_of_four(ready)

    @torch.inference_mode()
    def run() -> None:
        ready(images)
        torch.cuda.synchronize()

    return run


def _takes_two_of_four(layer: nn.Module) -> bool:
    """Shapes that torch's semi-structured kernels take; attention's own projection hides its linear layer."""
    return type(layer) is nn.Linear and layer.in_features % 64 == 0 and layer.out_features % 32 == 0


@torch.no_grad()
def _keep_two_of_four(module: nn.Module) -> None:
    """Zero the two smallest of every four weights in a row, and store what is left as the kernels want it."""
    for layer in module.modules():
        if _takes_two_of_four(layer):
            weight = layer.weight
            assert isinstance(weight, Tensor)
            fours = weight.reshape(-1, 4)
            kept = torch.zeros_like(fours, dtype=torch.bool).scatter_(
                1, fours.abs().topk(2, dim=1).indices, True
            )
            sparse = to_sparse_semi_structured((fours * kept).reshape(weight.shape))
            layer.weight = nn.Parameter(sparse, requires_grad=False)
