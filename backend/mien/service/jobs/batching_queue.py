# SPDX-License-Identifier: GPL-3.0-or-later
"""Waiting: the jobs in the queue, how long they still wait, and which of them are performed next, together."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field

from mien.engines import ENGINES
from mien.engines.base import HeardOnce
from mien.service.jobs.fair_queue import FairQueue
from mien.service.jobs.job import Job
from mien.service.jobs.time_estimate import Pace
from mien.take_request import Order

TOGETHER = 5  # works in one go: as many takes as ProbTalk3D samples at once, whether they are wanted or not


@dataclass
class Work:
    """What is being performed: orders by address, and the ids of the jobs that want each; `begun` in seconds."""

    orders: dict[str, Order]
    wanted: dict[str, set[str]]
    begun: float
    stop: threading.Event = field(default_factory=threading.Event)
    fraction: float = 0.0

    @property
    def first(self) -> Order:
        return next(iter(self.orders.values()))

    @property
    def ids(self) -> list[str]:
        return [id for wanted in self.wanted.values() for id in wanted]

    def leave(self, job: Job) -> None:
        """A job wants its take no longer, or has it."""
        wanted = self.wanted.get(job.address, set())
        wanted.discard(job.id)
        if not wanted:
            self.wanted.pop(job.address, None)


class Waiting:
    """The queue of ids whose jobs `job` finds. Not for several threads at once."""

    def __init__(self, job: Callable[[str], Job], pace: Pace) -> None:
        self._job, self._pace = job, pace
        self._queue = FairQueue()
        self._stands: dict[str, tuple[int, float | None]] | None = None
        self._alone: set[str] = set()

    def __len__(self) -> int:
        return len(self._queue)

    def add(self, job: Job) -> None:
        self._queue.add(job.client, job.id)
        self._stands = None

    def remove(self, id: str) -> None:
        """Nothing happens when it does not wait."""
        self._queue.remove(id)
        self._stands = None

    def ids(self) -> list[str]:
        """The next one first."""
        return self._queue.order()

    def keep_apart(self, addresses: set[str]) -> None:
        """Perform these by themselves from now on: one of them breaks the worker."""
        self._alone |= addresses

    def stand(self, id: str) -> tuple[int, float | None]:
        """(position from 1, seconds of work until it is done, None before anything was measured). Jobs that want the
        same are in one place."""
        if self._stands is None:
            self._stands, of_address = {}, {}
            ahead: float | None = 0.0
            for each in self._queue.order():
                job = self._job(each)
                if job.address not in of_address:
                    own = self._pace.expected(job.order.engine, job.order.seconds)
                    ahead = None if ahead is None or own is None else ahead + own
                    of_address[job.address] = len(of_address) + 1, ahead
                self._stands[each] = of_address[job.address]
        return self._stands[id]

    def forget_stands(self) -> None:
        """The pace has changed."""
        self._stands = None

    def pop(self, now: float) -> tuple[Work, list[Job]]:
        """The order whose turn it is, with all jobs that want the same; and up to TOGETHER orders that differ from it
        in nothing but the seed, whoever asked for them. All these jobs leave the queue."""
        first = self._job(self._queue.pop())
        jobs = [first, *map(self._job, self._queue.order())]
        orders, family = {first.address: first.order}, first.order.family()
        # Where takes have nothing in common, the second would only wait for the first, cancelled or not.
        if first.address not in self._alone and issubclass(ENGINES[first.order.engine], HeardOnce):
            for job in jobs:
                fits = len(orders) < TOGETHER and job.address not in self._alone
                if fits and job.address not in orders and job.order.family() == family:
                    orders[job.address] = job.order
        jobs = [job for job in jobs if job.address in orders]
        wanted: dict[str, set[str]] = {}
        for job in jobs:
            self.remove(job.id)
            wanted.setdefault(job.address, set()).add(job.id)
        return Work(orders, wanted, now), jobs
