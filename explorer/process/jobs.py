"""Jobs: each in a process of its own, with progress, cancel, and an end when nobody looks any more."""

from __future__ import annotations

import logging
import secrets
from collections import OrderedDict
from contextlib import ExitStack
from dataclasses import replace
from threading import Lock, Thread
from typing import Any

from explorer.process.engine import EngineProcess, EngineSettings
from explorer.process.frames import Request
from explorer.process.job import Job
from explorer.process.keeping import Keeping, KeptJob
from explorer.process.turns import WaitingLine
from explorer.values import JobState, JobStatus
from explorer.values.errors import BusyError, CancelledError, ExplorerError, UnknownNameError

log = logging.getLogger(__name__)

AT_ONCE = 2
WAITING = 20  # each holds a thread, and with an hour a run, the last of more would wait all day
TIMEOUT = 3600.0  # seconds
ABANDONED = 60.0  # seconds without a question, long enough to reload a page
REMEDY = "Start the run again."
HISTORY = 50  # jobs that are over and still in memory
REMEMBERED = 200  # what so many jobs were started with


class JobBoard:
    """All jobs of this server. Sessions and links name them by id, so they survive a reload.

    Args:
        settings: what each run's process is started with.
        at_once: how many run; the others wait in the order they came.
        waiting: how many may wait; one more is refused.
        timeout: seconds one run may take.
        abandoned: seconds without a call of `status` after which a run is cancelled.
        keeping: where finished runs outlive this server; None: nowhere.
    """

    def __init__(
        self,
        settings: EngineSettings | None = None,
        at_once: int = AT_ONCE,
        waiting: int = WAITING,
        timeout: float = TIMEOUT,
        abandoned: float = ABANDONED,
        keeping: Keeping | None = None,
    ) -> None:
        self._settings = replace(settings or EngineSettings(), title="run's process", remedy=REMEDY)
        self._timeout = timeout
        self._abandoned = abandoned
        self._at_once = at_once
        self._waiting = waiting
        self._turns, self._timed = WaitingLine(at_once), WaitingLine()
        self._jobs: OrderedDict[str, Job] = OrderedDict()
        self._about: OrderedDict[str, object] = OrderedDict()
        self._earlier: OrderedDict[str, KeptJob] = OrderedDict()  # read from disk
        self._keeping = keeping
        self._name = secrets.token_urlsafe(9)  # tells this server's runs from those of earlier ones
        self._lock = Lock()

    def start(self, function: str, *args: Any, **kwargs: Any) -> str:
        """Queue a run of a public function of the engine; what it yields is its progress.

        Returns:
            The id to ask `status` with.

        Raises:
            BusyError: if so many runs wait already.
        """
        return self.begin(Request(function, args, kwargs))

    def begin(self, request: Request, settings: EngineSettings | None = None, timed: bool = False) -> str:
        """Queue a run; see `start`.

        Args:
            settings: of another kind of process; None: this board's own.
            timed: whether it takes times: two such runs at once would spoil each other's.
        """
        settings = replace(settings, remedy=REMEDY) if settings else self._settings
        job = Job(request, settings, self._timeout, self._abandoned, timed)
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
            FormatError: if the file of an earlier server's run is damaged.
        """
        job = self._jobs.get(job_id)
        return job.status() if job else self._kept(job_id).status

    def cancel(self, job_id: str) -> None:
        """Stop a run; its process is gone within a second or two. Does nothing to a run that is over.

        Raises:
            UnknownNameError: if this server knows no such run.
        """
        if job := self._jobs.get(job_id):
            job.cancelled = True
        else:
            self._kept(job_id)

    def keep(self, job_id: str, about: object) -> None:
        """Know what a run was started with, and keep both on disk once it is done."""
        self._about[job_id] = about
        _bound(self._about, REMEMBERED)
        if (job := self._jobs.get(job_id)) and job.over:
            self._write(job)

    def about(self, job_id: str) -> object:
        """What a run was started with; None for one that this server does not know."""
        if job_id in self._about:
            return self._about[job_id]
        try:
            return self._kept(job_id).about
        except ExplorerError:
            return None

    def is_earlier(self, job_id: str) -> bool:
        """Whether another server ran it, such as this one before it was restarted; False for one that nobody knows."""
        if job_id in self._jobs:
            return False
        try:
            return self._kept(job_id).server != self._name
        except ExplorerError:
            return False

    def _write(self, job: Job) -> None:
        status = job.status()
        if self._keeping and job.id in self._about and status.state is JobState.DONE:
            self._keeping.write(KeptJob(status, self._about[job.id], self._name))

    def _kept(self, job_id: str) -> KeptJob:
        """A run that is on disk only; FormatError where its file is damaged."""
        found = self._earlier.get(job_id) or (self._keeping and self._keeping.read(job_id))
        if not found:
            raise UnknownNameError(
                f"This server knows no run '{job_id}': it is no longer kept, or it broke off when the server ended. "
                "Start it again."
            )
        self._earlier[job_id] = found
        _bound(self._earlier, HISTORY)
        return found

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
        with ExitStack() as held:
            for line in (self._timed, self._turns) if job.timed else (self._turns,):
                if not line.take(job.wanted):
                    job.end_unwanted()
                    return
                held.callback(line.give_back)
            job.begin()
            self._work(job)
        self._write(job)

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


def _bound(known: OrderedDict[str, Any], most: int) -> None:
    """Forget the oldest."""
    while len(known) > most:
        known.popitem(last=False)
