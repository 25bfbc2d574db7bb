"""What the flags of one's own networks mean."""

from __future__ import annotations

from pathlib import Path

import pytest

from explorer import cli, commands
from explorer.values import own
from explorer.values.errors import FlagError
from explorer.values.own import Own


def test_every_flag_belongs_to_the_model_before_it() -> None:
    flags = "--model ./a/net.py:build --input 1,3,8,8 --metric ./a/net.py:score --model timm:resnet18 --data npz:x.npz"
    assert own.parsed(flags.split()) == (
        Own("net.py:build", "./a/net.py:build", input="1,3,8,8", metric="./a/net.py:score"),
        Own("timm:resnet18", "timm:resnet18", data="npz:x.npz"),
    )


def test_a_flag_and_its_value_may_be_one_word() -> None:
    assert own.parsed(["--model=torchvision:resnet18", "--checkpoint=w.safetensors"]) == (
        Own("torchvision:resnet18", "torchvision:resnet18", checkpoint="w.safetensors"),
    )


@pytest.mark.parametrize(
    ("model", "name", "kind", "target"),
    [
        ("timm:convnext_tiny", "timm:convnext_tiny", "timm", "convnext_tiny"),
        ("torchvision:resnet50", "torchvision:resnet50", "torchvision", "resnet50"),
        ("hf:google-bert/bert-base-uncased", "hf:bert-base-uncased", "hf", "google-bert/bert-base-uncased"),
        ("hf:./nets/mine/", "hf:mine", "hf", "./nets/mine/"),
        ("package.models:build", "package.models:build", "code", "package.models:build"),
        ("/somewhere/net.py:build", "net.py:build", "code", "/somewhere/net.py:build"),
    ],
)
def test_each_form_has_a_short_name(model: str, name: str, kind: str, target: str) -> None:
    (found,) = own.parsed(["--model", model])
    assert (found.name, found.kind, found.target) == (name, kind, target)


def test_networks_of_one_name_are_numbered() -> None:
    flags = [word for folder in "abc" for word in ("--model", f"{folder}/net.py:build")]
    assert [one.name for one in own.parsed(flags)] == ["net.py:build", "net.py:build (2)", "net.py:build (3)"]


@pytest.mark.parametrize(
    ("flags", "sentence"),
    [
        ("--input 1,3,8,8 --model timm:a", r"^--input 1,3,8,8 stands before any --model"),
        (
            "--model timm:a --data x:y --data z:y",
            r"^--data is given twice for --model timm:a: 'x:y' and 'z:y'\.",
        ),
        (
            "--model",
            r"^--model needs a value behind it, got nothing\. Write e\.g\. --model \./net\.py:build\.$",
        ),
        ("--model --input 1,3", r"^--model needs a value behind it, got '--input'"),
        ("--model=", r"^--model needs a value behind it, got nothing"),
        ("--model resnet18", r"^--model must be timm:NAME, .*, got 'resnet18'"),
        ("--model timm:", r"got 'timm:'"),
        ("--model net.py", r"got 'net\.py'"),
        ("--model net.py:a.b", r"got 'net\.py:a\.b'"),
        ("--model ./net:build", r"got '\./net:build'"),
        (
            "--model timm:a --strip module.",
            r"^--strip module\. takes something off .*, and --model timm:a has none",
        ),
        ("--model timm:a --classes 1", r"^--classes must be a whole number from 2, got '1'\."),
        ("--model timm:a --classes three", r"^--classes must be a whole number from 2, got 'three'\."),
        (
            "--model n.py:b --classes 3",
            r"^--classes 3 belongs to networks of timm and torchvision, and --model n",
        ),
    ],
)
def test_flags_that_mean_nothing_are_refused_in_a_sentence(flags: str, sentence: str) -> None:
    with pytest.raises(FlagError, match=sentence):
        own.parsed(flags.split())


def test_what_was_parsed_is_found_by_processes_started_from_here(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv(own.VARIABLE, "{}")
    assert own.networks() == ()
    told = own.remember(["--model", "net.py:build", "--input", "1,3"], tmp_path)
    assert own.networks() == told
    assert own.folder() == tmp_path
    assert own.own("net.py:build") == told[0]
    assert own.own("other.py:build") is None


def test_flags_of_ones_own_scripts_are_none_of_ours(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(own.VARIABLE, raising=False)
    monkeypatch.setattr("sys.argv", ["train.py", "--model", "timm:resnet18"])
    assert own.networks() == ()


def test_our_flags_are_kept_from_streamlit() -> None:
    flags = "--server.port 8600 --model net.py:build --tables=a:BACKENDS --theme.base=dark --input=1,3"
    assert own.split(flags.split()) == (
        ["--server.port", "8600", "--theme.base=dark"],
        ["--model", "net.py:build", "--tables", "a:BACKENDS", "--input", "1,3"],
    )


def test_a_mistyped_command_starts_no_server(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="^2$"):
        cli.main(["prun", "--model", "a:b"])
    assert "Unknown command 'prun'. Known: plan, prune, " in capsys.readouterr().err


def test_help_tells_of_this_command_and_not_of_the_one_that_serves_its_pages(
    capsys: pytest.CaptureFixture[str],
) -> None:
    cli.main(["--model", "a:b", "--help"])
    told = capsys.readouterr().out
    assert all(f"  {name} " in told for name in (*commands.NAMES, *own.FLAGS))
    assert "Run a Python script" not in told


def test_the_command_ends_with_the_sentence() -> None:
    with pytest.raises(SystemExit, match=r"^--metric a:b stands before any --model"):
        cli.main(["--metric", "a:b"])
