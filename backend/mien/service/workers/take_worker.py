# SPDX-License-Identifier: GPL-3.0-or-later
"""TakeWorker: the server's side of the process that makes takes.

A process, because Praat holds Python's global lock for 7.5 s of a ten-minute sound (measured), in which a thread beside
it could neither answer nor be stopped; and because a crash there must not be a crash here.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Sequence
from pathlib import Path
from threading import Event

from mien.engines.base import Cancelled, Progress
from mien.service.workers.process import ProcessEnded, WorkerProcess
from mien.service.workers.stop_deadline import StopDeadline
from mien.service.workers.worker import DiskFull, OnResult, WorkCrashed, WorkFailed
from mien.take_request import TakeRequest

log = logging.getLogger(__name__)

MODULE = "mien.service.workers.take_process"


class TakeWorker:
    """A Worker of takes; at most `memory` bytes for its process, 0 for no limit. `command` runs another program than
    MODULE."""

    def __init__(self, data_folder: Path, memory: int = 0, command: Sequence[str] = ()) -> None:
        self._arguments = memory, data_folder, command
        self._process: WorkerProcess | None = None
        self._sent = 0

    @property
    def pid(self) -> int | None:
        process = self._process
        return process.pid if process is not None and process.running else None

    def release(self) -> None:
        process, self._process = self._process, None
        if process is not None:
            process.kill()

    def prepare(self, request: TakeRequest) -> None:
        """Load the request's engine in a new process, where there is none, without waiting for it."""
        if self._process is None:
            self._send(self._running(), {"load": request.engine})

    def discard(self) -> None:
        """Nothing is left."""

    def wake(self) -> None:
        process = self._process
        if process is not None:
            process.messages.put({})

    def make(
        self,
        requests: list[TakeRequest],
        source: Path,
        results: list[Path],
        on_progress: Progress,
        on_result: OnResult,
        stop: Event,
    ) -> float:
        """The take of each request, which differ in their seed. Raises Cancelled within a second of `stop`, where the
        process has a processor. See Worker."""
        first = requests[0]
        try:
            process = self._running()
            files = {"sound": str(source), "results": list(map(str, results))}
            number = self._send(process, files | {"requests": [request.to_json() for request in requests]})
            return self._watch(process, number, first, on_progress, on_result, stop)
        except ProcessEnded as error:
            self.release()
            if stop.is_set():
                raise Cancelled from None
            raise WorkCrashed(
                f"The engine {first.engine} broke down on {first.name!r}: {error}. If the machine was short of "
                "memory, cut the sound into shorter pieces; otherwise report it with the backend's log."
            ) from None

    def _running(self) -> WorkerProcess:
        if self._process is not None and not self._process.running:
            self.release()
        if self._process is None:
            self._process = WorkerProcess(MODULE, *self._arguments)
        return self._process

    def _send(self, process: WorkerProcess, message: dict) -> int:
        """Send it with a number of its own, which the replies have too."""
        self._sent += 1
        process.send(message | {"number": self._sent})
        return self._sent

    def _watch(
        self,
        process: WorkerProcess,
        number: int,
        first: TakeRequest,
        on_progress: Progress,
        on_result: OnResult,
        stop: Event,
    ) -> float:
        """Until the work of that number ends; returns its seconds."""
        started_at: float | None = None
        deadline: StopDeadline | None = None
        while True:
            if stop.is_set() and deadline is None:
                process.send({"stop": number})
                if started_at is None:  # still loading: that is worth finishing, and the work ends right after it
                    raise Cancelled
                deadline = StopDeadline(process.pid)
            try:
                message = process.receive(None if deadline is None else deadline.left())
            except TimeoutError:
                if deadline is not None and deadline.left():
                    continue
                self.release()
                raise Cancelled from None
            if message.get("number") != number:  # of work that was stopped before, or from `wake`
                continue
            if "begun" in message:
                started_at = time.monotonic()
            elif "stage" in message:
                on_progress(message["fraction"], message["stage"])
            elif "take" in message:
                on_result(message["take"], message["sha256"])
            elif "end" in message:
                self._check(message, first)
                return 0.0 if started_at is None else time.monotonic() - started_at

    def _check(self, message: dict, request: TakeRequest) -> None:
        """How the work ended, as an exception where it did not end well."""
        if message.get("out_of_memory"):  # its memory is fragmented: only its end gives it back
            self.release()
        if message["end"] == "stopped":
            raise Cancelled
        if message["end"] == "full":
            raise DiskFull
        if message["end"] == "failed":
            if "log" in message:
                log.error("the engine %s failed on %s\n%s", request.engine, request.name, message["log"])
            raise WorkFailed(message["sentence"])
