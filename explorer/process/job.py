"""One job: its state, which its thread writes and pages read."""

from __future__ import annotations

import secrets
from dataclasses import replace
from threading import Lock
from time import monotonic

from explorer.process.engine import EngineSettings
from explorer.process.frames import Request
from explorer.values import JobState, JobStatus, Progress

ALONE = "Waiting for another timed run to finish: two at once would spoil each other's times"


class Job:
    """One run. Its thread writes the state; pages read it, which also keeps it alive."""

    def __init__(
        self, request: Request, settings: EngineSettings, timeout: float, abandoned: float, timed: bool
    ) -> None:
        self.id = secrets.token_urlsafe(9)  # goes into links: nobody guesses another's run
        self.request = request
        self.settings = settings
        self.timeout = timeout
        self.timed = timed
        self.cancelled = False
        self._abandoned = abandoned
        self._asked = monotonic()
        self._started: float | None = None
        self._ended: float | None = None
        self._state = JobState.QUEUED
        self._progress = Progress(None, ALONE if timed else "Waiting for another run to finish")
        self._result: object = None
        self._error = ""
        self._lock = Lock()

    def wanted(self) -> bool:
        """Whether the run should go on: nobody cancelled it, and somebody still looks."""
        return not self.cancelled and monotonic() - self._asked < self._abandoned

    def status(self) -> JobStatus:
        """Where it stands."""
        with self._lock:
            self._asked = monotonic()
            return JobStatus(self.id, self._state, self._progress, self._seconds(), self._result, self._error)

    def _seconds(self) -> float:
        if self._started is None:
            return 0.0
        return (self._ended or monotonic()) - self._started

    def begin(self) -> None:
        """It left the queue."""
        with self._lock:
            self._state, self._started = JobState.RUNNING, monotonic()
            self._progress = Progress(None, "Starting")

    def report(self, progress: Progress) -> None:
        """Keep the latest progress."""
        with self._lock:
            self._progress = progress

    def end(self, state: JobState, result: object = None, error: str = "") -> None:
        """It is over."""
        with self._lock:
            self._state, self._result, self._error = state, result, error
            self._ended = monotonic()
            if state is JobState.DONE:
                self._progress = replace(self._progress, fraction=1.0)

    def end_unwanted(self) -> None:
        """It is over because nobody wants it."""
        by_nobody = f"Nobody looked at this run for {self._abandoned:g} s, so it was stopped."
        self.end(JobState.CANCELLED, error="The run was cancelled." if self.cancelled else by_nobody)

    @property
    def over(self) -> bool:
        """Whether it ended, however."""
        return self._ended is not None
