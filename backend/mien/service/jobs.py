# SPDX-License-Identifier: GPL-3.0-or-later
"""Jobs: takes being made, one work after another, for many clients.

What was accepted is written down before it is confirmed, and taken up again by the next server on the same folder. A
take that was made before is not made again; jobs that ask for the same share one work; jobs that differ in nothing but
their seed are performed together where they wait together (2.4 times as fast for five, measured).
"""

from __future__ import annotations

import logging
import secrets
import shutil
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import BinaryIO, Protocol

from mien.engines.base import Cancelled, Progress
from mien.service.decoding import Decoder, Sound
from mien.service.job import FINAL, Job, advanced, again, cancelled, done, failed, started
from mien.service.ledger import Ledger, UnknownJob
from mien.service.order import Order
from mien.service.pace import Pace
from mien.service.place import left_places, take_place
from mien.service.restart import adopt, taken_up
from mien.service.shelf import Shelf
from mien.service.store import Store, disk_full
from mien.service.traffic import Histogram
from mien.service.waiting import Waiting, Work
from mien.service.worker import DiskFull, Made, WorkCrashed, Worker, WorkFailed
from mien.settings import Settings

log = logging.getLogger(__name__)

ROOM_S = 5.0, 300.0  # how long a full disk is left alone, at first and at most


class QueueFull(Exception):
    """No more may wait: of this client (`own`), or of all. `limit` of them do; in about `seconds` one is done."""

    def __init__(self, limit: int, own: bool, seconds: float | None) -> None:
        super().__init__()
        self.limit, self.own, self.seconds = limit, own, seconds


class SoundNeeded(Exception):
    """The sound of an order is not here (any more); it must be decoded first."""


class Closing(Exception):
    """The server is about to end."""


