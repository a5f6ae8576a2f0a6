# SPDX-License-Identifier: GPL-3.0-or-later
"""Jobs: takes being made, one work after another, for many clients.

What was accepted is written down before it is confirmed, and taken up again by the next server on the same folder. A
take that was made before is not made again; jobs that ask for the same share one work; jobs that differ in nothing but
their seed are performed together where they wait together (2.4 times as fast for five, measured).
"""

from __future__ import annotations

import secrets
import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from typing import BinaryIO

from mien.errors import MienError
from mien.service.jobs.dispatcher import Performer, Performing
from mien.service.jobs.job import FINAL, Job, again, cancelled, done, started
from mien.service.jobs.registry import UnknownJob
from mien.service.jobs.scheduler_state import Desk
from mien.service.monitoring.traffic import Histogram
from mien.service.workers.decode_process import Decoder, Sound
from mien.service.workers.take_worker import Worker
from mien.settings import Settings
from mien.take_request import Order


class QueueFull(MienError):
    """No more may wait: of this client (`own`), or of all. `limit` of them do; in about `seconds` one is done."""

    def __init__(self, limit: int, own: bool, seconds: float | None) -> None:
        super().__init__()
        self.limit, self.own, self.seconds = limit, own, seconds


class SoundNeeded(MienError):
    """The sound of an order is not here (any more); it must be decoded first."""


class Closing(MienError):
    """The server is about to end."""


@dataclass(frozen=True)
class Look:
    """A job and where it stands. `position` in the queue from 1, `left_s` seconds until it is done, None where nobody
    knows; `frames` of work that are done, of the job's order.frames."""

    job: Job
    position: int | None
    left_s: float | None
    frames: int | None


@dataclass(frozen=True)
class Snapshot:
    """Numbers for /v1/metrics. Jobs queued and running now; done, failed and cancelled since the start; files and bytes
    on the shelf (takes and sounds); `hits` takes that were there already, `misses` that were not; `joined` jobs that
    shared another's work; `waited` s until a job was begun, `took` s until it was done; `worker` process id."""

    queued: int
    running: int
    done: int
    failed: int
    cancelled: int
    cached_files: int
    cached_bytes: int
    hits: int
    misses: int
    joined: int
    waited: Histogram
    took: Histogram
    worker: int | None


