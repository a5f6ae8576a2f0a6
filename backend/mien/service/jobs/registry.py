# SPDX-License-Identifier: GPL-3.0-or-later
"""Ledger: all jobs as they are, in memory and written down, and who wants to hear of changes."""

from __future__ import annotations

import logging
import sqlite3
from collections import Counter, OrderedDict
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager

from mien.errors import MienError
from mien.service.jobs.database import Row, Store
from mien.service.jobs.job import FINAL, Job

log = logging.getLogger(__name__)


class UnknownJob(MienError, KeyError):
    """There is no job of that id, or not any more."""


class Ledger:
    """Not for several threads at once. Keeps `keep` finished jobs, for `keep_s` seconds of `clock`."""

    def __init__(self, store: Store, keep: int, keep_s: float, clock: Callable[[], float]) -> None:
        self._store, self._keep, self._keep_s, self._clock = store, keep, keep_s, clock
        self._jobs: dict[str, Job] = {}
        self._finished: OrderedDict[str, None] = OrderedDict()  # in the order in which they were
        self._live: Counter[str] = Counter()
        self._watchers: dict[str, list[Callable[[], None]]] = {}
        self.ended: Counter[str] = Counter()  # by state, since the start

    def __getitem__(self, id: str) -> Job:
        """The job as it is now. Raises UnknownJob."""
        self._forget_outdated()
        if id not in self._jobs:
            raise UnknownJob(id)
        return self._jobs[id]

    def get(self, id: str) -> Job | None:
        return self._jobs.get(id)

    def live(self, client: str) -> int:
        """How many jobs of a client are not finished."""
        return self._live[client]

    def add(self, job: Job) -> None:
        """A new one, written down before anybody is told. Raises sqlite3.OperationalError when the disk is full."""
        row = Row(job.id, job.client, job.address, job.order.to_json(), job.state, job.error, job.sha256)
        self._store.add(row)
        self.restore(job)
        if job.state in FINAL:
            self.ended[job.state] += 1

    def restore(self, job: Job) -> None:
        """One that is written down already."""
        self._jobs[job.id] = job
        if job.state in FINAL:
            self._finished[job.id] = None
            self._forget_outdated()
        else:
            self._live[job.client] += 1

    def put(self, jobs: Iterable[Job]) -> None:
        """What known jobs have become, written down unless only their progress changed; tells their watchers."""
        changed = [job for job in jobs if self._jobs[job.id] != job]
        for job in changed:
            before = self._jobs[job.id]
            self._jobs[job.id] = job
            if job.state != before.state:
                self._move(before, job)
        self.tell(job.id for job in changed)

    def _move(self, before: Job, job: Job) -> None:
        if before.state in FINAL and job.state in FINAL:
            self._write(self._store.change, [job.id], job.state, job.error, job.sha256)
        elif job.state in FINAL:
            self._live[job.client] -= 1
            self._live += Counter()  # without clients that have none
            self._finished[job.id] = None
            self.ended[job.state] += 1
            self._write(self._store.change, [job.id], job.state, job.error, job.sha256)
            self._forget_outdated()
        elif before.state in FINAL:
            self._live[job.client] += 1
            del self._finished[job.id]
            self._write(self._store.change, [job.id], job.state)
        elif job.state == "running":
            self._write(self._store.begin, [job.id])
        else:
            self._write(self._store.put_back, [job.id])

    def _write(self, change: Callable[..., None], *values: object) -> None:
        """On a full disk the job goes on all the same; after a crash it would be made again, and is not lost."""
        try:
            change(*values)
        except sqlite3.Error as error:
            log.error("what became of a job could not be written down: %s", error)

    def forget(self, id: str) -> None:
        """Drop a finished job. Raises UnknownJob."""
        if self[id].state in FINAL:
            del self._jobs[id], self._finished[id]
            self._write(self._store.drop, [id])

    def _forget_outdated(self) -> None:
        gone, now = [], self._clock()
        for id in self._finished:
            if len(self._finished) - len(gone) <= self._keep and now - self._jobs[id].finished <= self._keep_s:
                break
            gone.append(id)
        for id in gone:
            del self._jobs[id], self._finished[id]
        if gone:
            self._write(self._store.drop, gone)

    @contextmanager
    def watched(self, id: str, callback: Callable[[], None]) -> Iterator[None]:
        """`callback` is called after every change of the job."""
        self._watchers.setdefault(id, []).append(callback)
        try:
            yield
        finally:
            self._watchers[id].remove(callback)
            if not self._watchers[id]:
                del self._watchers[id]

    def tell(self, ids: Iterable[str] | None = None) -> None:
        """Those who watch these jobs, or any."""
        for id in list(self._watchers) if ids is None else ids:
            for callback in self._watchers.get(id, ()):
                callback()

    def with_state(self, *states: str) -> list[Job]:
        return [job for job in self._jobs.values() if job.state in states]
