"""A hub of networks on this machine, as huggingface_hub finds files on it, in the place of the real one."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from tests.helpers.serving import running

COMMIT = "0" * 40
TOLD = json.dumps({"id": "it", "sha": COMMIT, "private": False}).encode()
PATH = re.compile(r"/(?:api/models/)?(\w+/\w+)(?:/revision/\w+|/resolve/\w+/(.+))?")


class Hub(ThreadingHTTPServer):
    """Serves ``/org/name/resolve/main/file`` out of folders ``org/name``, and says that each is there."""

    daemon_threads = True

    def __init__(self, folder: Path) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.folder = folder
        self.asked = set[str]()  # paths, whatever came of it


class Handler(BaseHTTPRequestHandler):
    server: Hub

    def do_HEAD(self) -> None:
        self.answer()

    def do_GET(self) -> None:
        self.wfile.write(self.answer())

    def answer(self) -> bytes:
        """Send the head; returns the content, or nothing where there is no such file."""
        self.server.asked.add(self.path)
        named = PATH.fullmatch(self.path)
        repository, file = named.groups() if named else ("no/where", None)
        folder = self.server.folder / repository
        is_there = (folder / (file or "")).exists()
        content = b"" if not is_there else (folder / file).read_bytes() if file else TOLD
        self.send_response(200 if is_there else 404)
        if not is_there:
            self.send_header("X-Error-Code", "EntryNotFound" if folder.is_dir() else "RepoNotFound")
        self.send_header("X-Repo-Commit", COMMIT)
        self.send_header("ETag", f'"{hashlib.sha256(content).hexdigest()}"')
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        return content

    def log_message(self, *args: object) -> None: ...


@contextmanager
def hub(monkeypatch: pytest.MonkeyPatch, folder: Path, cache: Path) -> Iterator[Hub]:
    """Have this process take networks from folders, and keep them in a cache of its own."""
    from huggingface_hub import constants

    server = Hub(folder)
    here = f"http://127.0.0.1:{server.server_port}"
    monkeypatch.setattr(constants, "ENDPOINT", here)
    monkeypatch.setattr(
        constants, "HUGGINGFACE_CO_URL_TEMPLATE", here + "/{repo_id}/resolve/{revision}/{filename}"
    )
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(cache))
    with running(server):
        yield server
