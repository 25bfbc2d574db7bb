"""Networks of transformers by their name on the hub, from a hub on this machine: safetensors, and never code."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
import torch

from explorer import sources
from explorer.sources import own as mine
from explorer.values.errors import DownloadError, NetworkError
from tests.helpers.hub import Hub, hub
from tests.helpers.own import saved_bert, spec, tell

BERT = spec("hf:bert")


@pytest.fixture
def served(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Hub]:
    """A hub with a folder `org` for repositories, of which the app is started with `org/bert`."""
    (tmp_path / "hub" / "org").mkdir(parents=True)
    tell(monkeypatch, tmp_path, "--model hf:org/bert")
    with hub(monkeypatch, tmp_path / "hub", tmp_path / "cache") as found:
        yield found


def reconfigured(folder: Path, **changes: object) -> None:
    config = folder / "config.json"
    config.write_text(json.dumps(json.loads(config.read_text()) | changes))


def test_a_name_on_the_hub_is_downloaded_once_and_is_the_network_that_was_put_there(served: Hub) -> None:
    bert = saved_bert(served.folder / "org")
    assert mine.needs_download(BERT)
    found = sources.load_spec(BERT).module.state_dict()
    assert {name: tensor.tolist() for name, tensor in found.items()} == {
        name: tensor.tolist() for name, tensor in bert.state_dict().items()
    }
    assert not mine.needs_download(BERT)
    served.asked.clear()
    sources.load_spec(BERT)
    assert not any("resolve" in path for path in served.asked)


def test_what_the_hub_has_pickled_is_neither_read_nor_given_to_a_service_that_converts_it(
    served: Hub,
) -> None:
    bert = saved_bert(served.folder / "org")
    folder = served.folder / "org" / "bert"
    (folder / "model.safetensors").unlink()
    torch.save(bert.state_dict(), folder / "pytorch_model.bin")
    with pytest.raises(
        NetworkError, match=r"^'org/bert' holds no weights in safetensors; pickled ones can hold"
    ):
        sources.load_spec(BERT)
    assert {path.rpartition("/")[2] for path in served.asked if "resolve" in path} == {
        "config.json", "model.safetensors", "model.safetensors.index.json",
    }  # fmt: skip
    assert not any("commits" in path for path in served.asked)  # of the pull request that would be opened


@pytest.mark.parametrize(
    "changes",
    [
        {"model_type": "evil", "auto_map": {"AutoConfig": "evil.Config", "AutoModel": "evil.Net"}},
        {"architectures": ["Net"], "auto_map": {"AutoModel": "evil.Net"}},
    ],
)
def test_code_on_the_hub_is_never_fetched(served: Hub, changes: dict[str, object]) -> None:
    saved_bert(served.folder / "org")
    folder = served.folder / "org" / "bert"
    reconfigured(folder, **changes)
    (folder / "evil.py").write_text("raise SystemExit('this ran')")
    with pytest.raises(
        NetworkError, match=r"^'org/bert' asks for code of its own \(auto_map in config\.json\)"
    ):
        sources.load_spec(BERT)
    assert not any("evil" in path for path in served.asked)


def test_code_is_not_needed_for_a_class_that_transformers_has(served: Hub) -> None:
    saved_bert(served.folder / "org")
    reconfigured(served.folder / "org" / "bert", auto_map={"AutoModel": "theirs.BertModel"})
    assert type(sources.load_spec(BERT).module).__module__ == "transformers.models.bert.modeling_bert"


def test_a_name_that_the_hub_does_not_have_is_told(served: Hub) -> None:
    with pytest.raises(
        DownloadError, match=r"^'hf:bert' cannot be loaded from org/bert: .*not a valid model ident"
    ):
        sources.load_spec(BERT)
