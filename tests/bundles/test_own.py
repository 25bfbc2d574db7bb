"""A network of one's own leaves with what builds it: its single file, or the name of an installed package."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import pytest

import explorer
from explorer.bundles.dense import dense_of
from explorer.bundles.taking import code_of
from explorer.exports.bundle import write_folder
from explorer.sources.own import copies, of_hf, of_timm
from explorer.values.own import Own
from tests.helpers.bundles import run_elsewhere, unchecked
from tests.helpers.own import NET, SMALL, TWO, tell


@pytest.mark.large
def test_scripts_of_ones_own_file_run_where_the_explorer_is_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "net.py").write_text(SMALL)  # of the name that scripts give the network
    tell(monkeypatch, tmp_path, "--model ./net.py:build --input 1,3,9,9")
    net = explorer.load("net.py:build")
    planner = explorer.planner(net)
    plan = planner.plan(0.5)
    pruned = planner.sketch(plan)
    made = unchecked(planner, plan, pruned)
    assert made["net.py"].decode() == SMALL
    assert made.notes == ()
    folder = write_folder(made, tmp_path / "net.pruned")
    from safetensors.torch import load_file, save_file

    save_file({"example": net.example_input}, f"{folder}.example")
    run_elsewhere([folder], tmp_path)
    answers, expected = load_file(f"{folder}.answers"), pruned(net.example_input)
    assert all((one - expected).abs().max() <= 1e-6 for one in answers.values())


@pytest.mark.parametrize("helper", ["import parts", "from parts import one", "from .parts import one"])
def test_a_file_that_needs_others_is_handed_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, helper: str
) -> None:
    (tmp_path / "parts.py").write_text("one = 1")
    (tmp_path / "net.py").write_text(SMALL.replace("return Small()", f"{helper}\n    return Small()"))
    tell(monkeypatch, tmp_path, "--model ./net.py:Small --input 1,3,9,9")
    net = explorer.load("net.py:Small")
    assert dense_of(net).code is None
    planner = explorer.planner(net)
    plan = planner.plan(0.5)
    assert "Return your own network here" in code_of(dense_of(net), planner, plan)
    assert any("is your own" in note for note in unchecked(planner, plan, planner.sketch(plan)).notes)


@pytest.mark.parametrize(
    "file, module",
    [("net.py", "net"), ("load.py", "own_load"), ("my-net.py", "own_my_net"), ("math.py", "own_math")],
)
def test_a_copy_has_a_name_that_nothing_else_has(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, file: str, module: str
) -> None:
    (tmp_path / file).write_text(NET)
    tell(monkeypatch, tmp_path, TWO.replace("net.py", file))
    found = copies.code_of(f"./{file}:build")
    assert found is not None
    assert (found.imports, found.build, [*found.files]) == (
        f"import {module} as own_code", "net = own_code.build()", [f"{module}.py"]
    )  # fmt: skip


def test_what_is_installed_is_imported_by_its_name(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    tell(monkeypatch, tmp_path, "--model timm:resnet18")
    assert (
        of_timm.code_of(Own("timm:resnet18", "timm:resnet18")).build == "net = timm.create_model('resnet18')"
    )
    found = copies.code_of("torch.nn:Identity")
    assert found is not None
    assert found.build == "net = torch.nn.Identity()"
    assert found.files == {}


def test_the_configuration_of_a_transformers_network_goes_along(monkeypatch: pytest.MonkeyPatch) -> None:
    class Bert: ...

    config = SimpleNamespace(architectures=["Bert"], to_json_string=lambda: "{}")
    known = SimpleNamespace(
        AutoConfig=SimpleNamespace(from_pretrained=lambda *_, **__: config), AutoModel=object, Bert=Bert
    )
    monkeypatch.setattr(of_hf, "library", lambda *_: known)
    monkeypatch.setattr(of_hf, "_place", lambda _: "folder")
    found = of_hf.code_of(Own("hf:bert", "hf:bert"))
    assert found.build.startswith(
        "net = transformers.Bert(transformers.AutoConfig.from_pretrained(Path(__file__)"
    )
    assert found.files == {"config.json": "{}"}
