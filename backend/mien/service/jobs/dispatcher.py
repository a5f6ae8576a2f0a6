# SPDX-License-Identifier: GPL-3.0-or-later
"""Performer: the thread that has the waiting jobs performed, one work after another."""

from __future__ import annotations

import logging
import sqlite3
import threading
from pathlib import Path
from typing import Protocol

from mien.engines.base import Cancelled, Progress
from mien.service.errors import disk_full
from mien.service.jobs.batching_queue import Work
from mien.service.jobs.job import advanced, started
from mien.service.jobs.scheduler_state import Desk
from mien.service.workers.take_worker import DiskFull, Made, WorkCrashed, WorkFailed
from mien.take_request import Order

log = logging.getLogger(__name__)

ROOM_S = 5.0, 300.0  # how long a full disk is left alone, at first and at most


class Performing(Protocol):
    """What makes takes: `worker.Worker`, or in a test something slower."""

    pid: int | None

    def make(
        self, orders: list[Order], sound: Path, results: list[Path], progress: Progress, made: Made,
        stop: threading.Event,
    ) -> float: ...  # fmt: skip

    def wake(self) -> None: ...

    def prepare(self, engine: str) -> None: ...

    def release(self) -> None: ...


class Performer:
    """Takes work from the desk until that closes."""

    def __init__(self, desk: Desk, worker: Performing) -> None:
        self._desk, self._worker, self._room_s = desk, worker, ROOM_S[0]
        self._thread = threading.Thread(target=self._run, name="mien-takes", daemon=True)
        self._thread.start()

    def join(self, timeout_s: float) -> None:
        self._thread.join(timeout_s)

    def _run(self) -> None:
        desk = self._desk
        while True:
            with desk.changed:
                idle_s = desk.settings.idle_s if self._worker.pid is not None else None
                desk.changed.wait_for(lambda: len(desk.waiting) or desk.closing, idle_s)
                if desk.closing:
                    break
                work = desk.work = self._next() if len(desk.waiting) else None
            if work is None:
                self._worker.release()
            else:
                self._perform(work)
        self._worker.release()

    def _next(self) -> Work:
        desk, now = self._desk, self._desk.clock()
        work, jobs = desk.waiting.pop(now)
        for job in jobs:
            desk.waited.note(now - job.asked)
        desk.joined += len(jobs) - len(work.orders)
        desk.ledger.put(started(job) for job in jobs)
        desk.ledger.tell(desk.waiting.ids())  # they moved up
        return work

    def _perform(self, work: Work) -> None:
        """Whatever happens is told to the jobs of this work, and the next goes on."""
        desk, first = self._desk, work.first
        results = [desk.place.new_file("take") for _ in work.orders]
        try:
            self._make(work, results)
            self._room_s = ROOM_S[0]
        except Cancelled:
            if not desk.closing:
                self._worker.prepare(first.engine)  # who cancels often asks again
        except WorkCrashed as crash:
            log.error("%s", crash)
            with desk.changed:
                if len(work.wanted) > 1:  # one of them breaks the worker; the others need not suffer
                    desk.put_back(apart=True)
                else:
                    desk.failed(work.ids, str(crash))
        except WorkFailed as error:
            with desk.changed:
                desk.failed(work.ids, str(error))
        except Exception as error:
            if isinstance(error, DiskFull) or disk_full(error):
                self._wait_for_room()
                return
            log.exception("the work on %s failed", first.name)
            sentence = "The backend failed in a way it should not. Its log says where; report it with the log."
            with desk.changed:
                desk.failed(work.ids, sentence)
        finally:
            with desk.changed:
                desk.work = None
            for path in results:
                path.unlink(missing_ok=True)

    def _make(self, work: Work, results: list[Path]) -> None:
        desk, first = self._desk, work.first
        addresses, orders = list(work.orders), list(work.orders.values())

        def progress(fraction: float, stage: str) -> None:
            with desk.changed:
                if stage == "loading":  # which says nothing about how fast it will go
                    work.begun = desk.clock()
                work.fraction = max(work.fraction, fraction)
                desk.ledger.put([advanced(desk.ledger[id], fraction, stage) for id in work.ids])

        def made(place: int, sha256: str) -> None:
            with desk.changed:
                desk.shelf.put(results[place], sha256)
                desk.store.set_result(addresses[place], sha256)
                desk.done(list(work.wanted.get(addresses[place], ())), sha256)

        with desk.shelf.reading(first.sound) as sound:
            if sound is None:
                raise WorkFailed(f"The backend's copy of the sound {first.name!r} was damaged. Ask for it anew.")
            spent = self._worker.make(orders, desk.shelf.path(first.sound), results, progress, made, work.stop)
        if len(orders) == 1:
            self._learn(first, spent)

    def _learn(self, order: Order, seconds: float) -> None:
        with self._desk.changed:
            try:
                self._desk.pace.learn(order.engine, order.seconds, seconds)
            except sqlite3.OperationalError as error:
                log.warning("how long takes take could not be written down: %s", error)
            self._desk.waiting.forget_stands()

    def _wait_for_room(self) -> None:
        """The disk is full: give up what can be had again, and try once more in a while."""
        desk = self._desk
        log.error("the disk of %s is full; takes wait for room", desk.place.folder)
        with desk.changed:
            desk.shelf.make_room()
            desk.put_back(stage="waiting for room on the backend's disk")
            desk.changed.wait_for(lambda: desk.closing, self._room_s)
            self._room_s = min(2 * self._room_s, ROOM_S[1])
