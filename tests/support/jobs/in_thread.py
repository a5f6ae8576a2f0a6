# SPDX-License-Identifier: GPL-3.0-or-later
"""Workers of a scheduler in the test's own process, with the toy engine: no seconds of loading."""

import hashlib
import threading
from collections.abc import Callable
from pathlib import Path

import numpy as np
from mien.audio.speech import Speech
from mien.engines.base import Cancelled
from mien.engines.toy.engine import Toy
from mien.take_request import TakeRequest


class InThread:
    """Makes takes at once. `batches` has the seeds of every batch."""

    pid: int | None = None

    def __init__(self, before: Callable[[list[TakeRequest]], None] = lambda requests: None) -> None:
        self.before, self.batches, self.released, self.prepared, self.discarded = before, [], 0, [], 0

    def make(self, requests, source: Path, results, on_progress, on_result, stop) -> float:
        self.pid = 1
        self.batches.append([request.direction.seed for request in requests])
        self.before(requests)
        speech = Speech.from_samples(np.fromfile(source, "<f4"))
        for number, (request, path) in enumerate(zip(requests, results, strict=True)):
            take = Toy().generate(speech, request.direction, on_progress)
            data = (take if request.fps is None else take.resample(request.fps)).to_bytes()
            path.write_bytes(data)
            on_result(number, hashlib.sha256(data).hexdigest())
        return 0.5

    def wake(self) -> None:
        """`make` looks by itself."""

    def prepare(self, request: TakeRequest) -> None:
        self.prepared.append(request.engine)

    def discard(self) -> None:
        self.discarded += 1

    def release(self) -> None:
        self.pid, self.released = None, self.released + 1


class Held(InThread):
    """At work until it may go on or is stopped."""

    def __init__(self) -> None:
        super().__init__()
        self.go, self.busy, self.ended = threading.Event(), threading.Event(), threading.Event()

    def make(self, requests, source: Path, results, on_progress, on_result, stop) -> float:
        try:
            on_progress(0.25, "holding")
            self.busy.set()
            while not self.go.wait(0.01):
                on_progress(0.25, "holding")
                if stop.is_set():
                    raise Cancelled
            return super().make(requests, source, results, on_progress, on_result, stop)
        finally:
            self.ended.set()
