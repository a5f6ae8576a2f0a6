# SPDX-License-Identifier: GPL-3.0-or-later
"""The work of one batch on a machine of a Ray cluster: a task that yields its progress and its results.

It hands the batch to the same Worker that a backend without Ray has, which stays in Ray's process for the next task, so
that its models are loaded once; a GPU that Ray gives another task has a Worker of its own. Ray ends a task that is
cancelled where it yields (Ray 2.60: nowhere else, which was tried), so it yields even where there is nothing new.
"""

from __future__ import annotations

import os
import platform
import queue
import tempfile
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from mien.errors import MienError
from mien.film_request import FilmRequest
from mien.service.errors import sentence_of
from mien.service.workers.worker import Worker, WorkFailed
from mien.settings import Settings
from mien.video.consent import record_consent, recorded_consent

BEAT_S = 0.4  # between two occasions to end a task that was cancelled
GPUS = "CUDA_VISIBLE_DEVICES"  # as Ray sets it for each task


@dataclass(frozen=True)
class Order:
    """`requests` by result key, made by what `make_worker` makes with the `settings` of the backend."""

    make_worker: Callable[[Settings], Worker]
    settings: Settings
    requests: dict[str, Any]


@dataclass(frozen=True)
class Begun:
    """The task has a machine, whose `name` this is."""

    name: str


@dataclass(frozen=True)
class Working:
    """There is nothing new."""


@dataclass(frozen=True)
class Advanced:
    """How far the whole batch is."""

    fraction: float
    stage: str


@dataclass(frozen=True)
class Result:
    """The file of a request, by its result key."""

    key: str
    sha256: str
    content: bytes


@dataclass(frozen=True)
class Ended:
    """All results were sent; the work took so many seconds, without loading."""

    seconds: float


Event = Begun | Working | Advanced | Result | Ended


def work(order: Order, *sources: np.ndarray) -> Iterator[Event]:
    """Make the results of an order of the bytes (uint8) of its sources. Raises what a Worker does, and WorkFailed where
    this machine would make other results than the backend."""
    yield Begun(platform.node())
    events: queue.SimpleQueue[Event | BaseException] = queue.SimpleQueue()
    host, stop = _host(order), threading.Event()

    def make() -> None:
        try:
            with tempfile.TemporaryDirectory(prefix="mien-") as folder:
                events.put(Ended(host.make(order, sources, Path(folder), events.put, stop)))
        except BaseException as error:
            events.put(error)

    thread = threading.Thread(target=make, name="mien-work", daemon=True)
    thread.start()
    try:
        while True:
            try:
                event = events.get(timeout=BEAT_S)
            except queue.Empty:
                event = Working()
            if isinstance(event, BaseException):
                raise event
            yield event
            if isinstance(event, Ended):
                return
    finally:
        stop.set()
        host.worker.wake()
        thread.join()


class Host:
    """A Worker in a process of Ray, which ends its own process after some time without work."""

    def __init__(self, order: Order) -> None:
        self.folder = data_folder(order.settings)
        self.worker = order.make_worker(replace(order.settings, data_folder=self.folder))
        self._idle_s = order.settings.idle_s
        self._lock = threading.Lock()  # one task at a time has the worker, and none while it is released
        self._timer: threading.Timer | None = None

    def make(
        self,
        order: Order,
        sources: tuple[np.ndarray, ...],
        folder: Path,
        send: Callable[[Event], None],
        stop: threading.Event,
    ) -> float:
        """Seconds that it took. See `work`."""
        with self._lock:
            if self._timer is not None:
                self._timer.cancel()
            keys, requests = list(order.requests), list(order.requests.values())
            self._check(order)
            for name, content in zip(requests[0].sources, sources, strict=True):
                (folder / name).write_bytes(content)
            results = [folder / f"result-{number}" for number in range(len(requests))]

            def on_result(number: int, sha256: str) -> None:
                send(Result(keys[number], sha256, results[number].read_bytes()))
                results[number].unlink()

            try:
                source = folder / requests[0].sources[0]
                return self.worker.make(
                    requests, source, results, lambda done, stage: send(Advanced(done, stage)), on_result, stop
                )
            finally:
                self._timer = threading.Timer(self._idle_s, self._release)
                self._timer.daemon = True
                self._timer.start()

    def _check(self, order: Order) -> None:
        for key, request in order.requests.items():
            try:
                same = request.result_key(self.folder) == key
            except MienError as error:
                raise WorkFailed(f"{platform.node()}: {sentence_of(error, self.folder)}") from None
            if not same:
                raise WorkFailed(
                    f"Mien on the machine {platform.node()} is not the one of the backend, or has other models. "
                    "Install the same on all machines of the cluster, and start the backend anew after a change."
                )
            if isinstance(request, FilmRequest) and recorded_consent(request.shown, self.folder) is None:
                record_consent(request.shown, request.consent, self.folder)

    def _release(self) -> None:
        if self._lock.acquire(blocking=False):
            try:
                self.worker.release()
            finally:
                self._lock.release()


def data_folder(settings: Settings) -> Path:
    """The backend's data folder where this machine sees it, too; else this machine's own."""
    return settings.data_folder if settings.data_folder.is_dir() else Settings.read().data_folder


_hosts: dict[tuple[type, Settings, str | None], Host] = {}


def _host(order: Order) -> Host:
    """That of this process for such orders."""
    key = type(next(iter(order.requests.values()))), order.settings, os.environ.get(GPUS)
    if key not in _hosts:
        _hosts[key] = Host(order)
    return _hosts[key]
