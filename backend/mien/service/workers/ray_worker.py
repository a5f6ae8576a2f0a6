# SPDX-License-Identifier: GPL-3.0-or-later
"""RayWorker: the server's side of the tasks of `ray_task.py`. Ray chooses the machine of each, and holds back what has
no free processor; a task whose machine is lost is handed to Ray again, without what was made already."""

from __future__ import annotations

import hashlib
import logging
import os
from collections.abc import Callable
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path
from threading import Event
from typing import Any

import numpy as np

from mien.batch.ray_pool import RETRIES, ray_package, result_of
from mien.engines.base import Cancelled, Progress
from mien.service.workers import ray_task
from mien.service.workers.ray_task import Advanced, Begun, Ended, Order, Result
from mien.service.workers.worker import OnResult, WorkCrashed, Worker
from mien.settings import Settings

log = logging.getLogger(__name__)

LOOK_S = 0.2  # between two looks at `stop`
WAITING = "waiting for a machine of the cluster"


class RayWorker:
    """A Worker whose methods may be called from any thread: `make` as often at once as the cluster has processors.
    `has_gpu`: whether a GPU may be asked for now, for requests that are `on_gpu`."""

    pid = None

    def __init__(
        self,
        make_worker: Callable[[Settings], Worker],
        on_gpu: Callable[[Any], bool],
        settings: Settings,
        has_gpu: Callable[[], bool],
    ) -> None:
        self._make_worker, self._on_gpu, self._settings, self._has_gpu = make_worker, on_gpu, settings, has_gpu
        # Tried again here and not by Ray, which would send progress twice; max_calls: its process stays, with a GPU too
        task = ray_package().remote(num_cpus=1, max_retries=0, max_calls=0, num_returns="streaming")
        self._task = task(ray_task.work)

    def wake(self) -> None:
        """`make` looks by itself."""

    def prepare(self, request: Any) -> None:
        """Which machine will have the next work is not known."""

    def discard(self) -> None:
        """Whatever is left is on the machine that had the work."""

    def release(self) -> None:
        """The processes are Ray's."""

    def make(
        self,
        requests: list[Any],
        source: Path,
        results: list[Path],
        on_progress: Progress,
        on_result: OnResult,
        stop: Event,
    ) -> float:
        """The result of each request, on a machine of the cluster. See Worker."""
        left = {request.result_key(self._settings.data_folder): number for number, request in enumerate(requests)}
        ray = ray_package()
        sources = [ray.put(np.fromfile(source.with_name(name), np.uint8)) for name in requests[0].sources]

        def receive(result: Result) -> None:
            number = left[result.key]
            write(result, results[number])
            on_result(number, result.sha256)
            del left[result.key]

        for _ in range(RETRIES + 1):
            orders = {key: requests[number] for key, number in left.items()}
            try:
                return self._run(Order(self._make_worker, self._settings, orders), sources, on_progress, receive, stop)
            except BrokenProcessPool as error:
                if stop.is_set():
                    raise Cancelled from None
                log.warning("a machine of the cluster was lost at work on %s: %s", requests[0].name, error)
        raise WorkCrashed(
            f"The machine of the cluster that worked on {requests[0].name!r} was lost, {RETRIES + 1} times. If the "
            "machines were short of memory, ask for something shorter; otherwise report it with the backend's log."
        )

    def _run(
        self,
        order: Order,
        sources: list[Any],
        on_progress: Progress,
        receive: Callable[[Result], None],
        stop: Event,
    ) -> float:
        """One task to its end. BrokenProcessPool where its machine or process is lost."""
        ray, request = ray_package(), next(iter(order.requests.values()))
        gpus = int(self._has_gpu() and self._on_gpu(request))
        on_progress(0.0, WAITING)
        events = self._task.options(num_gpus=gpus).remote(order, *sources)
        while True:
            if stop.is_set():
                ray.cancel(events)
                raise Cancelled
            if not ray.wait([events], timeout=LOOK_S)[0]:
                continue
            event = self._next(events)
            match event:
                case Begun():
                    on_progress(0.0, "starting")
                case Advanced():
                    on_progress(event.fraction, event.stage)
                case Result():
                    receive(event)
                case Ended():
                    return event.seconds

    def _next(self, events: Any) -> Any:
        ray = ray_package()
        try:
            return result_of(next(events))
        except StopIteration:
            raise BrokenProcessPool("its task ended without a word") from None
        except ray.exceptions.TaskCancelledError:  # by somebody else, as `ray` on a terminal
            raise BrokenProcessPool("its task was cancelled") from None


def write(result: Result, path: Path) -> None:
    """The file of a result, whole, in a new file. BrokenProcessPool where other bytes came than were sent."""
    if hashlib.sha256(result.content).hexdigest() != result.sha256:
        raise BrokenProcessPool("what it sent was damaged on the way")
    with path.open("xb") as file:
        file.write(result.content)
        file.flush()
        os.fsync(file.fileno())
