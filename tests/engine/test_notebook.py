"""The app on a module whose class a notebook's cell defines, in a real Jupyter kernel."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from urllib.request import urlopen

import nbformat
import psutil
import pytest
from nbclient import NotebookClient

from explorer import sources
from explorer.values import own
from tests.helpers.own import spec
from tests.helpers.paths import ROOT
from tests.helpers.processes import gone, until

CLASS = """
import json, os
import torch
from torch import nn
import explorer
from explorer.engine import cell

class InACell(nn.Module):
    def __init__(self):
        super().__init__()
        self.first, self.second = nn.Linear(6, 12), nn.Linear(12, 3)

    def forward(self, x):
        return self.second(self.first(x).relu())
"""
SHOW = """
session = explorer.show(InACell(), torch.randn(1, 6), browse=False)
session.wait()
print(json.dumps([session.url, session._app.pid, str(session._folder), cell.is_notebook()]))
"""
BELOW = "cell.show_below(session.url)"


@pytest.mark.large
def test_a_class_of_a_cell_reaches_the_app_which_ends_with_the_kernel(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    kernels = tmp_path / "kernels" / "python3"
    kernels.mkdir(parents=True)
    command = [sys.executable, "-m", "ipykernel_launcher", "-f", "{connection_file}"]
    (kernels / "kernel.json").write_text(
        json.dumps({"argv": command, "display_name": "x", "language": "python"})
    )
    monkeypatch.setenv("JUPYTER_PATH", str(tmp_path))
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    book = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(text) for text in (CLASS, SHOW, BELOW)])
    client = NotebookClient(book, timeout=90, resources={"metadata": {"path": str(tmp_path)}})
    with client.setup_kernel():
        for number, one in enumerate(book.cells):
            client.execute_cell(one, number)
        url, server, folder, is_notebook = json.loads(book.cells[1].outputs[0].text)
        with urlopen(f"{url}/_stcore/health", timeout=5) as answer:
            assert answer.status == 200
        assert is_notebook
        assert f'src = "{url}"' in book.cells[2].outputs[0].data["text/html"]
        monkeypatch.setenv(own.VARIABLE, own.as_text([own.Own("InACell", f"handed:{folder}")], tmp_path))
        assert sources.load_spec(spec("InACell")).module.get_submodule("first").in_features == 6
        assert psutil.pid_exists(server)
    assert until(lambda: gone(server), 20)
    assert until(lambda: not Path(folder).exists(), 5)
