"""The scripts of a bundle make the same network where the explorer is not, for all libraries."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file, save_file

import explorer
from explorer.anatomy.inputs import answer
from explorer.anatomy.network import Network
from explorer.anatomy.rebuild import tensors
from explorer.bundles.checking import same
from explorer.exports.bundle import write_folder
from explorer.process import island
from tests.helpers.bundles import run_elsewhere, unchecked

pytestmark = pytest.mark.large

OWN = """
from torch import nn
net = nn.Sequential(
    nn.Conv2d(3, 16, 3), nn.GroupNorm(4, 16), nn.PReLU(16), nn.Conv2d(16, 32, 3, groups=4),
    nn.InstanceNorm2d(32, affine=True), nn.ConvTranspose2d(32, 16, 2), nn.Conv2d(16, 4, 1),
)
"""
CASES: dict[str, tuple[str, str, dict[str, Any], float]] = {
    "ranked": ("digits-mobilenet", "depgraph", {"scope": "global", "round_to": 4, "keep": ("stem",)}, 0.5),
    "heads": ("digits-vit", "depgraph", {}, 0.7),  # where the library mixes up LayerNorm
    "steps": ("digits-resnet", "depgraph", {"steps": 3, "criterion": "lamp"}, 0.6),
    "gradients": ("digits-cnn", "depgraph", {"criterion": "taylor", "max_ratio": 0.6}, 0.5),
    "own": (OWN, "depgraph", {"criterion": "l1"}, 0.5),  # every kind of layer by the library's own function
    "pool": ("digits-resnet", "native", {"scope": "global", "overrides": {"stem": 0.2}, "biases": True}, 0.5),
    "slices": ("digits-vit", "native", {"pattern": "structured", "criterion": "l2", "axis": "in"}, 0.4),
    "random": ("digits-cnn", "native", {"criterion": "random", "seed": 3}, 0.5),
}
SPARSE = {"recipe": ("digits-vit", "sparseml", {"modifier": "GlobalMagnitude"}, 0.7)}


def network(name: str) -> Network:
    """A network by name, or one of a person's own by its code."""
    if name != OWN:
        return explorer.load(name)
    held: dict[str, Any] = {}
    torch.manual_seed(0)
    exec(OWN, held)
    return explorer.wrap(held["net"], torch.randn(1, 3, 16, 16))


def check_elsewhere(
    cases: dict[str, tuple[str, str, dict[str, Any], float]], tmp_path: Path, *packages: str
) -> None:
    """Both scripts of each folder make what the library makes, to 1e-6."""
    networks, folders = {}, []
    for case, (name, library, options, ratio) in cases.items():
        net = network(name)
        planner = explorer.planner(net, library, **options)
        plan = planner.plan(ratio)
        # SparseML's own result is held against the sketch by the contract; a process each would take a minute.
        networks[case] = planner.sketch(plan) if library == "sparseml" else planner.apply(plan)
        made = unchecked(planner, plan, networks[case])
        assert made.failed == ()
        folders.append(write_folder(made, tmp_path / case))
        if name == OWN:
            Path(f"{folders[-1]}.code").write_text(OWN)
        save_file({"example": net.example_input}, f"{folders[-1]}.example")
    (elsewhere := tmp_path / "elsewhere").mkdir()
    run_elsewhere(folders, elsewhere, packages)
    for folder in folders:
        pruned = networks[folder.name]
        written, answers = load_file(folder / "pruned.safetensors"), load_file(f"{folder}.answers")
        assert {name: tensor.shape for name, tensor in written.items()} == {
            name: tensor.shape for name, tensor in pruned.state_dict().items()
        }, folder.name
        assert [
            name for name, tensor in tensors(pruned).items() if not torch.equal(written[name], tensor)
        ] == []
        (expected,) = answer(pruned, load_file(f"{folder}.example")["example"])
        assert same(expected, answers["pruned"]), folder.name
        assert same(expected, answers["loaded"]), folder.name


def test_scripts_make_the_same_network_where_the_explorer_is_not(tmp_path: Path) -> None:
    check_elsewhere(CASES, tmp_path)


@pytest.mark.skipif(bool(island.why_missing()), reason="SparseML is not set up")
def test_the_script_with_sparseml_makes_the_same_masks(tmp_path: Path) -> None:
    check_elsewhere(SPARSE, tmp_path, str(island.FOLDER))
