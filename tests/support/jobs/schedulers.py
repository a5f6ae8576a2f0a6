# SPDX-License-Identifier: GPL-3.0-or-later
"""Schedulers without a server around them, whose takes are made in the test's own process by the toy engine."""

import hashlib
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
from in_thread import InThread
from mien.audio.speech import Speech
from mien.direction import Direction
from mien.engines.toy.engine import Toy
from mien.service.jobs.job import FINAL, Job
from mien.service.jobs.scheduler import Scheduler
from mien.service.jobs.take_jobs import TAKE
from mien.service.monitoring.snapshot import KindSnapshot
from mien.service.workers.worker import Cluster
from mien.settings import Settings
from mien.take_request import TakeRequest

SAMPLES = (np.sin(np.arange(48000) / 20) * 0.3).astype("<f4")
SOUND = hashlib.sha256(SAMPLES.tobytes()).hexdigest()
REQUEST = TakeRequest(SOUND, len(SAMPLES), "hum", Direction(), "toy")


def seed(number: int) -> TakeRequest:
    """Of an engine that analyses a sound once for all its takes; here the toy stands in for it."""
    return replace(REQUEST, engine="articulation", direction=Direction(seed=number))


def apart(number: int) -> TakeRequest:
    """A request that is never made together with another."""
    return replace(REQUEST, direction=Direction(temperature=1 + number / 100, seed=number))


class Schedulers:
    """Schedulers on one data folder, one after another or beside each other; all are closed in the end."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.opened = folder, []

    def open(
        self, worker: InThread | None = None, clock=time.monotonic, cluster: Cluster | None = None, **settings: object
    ) -> Scheduler:
        settings = Settings(data_folder=self.folder, **settings)
        workers = {"take": worker or InThread()} if cluster is None else {}
        scheduler = Scheduler(settings, workers, clock=clock, cluster=cluster)
        self.opened.append(scheduler)
        return scheduler

    def close(self, scheduler: Scheduler, keep: bool = False) -> None:
        """Before the end of the test."""
        scheduler.close(keep)
        self.opened.remove(scheduler)

    def die(self, scheduler: Scheduler) -> None:
        """As by kill -9: nothing is written any more, nothing is made, and the lock of the folder is free."""
        scheduler._registry._write = lambda *_: None
        with scheduler._changed:
            scheduler.closing = True
            for batch in scheduler._batches:
                batch.stop.set()
            scheduler._changed.notify_all()
        for dispatcher in scheduler._dispatchers:
            dispatcher.join(20)
        scheduler.storage.database.close()
        scheduler.storage.folder.close()
        self.opened.remove(scheduler)


def submit(scheduler: Scheduler, request: TakeRequest = REQUEST, client: str = "anna") -> Job:
    """With the sound, as a client that sends it for the first time."""
    file = scheduler.storage.folder.new_file("sound")
    file.write_bytes(SAMPLES.tobytes())
    return scheduler.submit(TAKE, request, client, file)


def submit_known(scheduler: Scheduler, request: TakeRequest = REQUEST, client: str = "anna") -> Job:
    """Without the sound, which is in the cache."""
    return scheduler.submit(TAKE, request, client)


def until(scheduler: Scheduler, job_id: str, reached: Callable[[Job], bool]) -> Job:
    """The job once it is as it should be, told by its own watcher."""
    changed = threading.Event()
    with scheduler.watch(job_id, changed.set):
        while not reached(job := scheduler.job(job_id)):
            assert changed.wait(300)
            changed.clear()
    return job


def final(scheduler: Scheduler, job_id: str) -> Job:
    """The job once it has ended."""
    return until(scheduler, job_id, lambda job: job.state in FINAL)


def take_of(scheduler: Scheduler, job: Job) -> bytes | None:
    with scheduler.open_result(job) as file:
        return None if file is None else file.read()


def takes(scheduler: Scheduler) -> KindSnapshot:
    """The numbers of takes."""
    return scheduler.snapshot().kinds["take"]


TOY = Toy().generate(Speech.from_samples(SAMPLES), Direction(), lambda fraction, stage: None).to_bytes()


def until_idle(scheduler: Scheduler) -> None:
    while takes(scheduler).running:
        time.sleep(0.01)
