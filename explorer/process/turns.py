"""First come, first served: a lock that lets its waiters in by order of arrival."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from threading import Event, Lock
from time import monotonic

GLANCE = 0.2  # seconds between two looks at whether the turn is still wanted


class WaitingLine:
    """At most `places` callers at once; the others wait in a queue."""

    def __init__(self, places: int = 1) -> None:
        self._lock = Lock()
        self._free = places
        self._queue: deque[Event] = deque()
        self._taken = 0

    @property
    def load(self) -> int:
        """How many callers are in or wait."""
        return self._taken + len(self._queue)

    def take(self, wanted: Callable[[], bool]) -> bool:
        """Wait for a place for as long as it is `wanted`; True if it was got, and must be given back."""
        ticket = Event()
        with self._lock:
            self._queue.append(ticket)
            self._admit()
        while not ticket.wait(GLANCE):
            if not wanted() and self._withdraw(ticket):
                return False
        return True

    def give_back(self) -> None:
        """Let the next one in."""
        with self._lock:
            self._free += 1
            self._taken -= 1
            self._admit()

    def _admit(self) -> None:
        while self._free and self._queue:
            self._free -= 1
            self._taken += 1
            self._queue.popleft().set()

    def _withdraw(self, ticket: Event) -> bool:
        """Leave the queue; False if the ticket was admitted meanwhile."""
        with self._lock:
            if ticket.is_set():
                return False
            self._queue.remove(ticket)
            return True


def for_seconds(seconds: float) -> Callable[[], bool]:
    """A `wanted` that stays true for that long."""
    deadline = monotonic() + seconds
    return lambda: monotonic() < deadline
