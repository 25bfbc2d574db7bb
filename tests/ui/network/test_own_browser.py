"""The app started with a network of each kind: picked, pruned, looked at; and a file changed on disk is read anew."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from PIL import Image
from playwright.sync_api import Locator, Page, expect
from safetensors.torch import save_file
from torch import nn

from explorer.sources import vision
from explorer.words import formats
from tests.helpers.browsing import PATIENCE, metric, slider
from tests.helpers.drawings import box, classes
from tests.helpers.own import NET, TWO, saved_bert
from tests.helpers.paths import ROOT
from tests.helpers.running import RunningApp, streamlit_server

pytestmark = pytest.mark.browser

PICTURES = "--classes 3 --input 1,3,64,64 --data imagefolder:pets"


@dataclass(frozen=True)
class Kind:
    """One way to name a network, and what the app shows of it."""

    name: str
    flags: str
    build: Callable[[Path], nn.Module]  # by its library, with whatever files the flags name
    weights: str
    judged: str
    layer: str  # that is in a group


def resnet(folder: Path) -> nn.Module:
    """A small network of timm for three classes."""
    vision.torchvision()  # which timm imports as well, and would alone not find beside a CPU-only torch
    from timm import create_model

    module: nn.Module = create_model("test_resnet", num_classes=3)
    return module


def squeezenet(folder: Path) -> nn.Module:
    """A network of torchvision for three classes, with its weights in a file."""
    module: nn.Module = vision.torchvision().models.squeezenet1_1(num_classes=3)
    save_file(module.state_dict(), folder / "pets.safetensors")
    return module


KINDS = (
    Kind(
        "timm:test_resnet",
        f"--model timm:test_resnet {PICTURES}",
        resnet,
        "random",
        "Agreement on the own inputs",
        "conv1.0",
    ),
    Kind(
        "hf:bert",
        "--model hf:bert",
        saved_bert,
        "own",
        "Agreement on the random inputs",
        "encoder.layer.0.intermediate.dense",
    ),
    Kind(
        "torchvision:squeezenet1_1",
        f"--model torchvision:squeezenet1_1 --checkpoint pets.safetensors {PICTURES}",
        squeezenet,
        "own",
        "Accuracy on the test images",
        "features.0",
    ),
)


def params(width: int) -> int:
    """Parameters of `NET`: two convolutions and a norm, two linear layers beside them, two after their sum."""
    return (27 + 1) * width + 2 * width + (9 * width + 1) * 24 + 11 * 32 + 33 * 24 + 25 * 1 + 25 * 5


@pytest.fixture
def dense(tmp_path: Path) -> dict[str, int]:
    """Parameters of each kind's network, by its library; writes the files that the flags name."""
    built = {kind.name: kind.build(tmp_path) for kind in KINDS}
    return {name: sum(one.numel() for one in module.parameters()) for name, module in built.items()}


@pytest.fixture
def own_app(tmp_path: Path, dense: dict[str, int]) -> Iterator[RunningApp]:
    (tmp_path / "net.py").write_text(NET)
    for name, level in {"ant": 20, "bee": 120, "cow": 220}.items():
        (tmp_path / "pets" / name).mkdir(parents=True)
        for place in range(5):
            Image.new("RGB", (70, 80), (level + place,) * 3).save(tmp_path / "pets" / name / f"{place}.png")
    flags = " ".join([TWO, *(kind.flags for kind in KINDS)]).split()
    with streamlit_server(("explorer", *flags), folder=tmp_path, PYTHONPATH=str(ROOT)) as app:
        yield app


def shown_params(page: Page) -> Locator:
    return page.locator(".plan-figure").filter(has=page.locator(".label", has_text="Parameters"))


def pick(page: Page, name: str) -> None:
    """In the picker beside every page."""
    picker = page.get_by_role("combobox", name="Network", exact=True)
    picker.fill(name)
    page.get_by_role("option", name=name, exact=True).click(timeout=PATIENCE)


def move_and_apply(page: Page, name: str, weights: str, dense: int, judged: str) -> None:
    """On the pruning page: move the slider, see the figures follow, prune for real and be told how well it does."""
    expect(shown_params(page)).to_contain_text(f"of {formats.count(dense)}", timeout=PATIENCE)
    page.locator("[data-test-script-state=notRunning]").wait_for(
        timeout=PATIENCE
    )  # the last page is gone by then
    expect(page.get_by_role("slider", name="Pruning ratio")).to_have_count(1, timeout=PATIENCE)
    before = metric(page, "Parameters").inner_text()
    slider(page).fill("0.5" if float(slider(page).input_value()) > 0.6 else "0.7")
    expect(metric(page, "Parameters")).not_to_have_text(before, timeout=PATIENCE)
    page.get_by_role("button", name="Apply with Torch-Pruning").click(timeout=PATIENCE)
    done = f"Results match the current settings: {name} with {weights} weights"
    expect(page.get_by_text(done)).to_be_visible(timeout=PATIENCE)
    expect(page.get_by_text("Plan = library.")).to_be_visible(timeout=PATIENCE)
    expect(page.get_by_text(judged)).to_be_visible(timeout=PATIENCE)


@pytest.mark.timeout(400)
def test_networks_of_every_kind_are_shown_pruned_and_read_anew(
    own_app: RunningApp, page: Page, tmp_path: Path, dense: dict[str, int]
) -> None:
    page.goto(f"{own_app.url}/?network=evil.py:build")
    expect(page.get_by_text("“evil.py:build”, which this server was not started with")).to_be_visible(
        timeout=PATIENCE
    )
    expect(page.get_by_role("heading", name="net.py:build")).to_be_visible(timeout=PATIENCE)
    expect(page.get_by_text("Input {picture: 1×3×16×16, facts: 1×10}")).to_be_visible(timeout=PATIENCE)
    expect(metric(page, "Parameters")).to_contain_text(formats.count(params(16)), timeout=PATIENCE)
    net = tmp_path / "net.py"
    net.write_text(net.read_text().replace("width=16", "width=40"))
    page.get_by_role("button", name="Reload").click()
    expect(metric(page, "Parameters")).to_contain_text(formats.count(params(40)), timeout=PATIENCE)
    page.get_by_role("link", name="DepGraph pruning").click()
    move_and_apply(page, "net.py:build", "own", params(40), "Agreement on the random inputs")
    for kind in KINDS:
        pick(page, kind.name)
        move_and_apply(page, kind.name, kind.weights, dense[kind.name], kind.judged)
    page.get_by_role("link", name="Dependency graph").click()
    for kind in reversed(KINDS):  # from the one that is picked
        if kind is not KINDS[-1]:
            pick(page, kind.name)
        box(page, kind.layer).click(timeout=PATIENCE)
        expect(box(page, kind.layer)).to_have_class(classes("out"), timeout=PATIENCE)
        expect(page).to_have_url(re.compile(r"group=\d"), timeout=PATIENCE)
