# SPDX-License-Identifier: GPL-3.0-or-later
"""JobStatistics: how many jobs of a kind were submitted, and how long they waited and took."""

from __future__ import annotations

from prometheus_client import Histogram

from mien.service.monitoring.request_statistics import BOUNDS_S


class JobStatistics:
    """Jobs of one kind since the start: `kept` had a result already, `submitted` had not, and `shared` of these had the
    work of another job. `wait` and `duration` are histograms of seconds."""

    def __init__(self, kind: str) -> None:
        self.kept = self.submitted = self.shared = 0
        self.wait = Histogram(
            f"mien_{kind}_wait_seconds", f"Until a {kind} was begun.", buckets=BOUNDS_S, registry=None
        )
        self.duration = Histogram(
            f"mien_{kind}_seconds", f"Until a {kind} was done, with the waiting.", buckets=BOUNDS_S, registry=None
        )

    @property
    def computed(self) -> int:
        """Jobs that were work of their own."""
        return self.submitted - self.shared
