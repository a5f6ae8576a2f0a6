# SPDX-License-Identifier: GPL-3.0-or-later
"""Jobs: takes being made, one after another, on one worker thread.

A job is a value; the functions `started` to `cancelled` say what it becomes, and leave a finished job as it
is. The store holds the jobs, lets the worker change them and tells whoever watches.
"""

from __future__ import annotations

import hashlib
import logging
import secrets
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from fractions import Fraction

from mien.direction import Direction, DirectionError
from mien.engines.base import Cancelled, EngineError, Progress
from mien.heads.flame import Flame
from mien.heads.mien import Head, HeadError
from mien.speech import Speech, SpeechError
from mien.take import Take, TakeError

log = logging.getLogger(__name__)

FINAL = ("done", "failed", "cancelled")
KEEP_BYTES = 2**30  # of finished takes; one with exact vertex offsets may have 100 MB a minute
SENTENCES = (DirectionError, EngineError, HeadError, SpeechError, TakeError)  # errors whose message is for the user


@dataclass(frozen=True)
class Request:
    """What somebody wants performed; `fps` None is the engine's own rate, `head` None the default one."""

    speech: Speech
    direction: Direction
    engine: str
    fps: Fraction | None
    head: Head | Flame | None = None


Perform = Callable[[Speech, Direction, str, Fraction | None, Progress, Head | Flame | None], Take]
"""`mien.speak.speak`, or in a test something slower."""


@dataclass(frozen=True)
class Job:
    """A take on its way. `fraction` 0..1, `error` a sentence, `take` the file's bytes, `finished` seconds."""

    id: str
    state: str = "queued"  # queued, running, then one of FINAL
    stage: str = "waiting"
    fraction: float = 0.0
    error: str | None = None
    take: bytes | None = None
    sha256: str | None = None
    finished: float | None = None


def started(job: Job) -> Job:
    return replace(job, state="running", stage="starting") if job.state == "queued" else job


def advanced(job: Job, fraction: float, stage: str) -> Job:
    """Never backwards: an engine's next stage may count from its own start."""
    fraction = min(max(fraction, job.fraction), 1.0)
    return replace(job, fraction=fraction, stage=stage) if job.state == "running" else job


def done(job: Job, take: bytes, now: float) -> Job:
    if job.state != "running":
        return job
    digest = hashlib.sha256(take).hexdigest()
    return replace(job, state="done", stage="done", fraction=1.0, take=take, sha256=digest, finished=now)


def failed(job: Job, sentence: str, now: float) -> Job:
    return job if job.state in FINAL else replace(job, state="failed", error=sentence, finished=now)


def cancelled(job: Job, now: float) -> Job:
    return job if job.state in FINAL else replace(job, state="cancelled", stage="cancelled", finished=now)


def outdated(
    jobs: list[Job], now: float, keep: int, keep_s: float, keep_bytes: int = KEEP_BYTES
) -> set[str]:
    """Ids of finished jobs to forget: the old ones, and those beyond `keep` jobs or `keep_bytes`."""
    finished = sorted((job for job in jobs if job.state in FINAL), key=lambda job: job.finished, reverse=True)
    gone, held = set(), 0
    for rank, job in enumerate(finished):
        held += len(job.take or b"")
        if rank >= keep or now - job.finished > keep_s or (held > keep_bytes and rank > 0):
            gone.add(job.id)
    return gone


class QueueFull(Exception):
    """As many takes wait as may wait."""


class UnknownJob(KeyError):
    """There is no job of that id, or not any more."""


