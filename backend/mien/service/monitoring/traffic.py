# SPDX-License-Identifier: GPL-3.0-or-later
"""Traffic: how many requests came, how they were answered and how long that took. Any thread may note one."""

from __future__ import annotations

import threading
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

BOUNDS_S = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 300.0)


@dataclass
class Histogram:
    """Durations in seconds, counted by upper bound, as Prometheus has them; the last count is for all above."""

    bounds: tuple[float, ...] = BOUNDS_S
    counts: list[int] = field(default_factory=list)
    sum: float = 0.0

    def __post_init__(self) -> None:
        self.counts = self.counts or [0] * (len(self.bounds) + 1)

    def note(self, seconds: float) -> None:
        self.counts[bisect_left(self.bounds, seconds)] += 1
        self.sum += seconds


class Traffic:
    """Requests since the start. Routes are templates (`/v1/takes/{id}`), so that their number stays small."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._answered: Counter[tuple[str, str, int]] = Counter()
        self._seconds: dict[str, Histogram] = {}
        self._open = 0

    @contextmanager
    def open(self) -> Iterator[None]:
        """Around a request while it is answered."""
        with self._lock:
            self._open += 1
        try:
            yield
        finally:
            with self._lock:
                self._open -= 1

    def note(self, method: str, route: str, status: int, seconds: float) -> None:
        """A request that is over; `status` 0 when the client left before it was answered."""
        with self._lock:
            self._answered[_method(method), route, status] += 1
            self._seconds.setdefault(route, Histogram()).note(seconds)

    def snapshot(self) -> tuple[int, dict[tuple[str, str, int], int], dict[str, Histogram]]:
        """(open now; answered, by method, route and status; seconds, by route)"""
        with self._lock:
            seconds = {route: Histogram(h.bounds, list(h.counts), h.sum) for route, h in self._seconds.items()}
            return self._open, dict(self._answered), seconds


def _method(method: str) -> str:
    """A client may invent methods, and must not fill the memory with them."""
    return method if method in ("GET", "POST", "DELETE", "HEAD", "OPTIONS", "PUT", "PATCH") else "other"
