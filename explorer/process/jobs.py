"""Long runs: each in a process of its own, with progress, cancel, and an end when nobody looks any more."""

from __future__ import annotations

import logging
import secrets
from collections import OrderedDict
from dataclasses import replace
from threading import Lock, Thread
from time import monotonic
from typing import Any

from explorer.process.engine import EngineProcess, EngineSettings
from explorer.process.frames import Request
from explorer.process.turns import WaitingLine
from explorer.values import JobState, JobStatus, Progress
from explorer.values.errors import BusyError, CancelledError, ExplorerError, UnknownNameError

log = logging.getLogger(__name__)

AT_ONCE = 2
WAITING = 20  # each holds a thread, and with an hour a run, the last of more would wait all day
TIMEOUT = 3600.0  # seconds
ABANDONED = 60.0  # seconds without a question, long enough to reload a page
REMEDY = "Start the run again."
HISTORY = 50  # jobs that are over and still known


class Job:
    """One run. Its thread writes the state; pages read it, which also keeps it alive."""

    def __init__(self, request: Request, settings: EngineSettings, timeout: float, abandoned: float) -> None:
        self.id = secrets.token_urlsafe(9)  # goes into links: nobody guesses another's run
        self.request = request
        self.settings = settings
        self.timeout = timeout
        self.cancelled = False
        self._abandoned = abandoned
        self._asked = monotonic()
        self._started: float | None = None
        self._ended: float | None = None
        self._state = JobState.QUEUED
        self._progress = Progress(None, "Waiting for another run to finish")
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
        by_nobody = f"Nobody looked at this run for {self._abandoned:g} s, so it was stopped. Start it again."
        self.end(JobState.CANCELLED, error="The run was cancelled." if self.cancelled else by_nobody)

    @property
    def over(self) -> bool:
        """Whether it ended, however."""
        return self._ended is not None


class JobBoard:
    """All long runs of this server. Sessions and links name them by id, so they survive a reload.

    Args:
        settings: what each run's process is started with.
        at_once: how many run; the others wait in the order they came.
        waiting: how many may wait; one more is refused.
        timeout: seconds one run may take.
        abandoned: seconds without a call of `status` after which a run is cancelled.
    """

    def __init__(
        self,
        settings: EngineSettings | None = None,
        at_once: int = AT_ONCE,
        waiting: int = WAITING,
        timeout: float = TIMEOUT,
        abandoned: float = ABANDONED,
    ) -> None:
        self._settings = replace(settings or EngineSettings(), title="run's process", remedy=REMEDY)
        self._timeout = timeout
        self._abandoned = abandoned
        self._at_once = at_once
        self._waiting = waiting
        self._turns = WaitingLine(at_once)
        self._jobs: OrderedDict[str, Job] = OrderedDict()
        self._lock = Lock()

    def start(self, function: str, *args: Any, **kwargs: Any) -> str:
        """Queue a run of a public function of the engine; what it yields is its progress.

        Returns:
            The id to ask `status` with.

        Raises:
            BusyError: if so many runs wait already.
        """
        return self._start(self._settings, Request(function, args, kwargs))

    def start_in(self, settings: EngineSettings, function: str, *args: Any, doing: str = "") -> str:
        """Queue a run in a process of another kind; see `start`."""
        return self._start(replace(settings, remedy=REMEDY), Request(function, args, doing=doing))

    def _start(self, settings: EngineSettings, request: Request) -> str:
        job = Job(request, settings, self._timeout, self._abandoned)
        with self._lock:
            self._refuse_too_many()
            self._forget_oldest()
            self._jobs[job.id] = job
        Thread(target=self._run, args=(job,), name=f"job {job.id}", daemon=True).start()
        return job.id

    def status(self, job_id: str) -> JobStatus:
        """Where a run stands. Asking keeps it going.

        Raises:
            UnknownNameError: if this server knows no such run.
        """
        return self._job(job_id).status()

    def cancel(self, job_id: str) -> None:
        """Stop a run; its process is gone within a second or two. Does nothing to a run that is over.

        Raises:
            UnknownNameError: if this server knows no such run.
        """
        self._job(job_id).cancelled = True

    def _job(self, job_id: str) -> Job:
        job = self._jobs.get(job_id)
        if job is None:
            raise UnknownNameError(
                f"This server knows no run '{job_id}': it ended long ago, or the server was restarted. "
                "Start it again."
            )
        return job

    def _refuse_too_many(self) -> None:
        under_way = sum(not (job.over or job.cancelled) for job in self._jobs.values())
        if under_way >= self._at_once + self._waiting:
            raise BusyError(
                f"This server runs {self._at_once} at once and {self._waiting} more are waiting, all sessions "
                "together, so this run was not started. Wait until one has ended, or cancel one of yours, and start "
                "it again."
            )

    def _forget_oldest(self) -> None:
        over = [job.id for job in self._jobs.values() if job.over]
        for job_id in over[: max(0, len(over) - HISTORY + 1)]:
            del self._jobs[job_id]

    def _run(self, job: Job) -> None:
        """The life of one job, in its thread."""
        if not self._turns.take(job.wanted):
            job.end_unwanted()
            return
        try:
            job.begin()
            self._work(job)
        finally:
            self._turns.give_back()

    def _work(self, job: Job) -> None:
        try:
            job.end(JobState.DONE, self._result(job))
        except CancelledError:
            job.end_unwanted()
        except ExplorerError as error:
            job.end(JobState.FAILED, error=str(error))
        except Exception:
            log.exception("Run '%s' broke off", job.request.function)
            job.end(
                JobState.FAILED, error="The run broke off; the server's log has the details. Start it again."
            )

    def _result(self, job: Job) -> Any:
        process = EngineProcess(job.settings)
        try:
            return process.call(job.request, job.timeout, job.report, job.wanted)
        finally:
            process.stop()