class JobStore:
    """Holds jobs and performs them. Every method may be called from any thread."""

    def __init__(
        self,
        perform: Perform,
        queue: int = 8,
        keep: int = 32,
        keep_s: float = 3600.0,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._perform, self._queue, self._keep, self._keep_s = perform, queue, keep, keep_s
        self._clock = clock
        self._jobs: dict[str, Job] = {}
        self._waiting: deque[tuple[str, Request]] = deque()
        self._watchers: dict[str, list[Callable[[], None]]] = {}
        self._closing = False
        self._changed = threading.Condition()
        self._worker = threading.Thread(target=self._work, name="mien-takes", daemon=True)
        self._worker.start()

    @property
    def full(self) -> bool:
        with self._changed:
            return len(self._waiting) >= self._queue

    def submit(self, request: Request) -> Job:
        """Queue a request. Raises QueueFull."""
        with self._changed:
            if self._closing or len(self._waiting) >= self._queue:
                raise QueueFull
            job = Job(secrets.token_urlsafe(12))
            self._waiting.append((job.id, request))
            self._put(job)
            return job

    def job(self, id: str) -> Job:
        """The job as it is now. Raises UnknownJob."""
        with self._changed:
            self._forget_outdated()
            if id not in self._jobs:
                raise UnknownJob(id)
            return self._jobs[id]

    def cancel(self, id: str) -> Job:
        """Cancel an unfinished job at once; its engine stops at its next progress. Raises UnknownJob."""
        with self._changed:
            job = cancelled(self.job(id), self._clock())
            self._waiting = deque(entry for entry in self._waiting if entry[0] != id)
            self._put(job)
            return job

    def forget(self, id: str) -> None:
        """Drop a finished job and its take. Raises UnknownJob."""
        with self._changed:
            if self.job(id).state in FINAL:
                del self._jobs[id]

    @contextmanager
    def watched(self, id: str, callback: Callable[[], None]) -> Iterator[None]:
        """`callback` is called, on any thread, after every change of the job."""
        with self._changed:
            self._watchers.setdefault(id, []).append(callback)
        try:
            yield
        finally:
            with self._changed:
                self._watchers[id].remove(callback)
                if not self._watchers[id]:
                    del self._watchers[id]

    def close(self, timeout_s: float = 2.0) -> None:
        """Cancel everything and stop the worker; waits for it at most `timeout_s` seconds."""
        with self._changed:
            self._closing = True
            self._waiting.clear()
            for job in list(self._jobs.values()):
                self._put(cancelled(job, self._clock()))
            self._changed.notify_all()
        self._worker.join(timeout_s)

    def _put(self, job: Job) -> None:
        """Store a job as it now is. The lock is held; a Condition's lock may be taken again by its owner."""
        if self._jobs.get(job.id) == job:
            return
        self._jobs[job.id] = job
        if job.state in FINAL:
            self._forget_outdated()
        self._changed.notify_all()
        for callback in self._watchers.get(job.id, []):
            callback()

    def _forget_outdated(self) -> None:
        for id in outdated(list(self._jobs.values()), self._clock(), self._keep, self._keep_s):
            del self._jobs[id]

    def _work(self) -> None:
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._waiting or self._closing)
                if self._closing:
                    return
                id, request = self._waiting.popleft()
                self._put(started(self._jobs[id]))
            outcome = self._outcome(id, request)
            with self._changed:
                if id in self._jobs:
                    self._put(outcome(self._jobs[id], self._clock()))

    def _outcome(self, id: str, request: Request) -> Callable[[Job, float], Job]:
        """Perform a request and return what it makes of its job."""

        def progress(fraction: float, stage: str) -> None:
            with self._changed:
                job = self._jobs.get(id)
                if job is None or job.state != "running":
                    raise Cancelled
                self._put(advanced(job, fraction, stage))

        try:
            asked = (request.speech, request.direction, request.engine, request.fps)
            take = self._perform(*asked, progress, request.head)
            data = take.to_bytes()
        except Cancelled:
            return cancelled
        except SENTENCES as error:
            sentence = str(error)
        except MemoryError:
            sentence = (
                f"There is not enough memory for a take of {float(request.speech.duration):.0f} s. "
                "Cut the sound into shorter pieces or close other programs."
            )
        except Exception:
            log.exception("the engine %s failed on %s", request.engine, request.speech.name)
            sentence = (
                f"The engine {request.engine} failed in a way it should not. The backend's log says where; "
                "report it with the log."
            )
        else:
            return lambda job, now: done(job, data, now)
        return lambda job, now: failed(job, sentence, now)
