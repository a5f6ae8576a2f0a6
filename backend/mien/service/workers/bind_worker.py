# SPDX-License-Identifier: GPL-3.0-or-later
"""BindWorker: the server's side of the process that binds a mesh. Each mesh has a process of its own."""

from __future__ import annotations

import hashlib
import time
from pathlib import Path
from threading import Event
from typing import Any

from mien.engines.base import Cancelled, Progress
from mien.service.workers.process import ProcessEnded, WorkerProcess
from mien.service.workers.worker import DiskFull, OnResult, WorkCrashed, WorkFailed

MODULE = "mien.service.workers.bind_process"
LIMIT_S = 600.0  # no mesh takes longer; a body of 200,000 vertices takes a minute


class BindWorker:
    """A Worker of bindings; at most `memory` bytes for its process, 0 for no limit."""

    def __init__(self, data_folder: Path, memory: int = 0) -> None:
        self._data_folder, self._memory = data_folder, memory
        self._process: WorkerProcess | None = None

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
        """The shapes of the one mesh in `source`. See Worker."""
        began = time.monotonic()
        process = self._process = WorkerProcess(MODULE, self._memory, self._data_folder)
        try:
            process.send({"mesh": str(source), "shapes": str(results[0])})
            self._watch(process, began + LIMIT_S, on_progress, stop)
            with results[0].open("rb") as file:
                on_result(0, hashlib.file_digest(file, "sha256").hexdigest())
            return time.monotonic() - began
        except ProcessEnded as error:
            raise WorkCrashed(
                f"The process that bound the mesh is gone: {error}. The mesh may be too large for this machine."
            ) from None
        finally:
            self.release()

    def wake(self) -> None:
        process = self._process
        if process is not None:
            process.messages.put({})

    def prepare(self, request: Any) -> None:
        """There is nothing to load before a mesh is known."""

    def release(self) -> None:
        process, self._process = self._process, None
        if process is not None:
            process.kill()

    def _watch(self, process: WorkerProcess, deadline: float, on_progress: Progress, stop: Event) -> None:
        """Until the shapes are written."""
        while True:
            if stop.is_set():
                raise Cancelled
            try:
                message = process.receive(max(deadline - time.monotonic(), 0.0))
            except TimeoutError:
                raise WorkFailed(
                    f"Binding took longer than {LIMIT_S:g} s; make the mesh coarser or cut out the face."
                ) from None
            if "stage" in message:
                on_progress(message["fraction"], message["stage"])
            elif message.get("end") == "done":
                return
            elif message.get("end") == "full":
                raise DiskFull
            elif "end" in message:
                raise WorkFailed(message["sentence"])
