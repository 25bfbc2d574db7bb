"""Cut this process off from the network: SparseML and what it brings are old, and have no business there."""

from __future__ import annotations

import sys

CALLS = ("socket.connect", "socket.getaddrinfo", "socket.gethostbyname", "socket.sendto", "socket.sendmsg")
attempts: list[str] = []  # what was tried


def stay_offline() -> None:
    """Refuse every connection from here on; it cannot be undone."""
    sys.addaudithook(_refuse)


def _refuse(event: str, arguments: tuple[object, ...]) -> None:
    if event in CALLS:
        attempts.append(f"{event} {arguments}")
        raise PermissionError("this process may not use the network")
