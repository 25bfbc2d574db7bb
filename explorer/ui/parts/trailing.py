"""What a pruned copy does, measured while its slider moves: beside the page, so that its counts never wait for it."""

from __future__ import annotations

import logging
from concurrent.futures import Future, ThreadPoolExecutor, TimeoutError
from dataclasses import dataclass
from typing import Any, Generic, NamedTuple, Protocol, TypeVar

import streamlit as st

from explorer.engine import trailing_pool
from explorer.ui.parts.live_slider import Again
from explorer.values import Asked, LiveAccuracy
from explorer.values.errors import ExplorerError

LONGEST = 2.0  # seconds of a measurement beyond which the next one is left until the slider rests
QUICK = 0.1  # the same up to which a redraw waits for it, until another process takes over
GLANCE = 0.03  # seconds that a redraw waits for that process, in which the browser draws the counts
PAUSE = 0.2  # the same where the slider did not move on, or was let go where it is being measured

log = logging.getLogger(__name__)

_HANDS = ThreadPoolExecutor(4, thread_name_prefix="trailing")


class Measured(Protocol):
    """What was found at one position."""

    @property
    def seconds(self) -> float:
        """That measuring took."""


F_co = TypeVar("F_co", bound=Measured, covariant=True)


class Measure(Protocol[F_co]):
    """A call that measures, where plans are made or beside; None: it cannot while somebody waits."""

    def __call__(self, *args: Any, **kwargs: Any) -> F_co | None: ...

    def beside(self, *args: Any, **kwargs: Any) -> F_co | None:
        """See `Call.beside`."""


class Position(NamedTuple, Generic[F_co]):
    """What is asked, and where its slider stands."""

    measure: Measure[F_co]
    asked: tuple[Any, ...]  # the call's arguments
    told: str  # the slider's value, as text
    moves: bool = False  # whether the slider is held, so that the next one is on its way
    patience: float = 0.0  # seconds that a redraw may wait for the position before


def told(amount: Asked | None) -> str:
    """How a slider writes its value; "" for what no slider asks."""
    return f"{amount:.2f}" if isinstance(amount, float) else ""


@dataclass(frozen=True)
class Followed(Generic[F_co]):
    """What is known when a page is drawn."""

    found: F_co | None  # None: it cannot be measured while somebody waits
    at: str = ""  # the position that was measured, where the slider moves
    again: Again = ""


Judged = Followed[LiveAccuracy]


def followed(name: str, subject: Any, position: Position[F_co]) -> Followed[F_co]:
    """What is found at a position; while its slider moves, that may be of a position before.

    Args:
        name: of the slider, or of what else is measured beside it.
        subject: what stays the same while the slider moves: other than that, nothing of before is shown.
        position: what is asked now.
    """
    trail: Trail = st.session_state.setdefault(f"trail_{name}", Trail())
    found = trail.follow(subject, position)
    trailing_pool()  # its process starts while the page is looked at
    return found


class Trail:
    """One session's measurements behind one slider: one at a time, always of the newest position."""

    def __init__(self) -> None:
        self._begin_with(None)

    def _begin_with(self, subject: Any) -> None:
        self._subject = subject
        self._before: Any = None  # what was asked last
        self._last: tuple[Position[Any], Any] | None = None
        self._known: dict[Any, Any] = {}  # by what was asked: at most each stop of a slider
        self._running: tuple[Position[Any], Future[Any]] | None = None
        self._is_late = False  # what runs is of a position before the last
        self._is_ready = False  # the first takes longer: a process is started, the network loaded and ranked
        self._failed = False  # what fails is asked for by the page itself, which says why

    def follow(self, subject: Any, position: Position[F_co]) -> Followed[F_co]:
        """See `followed`."""
        if subject != self._subject:
            self._begin_with(subject)
        rests, self._before = position.asked == self._before, position.asked
        if not position.moves or self._failed or self._last is None:
            if self._is_ready and self._running and self._running[0].asked == position.asked:
                self._collect(PAUSE)
            return self._here(position)
        if self._last[1].seconds > LONGEST:
            return self._shown(position, "release")
        if position.asked in self._known:
            self._last = position, self._known[position.asked]
            return self._shown(position, "release")
        patience = position.patience if self._is_ready else 0.0
        self._collect(PAUSE if rests else patience)
        if self._running is None and self._last[0].asked != position.asked:
            self._running = position, _HANDS.submit(position.measure.beside, *position.asked)
            self._is_late = False
        if not self._is_ready and self._last[1].seconds < QUICK:
            return self._here(position)
        self._collect(PAUSE if rests else GLANCE)
        return self._here(position) if self._failed else self._shown(position, "pause")

    def _collect(self, seconds: float) -> None:
        """Take what was measured; wait so long for it."""
        if self._running is None:
            return
        of, future = self._running
        try:
            found = future.result(seconds)
        except TimeoutError:
            return
        except ExplorerError as error:
            log.warning("Nothing is measured beside the page while its slider moves: %s", error)
            found = None
        self._running, self._is_ready, self._failed = None, True, found is None
        if found:
            self._known[of.asked] = found
        if found and not self._is_late:
            self._last = of, found

    def _here(self, position: Position[F_co]) -> Followed[F_co]:
        """Measured where plans are made: the slider was let go, or nothing else is known yet."""
        self._failed, self._is_late = self._failed and position.moves, True
        found = self._known.get(position.asked) or position.measure(*position.asked)
        self._last = (position, found) if found else None
        if found:
            self._known[position.asked] = found
        return self._shown(position, "release") if self._last else Followed(None)

    def _shown(self, position: Position[F_co], again: Again) -> Followed[F_co]:
        """What was measured last; while the slider moves, it is on its way, so the position is named."""
        assert self._last is not None
        of, found = self._last
        if not position.moves:
            return Followed(found)
        return Followed(found, of.told, "release" if of.asked == position.asked else again)