class JobStore:
    """Holds jobs and has them performed. Every method may be called from any thread. Raises PlaceError."""

    def __init__(
        self,
        settings: Settings,
        worker: Performing | None = None,
        decoder: Decoder | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._settings = settings
        self._desk = Desk(settings, clock)
        self.place = self._desk.place
        self.decoder = decoder or Decoder(settings.limit_s, settings.data_folder)
        self._worker = worker or Worker(settings.data_folder, settings.memory_bytes)
        self._performer = Performer(self._desk, self._worker)
        self._hits = self._misses = 0

    def submit(self, order: Order, client: str = "", sound: Sound | None = None) -> Job:
        """Queue an order; its sound, if it was decoded just now. A job whose take is there already is done at once.

        Raises QueueFull, SoundNeeded, Closing; sqlite3.OperationalError or OSError when the disk is full.
        """
        desk = self._desk
        if desk.closing:
            raise Closing
        address = order.address(self._settings.data_folder)
        known = self._known(address)
        with desk.changed:
            if desk.closing:
                raise Closing
            now = desk.clock()
            job = Job(secrets.token_urlsafe(12), client, address, order, now)
            running = desk.work is not None and address in desk.work.wanted
            if not known and not running:
                known = self._known(address)  # its work may have ended since the first look
            if known:
                job = done(job, known, now)
                desk.ledger.add(job)
                self._hits += 1
                return job
            self._check_room(client, running)
            if sound is not None:
                desk.shelf.put(sound.file, sound.sha256)
            if order.sound not in desk.shelf:
                raise SoundNeeded
            desk.ledger.add(job)
            self._misses += 1
            desk.shelf.hold(order.sound)
            if running:
                desk.joined += 1
                desk.work.wanted[address].add(job.id)
                desk.ledger.put([started(job)])
            else:
                desk.enqueue(job)
            return job

    def check_room(self, client: str = "") -> None:
        """Raises QueueFull when `submit` would, were it for a new take."""
        with self._desk.changed:
            self._check_room(client, False)

    def _check_room(self, client: str, running: bool) -> None:
        """QueueFull when there are too many jobs, of this client or in the queue (but for what is `running`)."""
        desk, settings = self._desk, self._settings
        if desk.ledger.live(client) >= settings.queue_per_client:
            raise QueueFull(settings.queue_per_client, True, desk.left())
        if not running and len(desk.waiting) >= settings.queue:
            raise QueueFull(settings.queue, False, desk.left())

    def _known(self, address: str) -> str | None:
        """sha256 of the take at an address, when it is there and whole."""
        sha256 = self._desk.store.result(address)
        if sha256 is None:
            return None
        with self._desk.shelf.reading(sha256) as file:
            return None if file is None else sha256

    def sound_of(self, upload: str) -> tuple[str, int] | None:
        """(sha256, samples) of the sound in a file of that sha256, when it was decoded before. Raises Closing."""
        if self._desk.closing:
            raise Closing
        return self._desk.store.upload(upload)

    def learn_sound(self, upload: str, sound: Sound) -> None:
        """What a file of the sha256 `upload` sounds like."""
        self._desk.store.add_upload(upload, sound.sha256, sound.samples)

    def job(self, id: str) -> Job:
        """The job as it is now. Raises UnknownJob."""
        with self._desk.changed:
            return self._desk.ledger[id]

    def look(self, id: str) -> Look:
        """The job and where it stands. Raises UnknownJob."""
        desk = self._desk
        with desk.changed:
            job = desk.ledger[id]
            position, left = None, None
            if job.state == "queued" and not desk.closing:
                position, own = desk.waiting.stand(id)
                ahead = desk.left()
                left = None if ahead is None or own is None else ahead + own
            elif job.state == "running":
                left = desk.left()
            frames = job.order.frames
            return Look(job, position, left, None if frames is None else int(job.fraction * frames))

    def cancel(self, id: str) -> Job:
        """Cancel an unfinished job at once. Its work stops within a second, unless others want it. UnknownJob."""
        with self._desk.changed:
            job = self._desk.ledger[id]
            if job.state not in FINAL:
                self._desk.cancelled(id)
                self._worker.wake()
            return self._desk.ledger.get(id) or cancelled(job, self._desk.clock())

    def forget(self, id: str) -> None:
        """Drop a finished job; its take may stay for whoever asks again. Raises UnknownJob."""
        with self._desk.changed:
            self._desk.ledger.forget(id)

    @contextmanager
    def take(self, job: Job) -> Iterator[BinaryIO | None]:
        """The take file of a job that is done, checked. None when it was given up or damaged: then the job waits again
        where its sound is still here, and has failed where it is not."""
        with self._desk.shelf.reading(job.sha256) as file:
            if file is None:
                with self._desk.changed:
                    self._desk.make_again(job)
            yield file

    @contextmanager
    def watched(self, id: str, callback: Callable[[], None]) -> Iterator[None]:
        """`callback` is called, on any thread, after every change of the job."""
        with ExitStack() as stack:
            with self._desk.changed:
                stack.enter_context(self._desk.ledger.watched(id, callback))
            try:
                yield
            finally:
                with self._desk.changed:
                    stack.close()

    @property
    def closing(self) -> bool:
        return self._desk.closing

    def snapshot(self) -> Snapshot:
        desk = self._desk
        with desk.changed:
            return Snapshot(
                queued=len(desk.waiting),
                running=len(desk.work.ids) if desk.work else 0,
                done=desk.ledger.ended["done"],
                failed=desk.ledger.ended["failed"],
                cancelled=desk.ledger.ended["cancelled"],
                cached_files=len(desk.shelf),
                cached_bytes=desk.shelf.bytes,
                hits=self._hits,
                misses=self._misses,
                joined=desk.joined,
                waited=replace(desk.waited, counts=list(desk.waited.counts)),
                took=replace(desk.took, counts=list(desk.took.counts)),
                worker=self._worker.pid,
            )

    def health(self) -> dict:
        """How busy it is and whether it can go on: jobs that wait and run, free bytes on the disk, and the worker:
        'busy', 'ready' (its models are loaded) or 'asleep'."""
        desk = self._desk
        with desk.changed:
            return {
                "queued": len(desk.waiting),
                "running": len(desk.work.ids) if desk.work else 0,
                "free_bytes": shutil.disk_usage(self.place.folder).free,
                "worker": "busy" if desk.work else "ready" if self._worker.pid else "asleep",
            }

    def close(self, keep: bool = False, timeout_s: float = 5.0) -> None:
        """Stop: cancel everything, or `keep` what is not done for the next server. Waits for at most `timeout_s` s.
        A second call does nothing."""
        desk = self._desk
        with desk.changed:
            if desk.closing:
                return
            desk.closing = True
            live = desk.ledger.with_state("queued", "running")
            if keep:
                desk.ledger.put(again(job, "waiting for the backend's next start") for job in live)
            else:
                desk.ledger.put(cancelled(job, desk.clock()) for job in live)
            if desk.work is not None:
                desk.work.stop.set()
                self._worker.wake()
            desk.ledger.tell()
            desk.changed.notify_all()
        self._performer.join(timeout_s)
        self.decoder.close()
        with desk.changed:
            desk.close()


__all__ = ["FINAL", "Closing", "Job", "JobStore", "Look", "QueueFull", "SoundNeeded", "Snapshot", "UnknownJob"]
