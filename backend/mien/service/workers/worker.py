# SPDX-License-Identifier: GPL-3.0-or-later
"""Worker: what makes the results of one kind of job, and how its work may end."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from threading import Event
from typing import Any, Protocol

from mien.engines.base import Progress
from mien.errors import FILE, MienError
from mien.settings import Settings

OnResult = Callable[[int, str], None]
"""Called with the place of a request in its batch and the sha256 of its result, once that file is written."""


class WorkFailed(MienError):
    """The work cannot be done; the message is a sentence for its clients."""


class WorkCrashed(WorkFailed):
    """The process died of it."""


class DiskFull(MienError):
    """There is no room for the result."""

    exit_status = FILE


class Worker(Protocol):
    """At most one process, started when there is work. `wake` may be called from any thread, the others from one."""

    @property
    def pid(self) -> int | None:
        """Of the process, while there is one."""
        ...

    def make(
        self,
        requests: list[Any],
        source: Path,
        results: list[Path],
        on_progress: Progress,
        on_result: OnResult,
        stop: Event,
    ) -> float:
        """The result of each request, all of one batch key, into a new file of `results`; they are made from `source`
        and the files beside it that they name. Returns the seconds it took, without loading. Raises Cancelled soon
        after `stop` is set; DiskFull, WorkFailed, WorkCrashed."""
        ...

    def wake(self) -> None:
        """Let `make` see that its `stop` was set."""

    def prepare(self, request: Any) -> None:
        """Start loading what such a request needs, where no process runs, without waiting for it."""

    def discard(self) -> None:
        """Remove what the work that was stopped last has left for another try: nobody comes back for it."""

    def release(self) -> None:
        """End the process, if there is one, and give back its memory."""


@dataclass(frozen=True)
class Node:
    """A machine of a cluster: how many `cpus` and `gpus` it gives to Mien, and how many bytes of `memory`; `alive` is
    false once it is lost."""

    name: str
    address: str
    alive: bool
    cpus: int
    gpus: int
    memory: int


class Cluster(Protocol):
    """Machines that do the work of workers, several batches of a kind at once."""

    def worker(
        self, make_worker: Callable[[Settings], Worker], on_gpu: Callable[[Any], bool], settings: Settings
    ) -> Worker:
        """A Worker whose methods may be called from any thread, and which has what `make_worker` makes work on one of
        the machines; `on_gpu` says of a request whether a GPU makes it faster."""
        ...

    def nodes(self) -> list[Node]:
        """As they were a moment ago; also those that are lost."""
        ...

    def watch(self, on_change: Callable[[int], None]) -> None:
        """Call `on_change` with how many batches can be made at once: now, and on any thread whenever it changes."""
