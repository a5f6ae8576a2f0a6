# SPDX-License-Identifier: GPL-3.0-or-later
"""Worker: the server's side of the process that makes takes.

A process, because a phonetic library holds Python's one lock for 7.5 s of a ten-minute sound (measured), in which a
thread beside it would answer nobody and could not be stopped; and because a crash there must not be a crash here.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from threading import Event

from mien.engines.base import Cancelled, Progress
from mien.errors import FILE, MienError
from mien.service.workers.process import Child, ChildGone
from mien.service.workers.stop_deadline import Patience
from mien.take_request import Order

log = logging.getLogger(__name__)

MODULE = "mien.service.workers.take_process"

Made = Callable[[int, str], None]
"""Called with the place of an order among those asked and the sha256 of its take, once that is written."""


class WorkFailed(MienError):
    """The work cannot be done; the message is a sentence for whoever asked."""


class WorkCrashed(WorkFailed):
    """The process died of it."""


class DiskFull(MienError):
    """There is no room for the take."""

    exit_status = FILE


class Worker:
    """At most one process, started when there is work; `memory` bytes for it, 0 for no limit. `wake` may be
    called from any thread, the others from one."""

    def __init__(self, data_folder: Path, memory: int = 0, command: Sequence[str] = ()) -> None:
        self._asks = memory, data_folder, command
        self._child: Child | None = None
        self._asked = 0

    @property
    def pid(self) -> int | None:
        """Of the process, while there is one."""
        child = self._child
        return child.pid if child is not None and child.running else None

    def release(self) -> None:
        """End the process, if there is one, and give back its memory."""
        child, self._child = self._child, None
        if child is not None:
            child.kill()

    def prepare(self, engine: str) -> None:
        """Load an engine in a new process, where there is none, without waiting for it."""
        if self._child is None:
            self._ask(self._ready(), {"load": engine})

    def wake(self) -> None:
        """Let `make` see that its `stop` was set."""
        child = self._child
        if child is not None:
            child.messages.put({})

    def make(
        self, orders: list[Order], sound: Path, results: list[Path], progress: Progress, made: Made, stop: Event
    ) -> float:
        """The take of each order, which differ in their seed, into `results`. Returns the seconds it took, without
        loading. Raises Cancelled within a second of `stop`, where the process has a processor; DiskFull, WorkFailed,
        WorkCrashed."""
        try:
            child = self._ready()
            files = {"sound": str(sound), "results": list(map(str, results))}
            number = self._ask(child, files | {"orders": [order.to_json() for order in orders]})
            return self._watch(child, number, orders[0], progress, made, stop)
        except ChildGone as gone:
            self.release()
            if stop.is_set():
                raise Cancelled from None
            raise WorkCrashed(
                f"The engine {orders[0].engine} broke down on {orders[0].name!r}: {gone}. If the machine was short of "
                "memory, cut the sound into shorter pieces; otherwise report it with the backend's log."
            ) from None

    def _ready(self) -> Child:
        if self._child is not None and not self._child.running:
            self.release()
        if self._child is None:
            self._child = Child(MODULE, *self._asks)
        return self._child

    def _ask(self, child: Child, message: dict) -> int:
        """Send it with a number of its own, which the answers have too."""
        self._asked += 1
        child.send(message | {"number": self._asked})
        return self._asked

    def _watch(self, child: Child, number: int, order: Order, progress: Progress, made: Made, stop: Event) -> float:
        begun = patience = None
        while True:
            if stop.is_set() and patience is None:
                child.send({"stop": number})
                if begun is None:  # still loading: that is worth finishing, and there the work ends by itself
                    raise Cancelled
                patience = Patience(child.pid)
            try:
                message = child.receive(None if patience is None else patience.left())
            except TimeoutError:
                if patience.left():
                    continue
                self.release()
                raise Cancelled from None
            if message.get("number") != number:  # of work that was stopped before, or a wake
                continue
            if "begun" in message:
                begun = time.monotonic()
            elif "stage" in message:
                progress(message["fraction"], message["stage"])
            elif "made" in message:
                made(message["made"], message["sha256"])
            elif "end" in message:
                self._check(message, order)
                return time.monotonic() - begun

    def _check(self, message: dict, order: Order) -> None:
        """How the work ended, as an exception where it did not end well."""
        if message.get("out_of_memory"):  # what it holds is scattered: only its end gives it back
            self.release()
        if message["end"] == "stopped":
            raise Cancelled
        if message["end"] == "full":
            raise DiskFull
        if message["end"] == "failed":
            if "log" in message:
                log.error("the engine %s failed on %s\n%s", order.engine, order.name, message["log"])
            raise WorkFailed(message["sentence"])
