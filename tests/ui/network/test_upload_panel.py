"""Weights from a file on the Network page: hostile ones end in a sentence, good ones are used on every page."""

from __future__ import annotations

import io
import pickle
import struct
from collections.abc import Iterable

import pytest
from safetensors.torch import save
from streamlit.testing.v1 import AppTest

from explorer import engine
from explorer.sources.bundled import build_trained
from tests.helpers.pages import metric, open_app
from tests.helpers.processes import gone

NAME = "digits-cnn"


def greedy() -> bytes:
    """A state dict as torch wrote it before 1.6, whose one storage claims 4 TB."""

    class Claim:
        def __reduce__(self) -> tuple[object, ...]:
            import torch

            return torch._utils._rebuild_tensor, (Storage(), 0, (1 << 40,), (1,))

    class Storage:
        pass

    class Pickler(pickle.Pickler):
        def persistent_id(self, found: object) -> object:
            import torch

            claimed = ("storage", torch.FloatStorage, "0", "cpu", 1 << 40, None)
            return claimed if isinstance(found, Storage) else None

    out = io.BytesIO()
    for part in (0x1950A86A20F9469CFC6C, 1001, {"little_endian": True}):
        pickle.dump(part, out, protocol=2)
    Pickler(out, protocol=2).dump({"x": Claim()})
    pickle.dump(["0"], out, protocol=2)
    return out.getvalue() + struct.pack("<q", 1 << 40)


def upload(app: AppTest, name: str, data: bytes) -> AppTest:
    return app.file_uploader[0].set_value((name, data, "application/octet-stream")).run()


def running(pids: Iterable[int]) -> set[int]:
    """Those of them that do; one that an earlier test ended keeps its number until it is asked again."""
    return {pid for pid in pids if not gone(pid)}


@pytest.mark.large
def test_a_file_that_eats_memory_ends_alone_and_one_that_fits_is_used_on_every_page() -> None:
    app = open_app(network=NAME)
    ours, accuracy = running(engine.pool().pids), metric(app, "Accuracy")
    upload(app, "greedy.pt", greedy())
    (error,) = app.error
    assert (
        "Reading the file 'greedy.pt' needed more memory than the process that reads uploads may use"
        in error.value
    )
    state = build_trained(NAME).state_dict()
    upload(app, "<b>.safetensors", save({f"module.{name}": tensor for name, tensor in state.items()}))
    (error,) = app.error
    assert "\\<b\\>.safetensors** does not fit digits-cnn, so nothing was loaded" in error.value
    assert app.radio(key="weights").options == ["trained", "random"]
    next(button for button in app.button if button.label.startswith("Strip “module.”")).click().run()
    assert (app.radio(key="weights").value, app.error.values) == ("uploaded", [])
    assert f"{len(state)} tensors" in app.success[0].value
    assert metric(app, "Accuracy") == accuracy
    assert app.switch_page("pages/depgraph_pruning.py").run().radio(key="weights").value == "uploaded"
    assert not app.error
    assert ours <= running(engine.pool().pids)
    id = app.query_params["upload"]
    assert open_app(network=NAME, weights="uploaded", upload=id).radio(key="weights").value == "uploaded"


def test_a_link_to_weights_that_this_server_lacks_says_so() -> None:
    app = open_app(network=NAME, weights="uploaded", upload="gone")
    (warning,) = app.warning
    assert "names uploaded weights of digits-cnn that this server does not have" in warning.value
    assert app.radio(key="weights").value == "trained"
    assert "upload" not in app.query_params


def test_another_session_has_none_of_them() -> None:
    assert open_app(network=NAME).radio(key="weights").options == ["trained", "random"]
