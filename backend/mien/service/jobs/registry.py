# SPDX-License-Identifier: GPL-3.0-or-later
"""JobRegistry: all jobs as they are, in memory and in the database, and the watchers of their changes."""

from __future__ import annotations

import logging
import sqlite3
from collections import Counter, OrderedDict, defaultdict
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager

from mien.errors import MienError
from mien.service.jobs.database import JobDatabase, Row
from mien.service.jobs.job import FINAL, Job
from mien.service.jobs.job_kind import JobKind
from mien.settings import Settings

log = logging.getLogger(__name__)


class UnknownJob(MienError, KeyError):
    """There is no job of that id, or not any more."""


class JobRegistry:
    """Not for several threads at once. Forgets finished jobs beyond the limits of their kind; `clock` in seconds."""

    def __init__(self, database: JobDatabase, settings: Settings, clock: Callable[[], float]) -> None:
        self._database, self._settings, self._clock = database, settings, clock
        self._jobs: dict[str, Job] = {}
        self._final: defaultdict[JobKind, OrderedDict[str, None]] = defaultdict(
            OrderedDict
        )  # in the order of their end
        self._unfinished: Counter[tuple[str, str]] = Counter()  # by kind and client
        self._watchers: dict[str, list[Callable[[], None]]] = {}
        self.ended: Counter[tuple[str, str]] = Counter()  # by kind and state, since the start

    def __getitem__(self, job_id: str) -> Job:
        """The job as it is now. Raises UnknownJob."""
        self._forget_outdated()
        if job_id not in self._jobs:
            raise UnknownJob(job_id)
        return self._jobs[job_id]

    def get(self, job_id: str) -> Job | None:
        return self._jobs.get(job_id)

    def unfinished(self, kind: JobKind, client: str) -> int:
        """How many jobs of a kind and a client are not finished."""
        return self._unfinished[kind.name, client]

    def add(self, job: Job) -> None:
        """A new job, in the database first. Raises sqlite3.OperationalError when the disk is full."""
        row = Row(job.id, job.client, job.result_key, job.request.to_json(), job.state, job.error, job.sha256)
        self._database.add(row)
        self.restore(job)
        if job.state in FINAL:
            self.ended[job.kind.name, job.state] += 1

    def restore(self, job: Job) -> None:
        """A job that is in the database already."""
        self._jobs[job.id] = job
        if job.state in FINAL:
            self._final[job.kind][job.id] = None
            self._forget_outdated()
        else:
            self._unfinished[job.kind.name, job.client] += 1

    def put(self, jobs: Iterable[Job]) -> None:
        """What known jobs have become: to the database unless only their progress changed, and to their watchers."""
        changed = [job for job in jobs if self._jobs[job.id] != job]
        for job in changed:
            before = self._jobs[job.id]
            self._jobs[job.id] = job
            if job.state != before.state:
                self._move(before, job)
        self.notify(job.id for job in changed)

    def _move(self, before: Job, job: Job) -> None:
        client = job.kind.name, job.client
        if before.state in FINAL and job.state in FINAL:
            self._write(self._database.change, [job.id], job.state, job.error, job.sha256)
        elif job.state in FINAL:
            self._unfinished[client] -= 1
            self._unfinished += Counter()  # without clients that have none
            self._final[job.kind][job.id] = None
            self.ended[job.kind.name, job.state] += 1
            self._write(self._database.change, [job.id], job.state, job.error, job.sha256)
            self._forget_outdated()
        elif before.state in FINAL:
            self._unfinished[client] += 1
            del self._final[job.kind][job.id]
            self._write(self._database.change, [job.id], job.state)
        elif job.state == "running":
            self._write(self._database.begin, [job.id])
        else:
            self._write(self._database.requeue, [job.id])

    def _write(self, change: Callable[..., None], *values: object) -> None:
        """On a full disk the job goes on all the same: after a crash it would be made again, and is not lost."""
        try:
            change(*values)
        except sqlite3.Error as error:
            log.error("the new state of a job could not be written to the database: %s", error)

    def forget(self, job_id: str) -> None:
        """Drop a finished job. Raises UnknownJob."""
        job = self[job_id]
        if job.state in FINAL:
            self._drop(job.kind, [job_id])

    def _forget_outdated(self) -> None:
        now = self._clock()
        for kind, ids in self._final.items():
            limits, outdated = kind.limits(self._settings), []
            for job_id in ids:
                age_s = now - (self._jobs[job_id].ended_at or 0.0)
                if len(ids) - len(outdated) <= limits.keep and age_s <= limits.keep_s:
                    break
                outdated.append(job_id)
            if outdated:
                self._drop(kind, outdated)

    def _drop(self, kind: JobKind, ids: list[str]) -> None:
        for job_id in ids:
            del self._jobs[job_id], self._final[kind][job_id]
        self._write(self._database.drop, ids)

    @contextmanager
    def watch(self, job_id: str, callback: Callable[[], None]) -> Iterator[None]:
        """`callback` is called after every change of the job."""
        self._watchers.setdefault(job_id, []).append(callback)
        try:
            yield
        finally:
            self._watchers[job_id].remove(callback)
            if not self._watchers[job_id]:
                del self._watchers[job_id]

    def notify(self, ids: Iterable[str] | None = None) -> None:
        """Call the watchers of these jobs, or all watchers."""
        for job_id in list(self._watchers) if ids is None else ids:
            for callback in self._watchers.get(job_id, ()):
                callback()

    def of_client(self, client: str) -> list[Job]:
        """In the order of their submission."""
        self._forget_outdated()
        return [job for job in self._jobs.values() if job.client == client]

    def with_state(self, *states: str) -> list[Job]:
        return [job for job in self._jobs.values() if job.state in states]
