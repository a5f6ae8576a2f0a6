# SPDX-License-Identifier: GPL-3.0-or-later
"""SingleJobWorker: the server's side of a process that does one job and ends, as those of meshes and films."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from threading import Event
from typing import Any

from mien.engines.base import Cancelled, Progress
from mien.files.digest import sha256_of
from mien.service.workers.process import ProcessEnded, WorkerProcess
from mien.service.workers.worker import DiskFull, OnResult, WorkCrashed, WorkFailed


@dataclass(frozen=True)
class SingleJob:
    """`module` is run, is sent `message`, and replies {"fraction", "stage"} on the way and {"end"} as the last: "done",
    "failed" with a "sentence", or "full" when the disk is. `too_long` is the sentence for more than `limit_s` seconds,
    `crashed` one that goes on behind how the process ended."""

    module: str
    message: Mapping[str, Any]
    limit_s: float
    too_long: str
    crashed: str


class SingleJobWorker:
    """A Worker whose jobs each have a process of their own; at most `memory` bytes for it, 0 for no limit."""

    def __init__(self, data_folder: Path, memory: int = 0) -> None:
        self._data_folder, self._memory = data_folder, memory
        self._process: WorkerProcess | None = None

    def job(self, request: Any, source: Path, result: Path) -> SingleJob:
        """What has to be done for a request."""
        raise NotImplementedError

    @property
    def pid(self) -> int | None:
        process = self._process
        return process.pid if process is not None and process.running else None

    def make(
        self,
        requests: list[Any],
        source: Path,
        results: list[Path],
        on_progress: Progress,
        on_result: OnResult,
        stop: Event,
    ) -> float:
        """The result of the one request. See Worker."""
        began, job = time.monotonic(), self.job(requests[0], source, results[0])
        process = self._process = WorkerProcess(job.module, self._memory, self._data_folder)
        try:
            process.send(job.message)
            self._watch(process, job, began + job.limit_s, on_progress, stop)
            on_result(0, sha256_of(results[0]))
            return time.monotonic() - began
        except ProcessEnded as error:
            if stop.is_set():
                raise Cancelled from None
            raise WorkCrashed(job.crashed.format(error)) from None
        finally:
            self.release()

    def wake(self) -> None:
        process = self._process
        if process is not None:
            process.messages.put({})

    def prepare(self, request: Any) -> None:
        """There is nothing to load before a source is known."""

    def discard(self) -> None:
        """What is left is removed with the process."""

    def release(self) -> None:
        process, self._process = self._process, None
        if process is not None:
            process.kill()

    def _watch(
        self, process: WorkerProcess, job: SingleJob, deadline: float, on_progress: Progress, stop: Event
    ) -> None:
        """Until the result is written."""
        while True:
            if stop.is_set():
                raise Cancelled
            try:
                message = process.receive(max(deadline - time.monotonic(), 0.0))
            except TimeoutError:
                raise WorkFailed(job.too_long) from None
            if "stage" in message:
                on_progress(message["fraction"], message["stage"])
            elif message.get("end") == "done":
                return
            elif message.get("end") == "full":
                raise DiskFull
            elif "end" in message:
                raise WorkFailed(message["sentence"])
