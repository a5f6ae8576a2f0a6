# SPDX-License-Identifier: GPL-3.0-or-later
"""Desk: what those who take orders and the one who performs them share, under one lock."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Callable, Iterable

from mien.service.jobs.batching_queue import Waiting, Work
from mien.service.jobs.database import Store
from mien.service.jobs.file_cache import Shelf
from mien.service.jobs.job import Job, again, cancelled, done, failed
from mien.service.jobs.recovery import adopt, taken_up
from mien.service.jobs.registry import Ledger
from mien.service.jobs.state_folder import PlaceError, left_places, take_place
from mien.service.jobs.time_estimate import Pace
from mien.service.monitoring.traffic import Histogram
from mien.settings import Settings


class Desk:
    """Take `changed` around everything here; whoever waits for it is told of new work and of the end. `work` is what is
    being performed. Raises PlaceError."""

    def __init__(self, settings: Settings, clock: Callable[[], float]) -> None:
        self.settings, self.clock = settings, clock
        self.changed = threading.Condition()
        self.closing = False
        self.work: Work | None = None
        self.joined = 0
        self.waited, self.took = Histogram(), Histogram()
        self.place = take_place(settings.data_folder)
        try:
            self.store = Store(self.place.database)
            self.shelf = Shelf(self.place.files, self.store, settings.cache_bytes)
            self.ledger = Ledger(self.store, settings.keep_takes, settings.keep_s, clock)
            self.pace = Pace(self.store)
            self.waiting = Waiting(self.ledger.__getitem__, self.pace)
            for left in left_places(settings.data_folder):
                adopt(left, self.store, self.shelf)
            with self.changed:
                self._take_up()
        except (OSError, sqlite3.Error) as error:
            self.place.close()
            raise PlaceError(
                f"The backend cannot keep its jobs in {str(self.place.folder)!r} ({error}). Make room there, or give "
                "another --data-folder or MIEN_DATA_FOLDER."
            ) from error

    def _take_up(self) -> None:
        """The jobs that the last server on this folder knew."""
        now = self.clock()
        for job, reason in taken_up(self.store, self.shelf, self.settings.data_folder, now):
            self.ledger.restore(job)
            if reason:
                self.ledger.put([failed(job, reason, now)])
            elif job.state == "queued":
                self.shelf.hold(job.order.sound)
                self.enqueue(job)

    def enqueue(self, job: Job) -> None:
        self.waiting.add(job)
        self.changed.notify_all()

    def left(self) -> float | None:
        """Seconds until the present work is done, None where nobody knows; 0 when there is none."""
        if self.work is None:
            return 0.0
        first, spent = self.work.first, self.clock() - self.work.begun
        return self.pace.left(first.engine, first.seconds, self.work.fraction, spent)

    def done(self, ids: Iterable[str], sha256: str) -> None:
        self._end([done(self.ledger[id], sha256, self.clock()) for id in ids])

    def failed(self, ids: Iterable[str], sentence: str) -> None:
        self._end([failed(self.ledger[id], sentence, self.clock()) for id in ids])

    def cancelled(self, id: str) -> None:
        """Work that nobody wants any more is told to stop."""
        self._end([cancelled(self.ledger[id], self.clock())])
        if self.work is not None and not self.work.wanted:
            self.work.stop.set()

    def _end(self, jobs: list[Job]) -> None:
        """They leave the queue, the work and their sound."""
        for job in jobs:
            self.waiting.remove(job.id)
            self.shelf.release(job.order.sound)
            if self.work is not None:
                self.work.leave(job)
            if job.state == "done":
                self.took.note(job.finished - job.asked)
        self.ledger.put(jobs)

    def put_back(self, apart: bool = False, stage: str = "waiting") -> None:
        """The jobs of the present work wait again; `apart` from each other from now on."""
        if apart:
            self.waiting.keep_apart(set(self.work.wanted))
        jobs = [again(self.ledger[id], stage) for id in self.work.ids]
        self.work = None
        self.ledger.put(jobs)
        for job in jobs:
            self.enqueue(job)

    def make_again(self, job: Job) -> None:
        """The result of a job is lost: it waits again where its sound is still here, and has failed where it is not."""
        if self.closing or self.ledger.get(job.id) != job:  # somebody else found it first
            return
        if job.order.sound in self.shelf:
            self.shelf.hold(job.order.sound)
            self.ledger.put([again(job)])
            self.enqueue(self.ledger[job.id])
        else:
            sentence = "The take was dropped to make room for others, or damaged on the disk. Ask for it anew."
            self.ledger.put([failed(again(job), sentence, self.clock())])

    def close(self) -> None:
        self.shelf.close()
        self.store.close()
        self.place.close()
