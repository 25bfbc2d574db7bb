"""A server of files on this machine, which fails where it is asked to."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread


class Server(ThreadingHTTPServer):
    """Serves `files` by path; other paths fail in the way that they are named."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.files: dict[str, bytes] = {}
        self.requests = 0

    def url(self, name: str) -> str:
        return f"http://127.0.0.1:{self.server_port}/{name}"

    def put(self, content: bytes, digest: str | None = None) -> str:
        """Serve bytes under a name that announces their hash, as torch's files do, or a wrong one."""
        name = f"weights-{digest or hashlib.sha256(content).hexdigest()[:8]}.pth"
        self.files[f"/{name}"] = content
        return self.url(name)


class Handler(BaseHTTPRequestHandler):
    server: Server

    def do_GET(self) -> None:
        self.server.requests += 1
        if self.path == "/broken.pth":
            self.send_error(503)
        elif self.path == "/silent.pth":
            time.sleep(1)
        elif self.path == "/truncated.pth":
            self.answer(b"half", length=8)
        else:
            self.answer(self.server.files[self.path])

    def answer(self, content: bytes, length: int | None = None) -> None:
        self.send_response(200)
        self.send_header("Content-Length", str(length or len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *args: object) -> None: ...


@contextmanager
def serving() -> Iterator[Server]:
    """Serve while the block runs."""
    server = Server()
    with running(server):
        yield server


@contextmanager
def running(server: ThreadingHTTPServer) -> Iterator[None]:
    """Let a server answer while the block runs."""
    Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
    try:
        yield
    finally:
        server.shutdown()
        server.server_close()
