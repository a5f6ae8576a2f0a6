# SPDX-License-Identifier: GPL-3.0-or-later
"""Dispatcher: the thread that has one worker make the waiting jobs of a kind, batch after batch."""

from __future__ import annotations

import logging
import sqlite3
import threading
from pathlib import Path
from typing import TYPE_CHECKING

from mien.engines.base import Cancelled
from mien.service.errors import disk_full
from mien.service.jobs.batching_queue import Batch
from mien.service.jobs.errors import Closing
from mien.service.jobs.job_kind import JobKind
from mien.service.workers.worker import DiskFull, WorkCrashed, Worker, WorkFailed

if TYPE_CHECKING:
    from mien.service.jobs.scheduler import Scheduler

log = logging.getLogger(__name__)

SPACE_S = 5.0, 300.0  # how long a full disk is left alone, at first and at most


class Dispatcher:
    """Works until the scheduler closes."""

    def __init__(self, scheduler: Scheduler, kind: JobKind, worker: Worker) -> None:
        self._scheduler, self._kind, self._worker, self._space_s = scheduler, kind, worker, SPACE_S[0]
        self._thread = threading.Thread(target=self._run, name=f"mien-{kind.name}", daemon=True)
        self._thread.start()

    def join(self, timeout_s: float) -> None:
        self._thread.join(timeout_s)

    def _run(self) -> None:
        while True:
            try:
                idle_s = None if self._worker.pid is None else self._scheduler.settings.idle_s
                batch = self._scheduler.next_batch(self._kind, idle_s)
            except Closing:
                break
            if batch is None:
                self._worker.release()
            else:
                self._make(batch)
        self._worker.release()

    def _make(self, batch: Batch) -> None:
        """Whatever goes wrong ends the jobs of this batch, and the next one goes on."""
        scheduler = self._scheduler
        results = [scheduler.storage.folder.new_file(self._kind.name) for _ in batch.requests]
        try:
            seconds = self._work(batch, results)
            self._space_s = SPACE_S[0]
            if len(batch.requests) == 1:
                self._learn(batch, seconds)
        except Cancelled:
            if not scheduler.keeps:
                self._worker.discard()
            if not scheduler.closing:
                self._worker.prepare(batch.first)  # a client that cancels often asks again
        except WorkCrashed as crash:
            log.error("%s", crash)
            scheduler.crash(batch, str(crash))
        except WorkFailed as error:
            scheduler.fail(batch, str(error))
        except Exception as error:
            if isinstance(error, DiskFull) or disk_full(error):
                self._wait_for_space(batch)
                return
            log.exception("the work on %s failed", batch.first.name)
            sentence = "The backend failed in a way it should not. Its log says where; report it with the log."
            scheduler.fail(batch, sentence)
        finally:
            scheduler.end_batch(batch)
            for path in results:
                path.unlink(missing_ok=True)

    def _work(self, batch: Batch, results: list[Path]) -> float:
        """Seconds that it took."""
        scheduler, keys = self._scheduler, list(batch.requests)

        def on_progress(fraction: float, stage: str) -> None:
            scheduler.progress(batch, fraction, stage)

        def on_result(number: int, sha256: str) -> None:
            scheduler.finish(batch, keys[number], results[number], sha256)

        with scheduler.open_source(batch) as source:
            if source is None:
                copy = f"copy of the {self._kind.source} {batch.first.name!r}"
                raise WorkFailed(f"The backend's {copy} was damaged. Ask for it anew.")
            requests = list(batch.requests.values())
            return self._worker.make(requests, source, results, on_progress, on_result, batch.stop)

    def _learn(self, batch: Batch, seconds: float) -> None:
        try:
            self._scheduler.learn(batch, seconds)
        except sqlite3.OperationalError as error:
            log.warning("how long the work took could not be written to the database: %s", error)

    def _wait_for_space(self, batch: Batch) -> None:
        """The disk is full: try again in a while, and less and less often."""
        log.error("the disk of %s is full; jobs wait for room", self._scheduler.storage.folder.folder)
        self._scheduler.wait_for_space(batch, self._space_s)
        self._space_s = min(2 * self._space_s, SPACE_S[1])
