# SPDX-License-Identifier: GPL-3.0-or-later
"""A Worker of the service that waits, or has its result at once."""

from __future__ import annotations

import hashlib
import threading

from mien.engines.base import Cancelled


class HeldWorker:
    """Makes nothing until it is stopped, or at once, where it is given the bytes of the `result`."""

    pid = None

    def __init__(self, result: bytes | None = None) -> None:
        self.result, self.busy, self.requests = result, threading.Event(), []

    def make(self, requests, source, results, on_progress, on_result, stop) -> float:
        self.requests += requests
        self.busy.set()
        if self.result is None:
            stop.wait(300)
            raise Cancelled
        results[0].write_bytes(self.result)
        on_result(0, hashlib.sha256(self.result).hexdigest())
        return 0.1

    def wake(self) -> None:
        """`make` looks by itself."""

    def prepare(self, request: object) -> None:
        """There is nothing to prepare."""

    def discard(self) -> None:
        """Nothing is left."""

    def release(self) -> None:
        """There is no process."""