class Performing(Protocol):
    """What makes takes: `Worker`, or in a test something slower."""

    pid: int | None

    def make(
        self, orders: list[Order], sound: Path, results: list[Path], progress: Progress, made: Made,
        stop: threading.Event,
    ) -> float: ...  # fmt: skip

    def wake(self) -> None: ...

    def prepare(self, engine: str) -> None: ...

    def release(self) -> None: ...


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
        self._settings, self._clock = settings, clock
        self._worker = worker or Worker(settings.data_folder, settings.memory_bytes)
        self.decoder = decoder or Decoder(settings.limit_s, settings.data_folder)
        self.place = take_place(settings.data_folder)
        self._store = Store(self.place.database)
        self._shelf = Shelf(self.place.files, self._store, settings.cache_bytes)
        self._ledger = Ledger(self._store, settings.keep_takes, settings.keep_s, clock)
        self._pace = Pace(self._store)
        self._waiting = Waiting(self._ledger.__getitem__, self._pace)
        self._work: Work | None = None
        self._closing = False
        self._hits = self._misses = self._joined = 0
        self._waited, self._took = Histogram(), Histogram()
        self._room_s = ROOM_S[0]
        self._changed = threading.Condition()
        for left in left_places(settings.data_folder):
            adopt(left, self._store, self._shelf)
        with self._changed:
            self._take_up()
        self._performer = threading.Thread(target=self._perform_all, name="mien-takes", daemon=True)
        self._performer.start()

    # what clients ask

    def submit(self, order: Order, client: str = "", sound: Sound | None = None) -> Job:
        """Queue an order; its sound, if it was decoded just now. A job whose take is there already is done at once.

        Raises QueueFull, SoundNeeded, Closing; sqlite3.OperationalError or OSError when the disk is full.
        """
        if self._closing:
            raise Closing
        address = order.address(self._settings.data_folder)
        known = self._known(address)
        with self._changed:
            if self._closing:
                raise Closing
            now = self._clock()
            job = Job(secrets.token_urlsafe(12), client, address, order, now)
            if known:
                job = done(job, known, now)
                self._ledger.add(job)
                self._hits += 1
                return job
            running = self._work is not None and address in self._work.wanted
            self._check_room(client, running)
            if sound is not None:
                self._shelf.put(sound.file, sound.sha256)
            if order.sound not in self._shelf:
                raise SoundNeeded
            self._ledger.add(job)
            self._misses += 1
            self._shelf.hold(order.sound)
            if running:
                self._joined += 1
                self._work.wanted[address].add(job.id)
                self._ledger.put([started(job)])
            else:
                self._enqueue(job)
            return job

    def check_room(self, client: str = "") -> None:
        """Raises QueueFull when `submit` would, were it for a new take."""
        with self._changed:
            self._check_room(client, False)

    def sound_of(self, upload: str) -> tuple[str, int] | None:
        """(sha256, samples) of the sound in a file of that sha256, when it was decoded before. Raises Closing."""
        if self._closing:
            raise Closing
        return self._store.upload(upload)

    def learn_sound(self, upload: str, sound: Sound) -> None:
        """What a file of the sha256 `upload` sounds like."""
        self._store.add_upload(upload, sound.sha256, sound.samples)

    def job(self, id: str) -> Job:
        """The job as it is now. Raises UnknownJob."""
        with self._changed:
            return self._ledger[id]

    def look(self, id: str) -> Look:
        """The job and where it stands. Raises UnknownJob."""
        with self._changed:
            job = self._ledger[id]
            position, left = None, None
            if job.state == "queued" and not self._closing:
                position, own = self._waiting.stand(id)
                ahead = self._left()
                left = None if ahead is None or own is None else ahead + own
            elif job.state == "running":
                left = self._left()
            frames = job.order.frames
            return Look(job, position, left, None if frames is None else int(job.fraction * frames))

    def cancel(self, id: str) -> Job:
        """Cancel an unfinished job at once. Its work stops within a second, unless others want it. UnknownJob."""
        with self._changed:
            job = self._ledger[id]
            if job.state not in FINAL:
                self._end([cancelled(job, self._clock())])
            return self._ledger.get(id) or cancelled(job, self._clock())

    def forget(self, id: str) -> None:
        """Drop a finished job; its take may stay for whoever asks again. Raises UnknownJob."""
        with self._changed:
            self._ledger.forget(id)

    @contextmanager
    def take(self, job: Job) -> Iterator[BinaryIO | None]:
        """The take file of a job that is done, checked. None when it was given up or damaged: then the job waits again
        where its sound is still here, and has failed where it is not."""
        with self._shelf.reading(job.sha256) as file:
            if file is None:
                self._make_again(job)
            yield file

    @contextmanager
    def watched(self, id: str, callback: Callable[[], None]) -> Iterator[None]:
        """`callback` is called, on any thread, after every change of the job."""
        with ExitStack() as stack:
            with self._changed:
                stack.enter_context(self._ledger.watched(id, callback))
            try:
                yield
            finally:
                with self._changed:
                    stack.close()

    @property
    def closing(self) -> bool:
        return self._closing

    def snapshot(self) -> Snapshot:
        with self._changed:
            ended = self._ledger.ended
            return Snapshot(
                queued=len(self._waiting),
                running=len(self._work.ids) if self._work else 0,
                done=ended["done"],
                failed=ended["failed"],
                cancelled=ended["cancelled"],
                cached_files=len(self._shelf),
                cached_bytes=self._shelf.bytes,
                hits=self._hits,
                misses=self._misses,
                joined=self._joined,
                waited=replace(self._waited, counts=list(self._waited.counts)),
                took=replace(self._took, counts=list(self._took.counts)),
                worker=self._worker.pid,
            )

    def health(self) -> dict:
        """How busy it is and whether it can go on: jobs that wait and run, free bytes on the disk, and the worker:
        'busy', 'ready' (its models are loaded) or 'asleep'."""
        with self._changed:
            return {
                "queued": len(self._waiting),
                "running": len(self._work.ids) if self._work else 0,
                "free_bytes": shutil.disk_usage(self.place.folder).free,
                "worker": "busy" if self._work else "ready" if self._worker.pid else "asleep",
            }

    def close(self, keep: bool = False, timeout_s: float = 5.0) -> None:
        """Stop: cancel everything, or `keep` what is not done for the next server. Waits for at most `timeout_s` s.
        A second call does nothing."""
        with self._changed:
            if self._closing:
                return
            self._closing = True
            live = self._ledger.with_state("queued", "running")
            if keep:
                self._ledger.put(again(job, "waiting for the backend's next start") for job in live)
            else:
                self._ledger.put(cancelled(job, self._clock()) for job in live)
            if self._work is not None:
                self._work.stop.set()
                self._worker.wake()
            self._ledger.tell()
            self._changed.notify_all()
        self._performer.join(timeout_s)
        self.decoder.close()
        with self._changed:
            self._shelf.close()
            self._store.close()
            self.place.close()

    # waiting

    def _check_room(self, client: str, running: bool) -> None:
        """QueueFull when there are too many jobs, of this client or in the queue (but for what is `running`)."""
        if self._ledger.live(client) >= self._settings.queue_per_client:
            raise QueueFull(self._settings.queue_per_client, True, self._left())
        if not running and len(self._waiting) >= self._settings.queue:
            raise QueueFull(self._settings.queue, False, self._left())

    def _enqueue(self, job: Job) -> None:
        self._waiting.add(job)
        self._changed.notify_all()

    def _left(self) -> float | None:
        """Seconds until the present work is done; 0 when there is none."""
        if self._work is None:
            return 0.0
        first, spent = self._work.first, self._clock() - self._work.begun
        return self._pace.left(first.engine, first.seconds, self._work.fraction, spent)

    # what was made before, and what was left

    def _known(self, address: str) -> str | None:
        """sha256 of the take at an address, when it is there and whole."""
        sha256 = self._store.result(address)
        if sha256 is None:
            return None
        with self._shelf.reading(sha256) as file:
            return None if file is None else sha256

    def _make_again(self, job: Job) -> None:
        with self._changed:
            if self._closing or self._ledger.get(job.id) != job:  # somebody else found it first
                return
            if job.order.sound in self._shelf:
                self._shelf.hold(job.order.sound)
                self._ledger.put([again(job)])
                self._enqueue(self._ledger[job.id])
                return
            sentence = "The take was dropped to make room for others, or damaged on the disk. Ask for it anew."
            self._ledger.put([failed(again(job), sentence, self._clock())])

    def _take_up(self) -> None:
        """The jobs that the last server on this folder knew."""
        now = self._clock()
        for job, reason in taken_up(self._store, self._shelf, self._settings.data_folder, now):
            self._ledger.restore(job)
            if reason:
                self._ledger.put([failed(job, reason, now)])
            elif job.state == "queued":
                self._shelf.hold(job.order.sound)
                self._enqueue(job)

    # performing

    def _perform_all(self) -> None:
        while True:
            with self._changed:
                idle_s = self._settings.idle_s if self._worker.pid is not None else None
                self._changed.wait_for(lambda: len(self._waiting) or self._closing, idle_s)
                if self._closing:
                    break
                if len(self._waiting):
                    self._work = self._next_work()
            if self._work is None:
                self._worker.release()
            else:
                self._perform(self._work)
        self._worker.release()

    def _next_work(self) -> Work:
        now = self._clock()
        work, jobs = self._waiting.pop(now)
        for job in jobs:
            self._waited.note(now - job.asked)
        self._joined += len(jobs) - len(work.orders)
        self._ledger.put(started(job) for job in jobs)
        self._ledger.tell(self._waiting.ids())  # they moved up
        return work

    def _perform(self, work: Work) -> None:
        addresses, orders = list(work.orders), list(work.orders.values())
        results = [self.place.new_file("take") for _ in orders]
        first = orders[0]

        def progress(fraction: float, stage: str) -> None:
            with self._changed:
                if stage == "loading":  # which says nothing about how fast it will go
                    work.begun = self._clock()
                work.fraction = max(work.fraction, fraction)
                self._ledger.put([advanced(self._ledger[id], fraction, stage) for id in work.ids])

        def made(place: int, sha256: str) -> None:
            with self._changed:
                self._shelf.put(results[place], sha256)
                self._store.set_result(addresses[place], sha256)
                ids = work.wanted.get(addresses[place], ())
                self._end([done(self._ledger[id], sha256, self._clock()) for id in ids])

        try:
            with self._shelf.reading(first.sound) as sound:
                if sound is None:
                    raise WorkFailed(f"The backend's copy of the sound {first.name!r} was damaged. Ask for it anew.")
                spent = self._worker.make(orders, self._shelf.path(first.sound), results, progress, made, work.stop)
            if len(orders) == 1:
                self._learn_pace(first, spent)
            self._room_s = ROOM_S[0]
        except Cancelled:
            log.debug("nobody wants %s any more", first.name)
            if not self._closing:
                self._worker.prepare(first.engine)  # who cancels often asks again
        except DiskFull:
            self._wait_for_room(work)
        except WorkCrashed as crash:
            log.error("%s", crash)
            if len(work.wanted) > 1:
                self._put_back(work, apart=True)
            else:
                self._fail(work, str(crash))
        except WorkFailed as error:
            self._fail(work, str(error))
        except Exception as error:
            if disk_full(error):
                self._wait_for_room(work)
            else:
                log.exception("the work on %s failed", first.name)
                sentence = "The backend failed in a way it should not. Its log says where; report it with the log."
                self._fail(work, sentence)
        finally:
            with self._changed:
                self._work = None
            for path in results:
                path.unlink(missing_ok=True)

    def _end(self, jobs: list[Job]) -> None:
        """Jobs that have just become final leave the queue, the work and their sound. The lock is held."""
        for job in jobs:
            self._waiting.remove(job.id)
            self._shelf.release(job.order.sound)
            if self._work is not None:
                self._work.leave(job)
            if job.state == "done":
                self._took.note(job.finished - job.asked)
        self._ledger.put(jobs)
        if self._work is not None and not self._work.wanted and any(job.state == "cancelled" for job in jobs):
            self._work.stop.set()
            self._worker.wake()

    def _fail(self, work: Work, sentence: str) -> None:
        with self._changed:
            self._end([failed(self._ledger[id], sentence, self._clock()) for id in work.ids])

    def _put_back(self, work: Work, apart: bool = False, stage: str = "waiting") -> None:
        with self._changed:
            if apart:
                self._waiting.keep_apart(set(work.wanted))
            jobs = [again(self._ledger[id], stage) for id in work.ids]
            self._work = None
            self._ledger.put(jobs)
            for job in jobs:
                self._enqueue(job)

    def _wait_for_room(self, work: Work) -> None:
        """The disk is full: give up what can be had again, and try once more in a while."""
        log.error("the disk of %s is full; takes wait for room", self.place.folder)
        with self._changed:
            self._shelf.make_room()
            self._put_back(work, stage="waiting for room on the backend's disk")
            self._changed.wait_for(lambda: self._closing, self._room_s)
            self._room_s = min(2 * self._room_s, ROOM_S[1])

    def _learn_pace(self, order: Order, seconds: float) -> None:
        with self._changed:
            try:
                self._pace.learn(order.engine, order.seconds, seconds)
            except sqlite3.OperationalError as error:
                log.warning("how long takes take could not be written down: %s", error)
            self._waiting.forget_stands()


__all__ = ["FINAL", "Closing", "Job", "JobStore", "Look", "QueueFull", "SoundNeeded", "Snapshot", "UnknownJob"]
