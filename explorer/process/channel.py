"""The server's end of the socket to one engine: every wait has a deadline and can be called off."""

from __future__ import annotations

import socket
from collections.abc import Callable
from contextlib import suppress
from time import monotonic

from explorer.process.frames import Reply, Request, pack, unpack
from explorer.values.errors import CancelledError

GLANCE = 0.2  # seconds between two looks at whether the answer is still wanted


class Channel:
    """Sends requests and receives replies; deadlines are readings of ``time.monotonic``."""

    def __init__(self, ours: socket.socket) -> None:
        self._socket = ours

    def close(self) -> None:
        """Hang up, which the engine takes for the end of the server."""
        self._socket.close()

    def send(self, request: Request, deadline: float) -> None:
        """Hand a request over; TimeoutError at the deadline."""
        self._socket.settimeout(max(deadline - monotonic(), 0.001))
        self._socket.sendall(pack(request))

    def receive(self, deadline: float, wanted: Callable[[], bool]) -> Reply:
        """The next reply.

        Raises:
            TimeoutError: at the deadline.
            EOFError: if the engine is gone.
            CancelledError: if `wanted` returned False.
            pickle.UnpicklingError: if the reply holds anything but plain values.
        """

        def exactly(count: int) -> bytearray:
            data = bytearray(count)
            view = memoryview(data)
            while view:
                view = view[self._some(view, deadline, wanted) :]
            return data

        reply: Reply = unpack(exactly)
        return reply

    def _some(self, view: memoryview, deadline: float, wanted: Callable[[], bool]) -> int:
        """Read what is there, at least one byte."""
        while (left := deadline - monotonic()) > 0:
            if not wanted():  # asked first: progress may come without a pause
                raise CancelledError("The run was cancelled.")
            self._socket.settimeout(min(left, GLANCE))
            with suppress(TimeoutError):
                if count := self._socket.recv_into(view):
                    return count
                raise EOFError
        raise TimeoutError
