# SPDX-License-Identifier: GPL-3.0-or-later
"""BatchingQueue: the jobs that wait, how long they still wait, and which of them are made next, together."""

from __future__ import annotations

import threading
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field

from mien.service.jobs.fair_queue import FairQueue
from mien.service.jobs.job import Job
from mien.service.jobs.job_kind import JobKind, Request
from mien.service.jobs.time_estimate import TimeEstimate


@dataclass
class Batch:
    """What a worker makes in one go: `requests` by result key, and the ids of the `jobs` that want each result.
    `started_at` in seconds; `stop` is set once no job wants any of the results."""

    kind: JobKind
    requests: dict[str, Request]
    jobs: dict[str, set[str]]
    started_at: float
    stop: threading.Event = field(default_factory=threading.Event)
    fraction: float = 0.0

    @property
    def first(self) -> Request:
        return next(iter(self.requests.values()))

    @property
    def ids(self) -> list[str]:
        return [job_id for ids in self.jobs.values() for job_id in ids]

    def remove(self, job: Job) -> None:
        """The job no longer wants its result, or has it. Nothing happens when it is not in the batch."""
        ids = self.jobs.get(job.result_key, set())
        ids.discard(job.id)
        if not ids:
            self.jobs.pop(job.result_key, None)


class BatchingQueue:
    """A fair queue of ids for each kind; `job` returns the job of an id. Not for several threads at once."""

    def __init__(self, job: Callable[[str], Job], estimate: TimeEstimate) -> None:
        self._job, self._estimate = job, estimate
        self._queues: defaultdict[str, FairQueue] = defaultdict(FairQueue)
        self._positions: dict[str, dict[str, tuple[int, float | None]]] = {}  # by kind, until its queue changes
        self._apart: set[str] = set()

    def __len__(self) -> int:
        return sum(map(len, self._queues.values()))

    def count(self, kind: JobKind) -> int:
        """How many jobs of a kind wait."""
        return len(self._queues[kind.name])

    def add(self, job: Job) -> None:
        self._queues[job.kind.name].add(job.client, job.id)
        self._positions.pop(job.kind.name, None)

    def remove(self, job: Job) -> None:
        """Nothing happens when it does not wait."""
        self._queues[job.kind.name].remove(job.id)
        self._positions.pop(job.kind.name, None)

    def ids(self, kind: JobKind) -> list[str]:
        """The next one first."""
        return self._queues[kind.name].order()

    def keep_apart(self, result_keys: set[str]) -> None:
        """Make each of these by itself from now on: one of them breaks the worker."""
        self._apart |= result_keys

    def position(self, job: Job) -> tuple[int, float | None]:
        """(position from 1, seconds of work until it is done, None before anything was measured) among the jobs of its
        kind. Jobs that want the same result have one position."""
        kind = job.kind.name
        if kind not in self._positions:
            self._positions[kind] = self._count_positions(job.kind)
        return self._positions[kind][job.id]

    def forget_positions(self) -> None:
        """The estimate of time has changed."""
        self._positions.clear()

    def next_batch(self, kind: JobKind, now: float) -> tuple[Batch, list[Job]]:
        """The request whose turn it is, up to its batch size with others of an equal batch key, and all jobs that want
        their results, of all clients. These jobs leave the queue. Raises IndexError when none waits."""
        first = self._job(self._queues[kind.name].pop())
        jobs = [first, *map(self._job, self.ids(kind))]
        requests, size = {first.result_key: first.request}, kind.batch_size(first.request)
        if size > 1 and first.result_key not in self._apart:
            key = kind.batch_key(first.request)
            for job in jobs:
                fits = len(requests) < size and job.result_key not in self._apart
                if fits and job.result_key not in requests and kind.batch_key(job.request) == key:
                    requests[job.result_key] = job.request
        jobs = [job for job in jobs if job.result_key in requests]
        ids: dict[str, set[str]] = {}
        for job in jobs:
            self.remove(job)
            ids.setdefault(job.result_key, set()).add(job.id)
        return Batch(kind, requests, ids, now), jobs

    def _count_positions(self, kind: JobKind) -> dict[str, tuple[int, float | None]]:
        by_key: dict[str, tuple[int, float | None]] = {}
        positions, seconds = {}, 0.0
        for job in map(self._job, self.ids(kind)):
            if job.result_key not in by_key:
                own = self._estimate.expected(kind.workload(job.request))
                seconds = None if seconds is None or own is None else seconds + own
                by_key[job.result_key] = len(by_key) + 1, seconds
            positions[job.id] = by_key[job.result_key]
        return positions
