# SPDX-License-Identifier: GPL-3.0-or-later
"""RequestStatistics: how many requests came, how they were answered and how long that took, as Prometheus metrics."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager

from prometheus_client import Counter, Gauge, Histogram, Metric, disable_created_metrics

BOUNDS_S = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 300.0)
METHODS = ("GET", "POST", "DELETE", "HEAD", "OPTIONS", "PUT", "PATCH")

disable_created_metrics()  # a second series for each counter, which only says when the server started


class RequestStatistics:
    """Requests since the start. Routes are templates (`/v1/takes/{id}`), so that their number stays small. Any thread
    may observe a request."""

    def __init__(self) -> None:
        self._open = Gauge("mien_http_open", "Requests that are being answered.", registry=None)
        self._answered = Counter(
            "mien_http_requests",
            "Requests answered; 'left': the client went before.",
            ["method", "route", "status"],
            registry=None,
        )
        self._seconds = Histogram(
            "mien_http_request_seconds",
            "How long answering took; an event stream lasts as long as its job.",
            ["route"],
            buckets=BOUNDS_S,
            registry=None,
        )

    def open(self) -> AbstractContextManager[None]:
        """Around a request while it is answered."""
        return self._open.track_inprogress()

    def observe(self, method: str, route: str, status: int, seconds: float) -> None:
        """A request that is over; `status` 0 when the client left before it was answered."""
        method = method if method in METHODS else "other"  # a client may invent methods without end
        self._answered.labels(method, route, str(status or "left")).inc()
        self._seconds.labels(route).observe(seconds)

    def collect(self) -> Iterator[Metric]:
        for metric in (self._open, self._answered, self._seconds):
            yield from metric.collect()
