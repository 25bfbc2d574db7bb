"""Runs in a folder that was taken away, where the explorer is not: every file there that is to work does."""

import runpy
import sys
from pathlib import Path

import torch
from safetensors.torch import load_file
from torch import Tensor, nn

WEIGHTS, COMPRESSED, PROGRAM = "model.safetensors", "model.compressed.safetensors", "model.pt2"
TOLERANCE = 1e-4  # of a program's answer, relative to the largest output


def check(shape: list[int]) -> None:
    """Stop at the first file that makes another network; `shape` is that of an input."""
    weights = load_file(WEIGHTS)
    runpy.run_path("prune.py", run_name="__main__")
    _same(load_file("pruned.safetensors"), weights, "prune.py")
    net = _loaded(weights, WEIGHTS)
    _programs_answer(net, shape)
    if Path(COMPRESSED).exists():
        Path(WEIGHTS).rename("away")
        _loaded(weights, COMPRESSED)
        Path("away").rename(WEIGHTS)


def _loaded(weights: dict[str, Tensor], of: str) -> nn.Module:
    net: nn.Module = runpy.run_path("load.py")["load"]()
    _same(net.state_dict(), weights, f"load.py, of {of}")
    return net


def _programs_answer(net: nn.Module, shape: list[int]) -> None:
    runs = torch.export.load(PROGRAM).module()  # of our own making
    for batch in (1, 5):
        given = torch.randn(batch, *shape[1:])
        with torch.no_grad():
            expected = net(given)
            apart = (runs(given) - expected).abs().max() / expected.abs().max()
        assert apart <= TOLERANCE, f"{PROGRAM}: a batch of {batch} is answered with {apart:.1e} of difference"


def _same(found: dict[str, Tensor], expected: dict[str, Tensor], what: str) -> None:
    apart = [name for name, tensor in expected.items() if not torch.equal(found[name], tensor)]
    assert not apart, f"{what}: {apart[0]} differs"


if __name__ == "__main__":
    check([int(size) for size in sys.argv[1].split(",")])
    try:
        import explorer  # noqa: F401 - it must not be there
    except ImportError:
        sys.exit()
    sys.exit("the explorer is here")
