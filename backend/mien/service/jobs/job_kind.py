# SPDX-License-Identifier: GPL-3.0-or-later
"""Job kinds: what the scheduler has to know of a kind of work, as takes and bindings are.

To add a kind: a file with its request and its JobKind (as `take_jobs.py`), and its name in `scheduler.KINDS`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from mien.service.workers.worker import Worker
from mien.settings import Settings


def on_processor(request: Any) -> bool:
    """For a kind that uses no GPU."""
    return False


class Request(Protocol):
    """What a job has to make: a value, written to the database as JSON."""

    @property
    def name(self) -> str:
        """What the user calls it, for messages."""
        ...

    @property
    def sources(self) -> tuple[str, ...]:
        """sha256 of the files that it is made from, which are in the file cache."""
        ...

    def to_json(self) -> str:
        """As `JobKind.read_request` reads it. The key `kind` names the kind; without it, it is a take."""
        ...

    def result_key(self, data_folder: Path) -> str:
        """sha256 over everything that the bytes of the result depend on. Requests of one key share one result."""
        ...


@dataclass(frozen=True)
class Limits:
    """How many jobs of a kind may wait (`queue`), how many unfinished ones a client may have (`per_client`, None: any
    number), and how many finished ones are remembered (`keep`), for `keep_s` seconds."""

    queue: int
    per_client: int | None
    keep: int
    keep_s: float


@dataclass(frozen=True)
class JobKind:
    """One kind of job. Each kind has a worker of its own, so that a long job of one kind does not delay another
    kind."""

    name: str  # in metrics, in sentences and in the JSON of requests
    source: str  # what it is made from, in sentences
    advice: str  # how to ask for less, in a sentence without its full stop
    read_request: Callable[[str], Any]  # JSON to Request; raises ValueError, KeyError or TypeError for unknown content
    batch_size: Callable[[Any], int]  # how many requests are made together with this one, at most, itself included
    batch_key: Callable[[Any], str]  # equal for requests that can be made together
    workload: Callable[[Any], tuple[str, float] | None]  # (what is measured, size in seconds) for estimates of time
    limits: Callable[[Settings], Limits]
    make_worker: Callable[[Settings], Worker]
    on_gpu: Callable[[Any], bool] = on_processor  # whether a GPU makes the result of a request faster
