# SPDX-License-Identifier: GPL-3.0-or-later
"""What a JobStore's worker does, in the test's own process, with the toy engine: no seconds of loading."""

import hashlib
import threading
from collections.abc import Callable
from pathlib import Path

import numpy as np
from mien.audio.speech import Speech
from mien.engines.base import Cancelled
from mien.engines.toy import Toy
from mien.take_request import Order


class InThread:
    """Performs at once. `asked` has the seeds of every work."""

    pid: int | None = None

    def __init__(self, before: Callable[[list[Order]], None] = lambda orders: None) -> None:
        self.before, self.asked, self.released, self.prepared = before, [], 0, []

    def make(self, orders, sound: Path, results, progress, made, stop) -> float:
        self.pid = 1
        self.asked.append([order.direction.seed for order in orders])
        self.before(orders)
        speech = Speech.from_samples(np.fromfile(sound, "<f4"))
        for place, (order, path) in enumerate(zip(orders, results, strict=True)):
            take = Toy().generate(speech, order.direction, progress)
            data = (take if order.fps is None else take.resample(order.fps)).to_bytes()
            path.write_bytes(data)
            made(place, hashlib.sha256(data).hexdigest())
        return 0.5

    def wake(self) -> None:
        """`make` looks by itself."""

    def prepare(self, engine: str) -> None:
        self.prepared.append(engine)

    def release(self) -> None:
        self.pid, self.released = None, self.released + 1


class Held(InThread):
    """At work until it is let go or stopped."""

    def __init__(self) -> None:
        super().__init__()
        self.go, self.busy, self.ended = threading.Event(), threading.Event(), threading.Event()

    def make(self, orders, sound: Path, results, progress, made, stop) -> float:
        try:
            progress(0.25, "holding")
            self.busy.set()
            while not self.go.wait(0.01):
                progress(0.25, "holding")
                if stop.is_set():
                    raise Cancelled
            return super().make(orders, sound, results, progress, made, stop)
        finally:
            self.ended.set()
