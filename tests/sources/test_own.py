"""Networks of one's own, named on the command line: how each kind comes in, and what is said where one cannot."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import torch

from explorer import sources
from explorer.anatomy.inputs import described
from explorer.anatomy.network import Network
from explorer.sources import own as mine
from explorer.sources.own import suggestions
from explorer.values import NetworkSpec, Weights
from explorer.values.errors import DownloadError, NetworkError, UnknownNameError
from tests.helpers.own import NET, TWO, saved_bert, spec, tell

Tell = Callable[[str], None]


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Tell:
    """Says what the app is started with, in a folder with `net.py`."""
    (tmp_path / "net.py").write_text(NET)
    monkeypatch.setattr(sys, "path", [*sys.path])
    return lambda flags: tell(monkeypatch, tmp_path, flags)


def loaded(name: str = "net.py:build") -> Network:
    return sources.load_spec(spec(name))


def code(folder: Path, text: str) -> None:
    (folder / "net.py").write_text(text)


def test_a_function_of_a_file_gives_network_and_input(told: Tell) -> None:
    told(TWO)
    net = loaded()
    assert described(net.example_input) == "{picture: 1×3×16×16, facts: 1×10}"
    assert not net.module.training
    assert net.data is None


def test_every_process_builds_the_same_network(told: Tell, tmp_path: Path) -> None:
    code(
        tmp_path,
        "import random, numpy as np, torch\nfrom torch import nn\n"
        "def build():\n    net = nn.Linear(4, 3)\n"
        "    net.bias.data[:] = torch.tensor([random.random(), np.random.rand(), 0.0])\n    return net\n",
    )
    told("--model ./net.py:build")
    before = loaded().identity
    torch.rand(3), __import__("random").random()
    assert loaded().identity == before


def test_relative_files_and_neighbouring_modules_are_found(told: Tell, tmp_path: Path) -> None:
    (tmp_path / "sizes.txt").write_text("5")
    (tmp_path / "neighbour_of_net.py").write_text("WIDTH = 7")
    code(
        tmp_path,
        "from neighbour_of_net import WIDTH\nfrom torch import nn\n"
        "def build(): return nn.Linear(WIDTH, int(open('sizes.txt').read()))\n",
    )
    told("--model ./net.py:build")
    assert loaded().module.weight.shape == (5, 7)


def test_a_module_of_a_package_is_found_where_the_app_was_started(told: Tell, tmp_path: Path) -> None:
    (tmp_path / "package_of_mine").mkdir()
    (tmp_path / "package_of_mine" / "models.py").write_text("from torch import nn\nnet = nn.Linear(6, 2)\n")
    told("--model package_of_mine.models:net")
    assert described(loaded("package_of_mine.models:net").example_input) == "1×6"


@pytest.mark.parametrize(
    ("layers", "found"),
    [
        ("nn.Conv2d(3, 4, 3)", "1×3×224×224"),
        ("nn.Conv2d(1, 4, 28), nn.Flatten(), nn.Linear(4, 2)", "1×1×28×28"),
        ("nn.Conv3d(1, 4, 3)", "1×1×32×32×32"),
        ("nn.Linear(9, 4)", "1×9"),
        ("nn.Linear(9, 4, dtype=torch.bfloat16)", "1×9"),
        ("nn.Embedding(50, 8), nn.Linear(8, 4)", "1×16"),
    ],
)
def test_without_an_input_the_first_layer_says_what_fits(
    told: Tell, tmp_path: Path, layers: str, found: str
) -> None:
    code(tmp_path, f"import torch\nfrom torch import nn\ndef build(): return nn.Sequential({layers})")
    told("--model ./net.py:build")
    assert described(loaded().example_input) == found


def test_sizes_are_filled_with_ids_where_the_network_reads_ids(told: Tell, tmp_path: Path) -> None:
    code(
        tmp_path,
        "from torch import nn\ndef build(): return nn.Sequential(nn.Embedding(3, 8), nn.Linear(8, 4))",
    )
    told("--model ./net.py:build --input 2,5")
    assert loaded().example_input.dtype is torch.int64


CODE = {"architectures": ["Net"], "auto_map": {"AutoModel": "evil.Net"}}
RAISES = "from torch import nn\n\ndef build():\n    raise ValueError('no such width')\n"
BAD_FORWARD = (
    "import torch\nfrom torch import nn\nclass Net(nn.Linear):\n    def forward(self, x):\n"
    "        return self.missing(x)\ndef build(): return Net(3, 2)\n"
)


@pytest.mark.parametrize(
    ("text", "flags", "sentence"),
    [
        (RAISES, "", r"Building 'net\.py:build' failed with ValueError: no such width \(net\.py, line 4\)\."),
        ("import sys\ndef build(): sys.exit(3)", "", r"failed with SystemExit: 3 \(net\.py, line 2\)\."),
        ("def build(:", "", r"Reading '\./net\.py' failed with SyntaxError: [^()]* \(net\.py, line 1\)\. Correct it"),
        ("from . import blocks", "", r"imports what lies beside it relatively, .* name it so: .*\.net:function"),
        ("import not_installed", "", r"ModuleNotFoundError: No module named 'not_installed' \(net\.py, line 1\)"),
        ("def biuld(): ...", "", r"'\./net\.py' has no 'build'\. Did you mean biuld\?"),
        ("def build(width): ...", "", r"'\./net\.py:build' is called without arguments, .* missing a .*: 'width'"),
        ("build = lambda: dict", "", r"gives the class dict, which is no torch\.nn\.Module"),
        ("def build(): return 3", "", r"'\./net\.py:build' gives int, which is no torch\.nn\.Module"),
        ("from torch import nn\ndef build(): return nn.ReLU()", "", r"has no weights, so there is nothing to prune"),
        (NET, "", r"No example input was given for 'net\.py:build', and none that was tried works\. .*--input"),
        (NET, "--input 1,3,16,16", r"missing 1 required positional argument: 'facts'"),
        (NET, "--input 100000,100000", r"is 1e\+10 numbers, and 1e\+09 are drawn at most"),
        (NET, "--input picture", r"--input must be sizes from 1 or a function, got 'picture'"),
        (NET, "--input 0,3,16,16", r"--input must be sizes from 1 or a function, got '0,3,16,16'"),
        (NET, "--input ./net.py:example --metric score", r"^'score' names no function\. Write package"),
        (NET, "--input ./net.py:gone", r"'\./net\.py' has no 'gone'"),
        (BAD_FORWARD, "--input 1,3", r"no attribute 'missing'.* It was raised in net\.py, line 5\."),
    ],
)  # fmt: skip
def test_what_goes_wrong_is_told_with_the_persons_own_error_and_line(
    told: Tell, tmp_path: Path, text: str, flags: str, sentence: str
) -> None:
    code(tmp_path, text)
    told(f"--model ./net.py:build {flags}")
    with pytest.raises(NetworkError, match=sentence):
        loaded()


@pytest.mark.parametrize(
    ("model", "sentence"),
    [
        ("./gone.py:build", r"There is no file '.*gone\.py'\."),
        (
            "nowhere.models:build",
            r"There is no module 'nowhere\.models': 'nowhere' is neither installed nor in",
        ),
        ("torchvision:resnt18", r"torchvision has no network 'resnt18'\. Did you mean resnet18"),
        ("timm:resnt", r"timm has no network 'resnt'\. Did you mean resn"),
        ("hf:./gone", r"There is no folder '.*gone'\."),
    ],
)
def test_what_does_not_exist_is_named(told: Tell, model: str, sentence: str) -> None:
    told(f"--model {model}")
    with pytest.raises((NetworkError, UnknownNameError), match=sentence):
        sources.load_spec(NetworkSpec(mine.catalog()[0].name, mine.catalog()[0].weights[0]))


def test_a_missing_library_is_named_with_its_installation(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "timm", None)
    with pytest.raises(
        NetworkError, match=r"^--model timm:a needs timm, which .*Run `pip install timm`, then press"
    ):
        suggestions.library("timm", "timm:a")


def test_timm_knows_its_networks_and_their_pictures(told: Tell) -> None:
    told("--model timm:resnet10t --classes 3")
    net = sources.load_spec(NetworkSpec("timm:resnet10t", Weights.RANDOM))
    assert described(net.example_input) == "1×3×176×176"
    assert net.module.get_parameter("fc.weight").shape == (3, 512)


def test_a_folder_of_transformers_comes_with_its_weights(told: Tell, tmp_path: Path) -> None:
    bert = saved_bert(tmp_path)
    told("--model hf:bert")
    net = loaded("hf:bert")
    assert described(net.example_input) == "{input_ids: 1×16}"
    own = net.module.state_dict()
    assert all(torch.equal(own[name], tensor) for name, tensor in bert.state_dict().items())


def test_a_hub_that_is_out_of_reach_is_told_in_a_sentence(
    told: Tell, monkeypatch: pytest.MonkeyPatch
) -> None:
    from transformers import AutoConfig

    def unreachable(*_: object, **__: object) -> None:
        raise OSError("We couldn't connect to the hub.")

    monkeypatch.setattr(AutoConfig, "from_pretrained", unreachable)
    told("--model hf:org/bert")
    with pytest.raises(
        DownloadError, match=r"couldn't connect to the hub\. It takes a connection to the hub, a"
    ):
        loaded("hf:bert")


def test_code_beside_weights_and_pickled_weights_are_refused(told: Tell, tmp_path: Path) -> None:
    saved_bert(tmp_path)
    config = tmp_path / "bert" / "config.json"
    config.write_text(json.dumps(json.loads(config.read_text()) | CODE))
    told("--model hf:bert")
    with pytest.raises(NetworkError, match=r"asks for code of its own \(auto_map in config\.json\)"):
        loaded("hf:bert")
    (tmp_path / "bert" / "model.safetensors").rename(tmp_path / "bert" / "pytorch_model.bin")
    with pytest.raises(NetworkError, match=r"holds no weights in safetensors; pickled ones can hold code"):
        loaded("hf:bert")
