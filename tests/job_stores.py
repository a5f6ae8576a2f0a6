# SPDX-License-Identifier: GPL-3.0-or-later
"""Stores of jobs without a server around them, whose work is done in the test's own process by the toy."""

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
from mien.engines.toy import Toy
from mien.service.jobs.job import FINAL, Job
from mien.service.jobs.job_store import JobStore
from mien.service.workers.decode_process import Sound
from mien.settings import Settings
from mien.take_request import Order

SAMPLES = (np.sin(np.arange(48000) / 20) * 0.3).astype("<f4")
SOUND = hashlib.sha256(SAMPLES.tobytes()).hexdigest()
ORDER = Order(SOUND, len(SAMPLES), "hum", Direction(), "toy")


def seed(number: int) -> Order:
    """Of an engine that hears a sound once for all its takes; here the toy stands in for it."""
    return replace(ORDER, engine="articulation", direction=Direction(seed=number))


def apart(number: int) -> Order:
    """An order that is never performed together with another."""
    return replace(ORDER, direction=Direction(temperature=1 + number / 100, seed=number))


class Stores:
    """Job stores on one data folder, one after another or beside each other; all are closed in the end."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.opened = folder, []

    def open(self, worker: InThread | None = None, clock=time.monotonic, **settings: object) -> JobStore:
        store = JobStore(Settings(data_folder=self.folder, **settings), worker or InThread(), clock=clock)
        self.opened.append(store)
        return store

    def die(self, store: JobStore) -> None:
        """As by kill -9: nothing is written down any more, nobody works, and the lock is free."""
        store._desk.ledger._write = lambda *_: None
        with store._desk.changed:
            store._desk.closing = True
            if store._desk.work is not None:
                store._desk.work.stop.set()
            store._desk.changed.notify_all()
        store._performer.join(20)
        store._desk.store.close()
        store.place.close()
        self.opened.remove(store)


def ask(store: JobStore, order: Order = ORDER, client: str = "anna") -> Job:
    """With the sound, as a client that sends it for the first time."""
    file = store.place.new_file("sound")
    file.write_bytes(SAMPLES.tobytes())
    return store.submit(order, client, Sound(order.sound, order.samples, file))


def until(store: JobStore, id: str, seen: Callable[[Job], bool]) -> Job:
    """The job once it is as it should be, told by its own watcher."""
    changed = threading.Event()
    with store.watched(id, changed.set):
        while not seen(job := store.job(id)):
            assert changed.wait(20)
            changed.clear()
    return job


def finished(store: JobStore, id: str) -> Job:
    return until(store, id, lambda job: job.state in FINAL)


def take_of(store: JobStore, job: Job) -> bytes | None:
    with store.take(job) as file:
        return None if file is None else file.read()


TOY = Toy().generate(Speech.from_samples(SAMPLES), Direction(), lambda fraction, stage: None).to_bytes()


def until_idle(store: JobStore) -> None:
    while store.snapshot().running:
        time.sleep(0.01)
