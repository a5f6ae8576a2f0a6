# SPDX-License-Identifier: GPL-3.0-or-later
"""Snapshot: the numbers of a scheduler at one moment, for /v1/metrics."""

from __future__ import annotations

from dataclasses import dataclass

from mien.service.monitoring.job_statistics import JobStatistics


@dataclass(frozen=True)
class KindSnapshot:
    """Jobs of one kind: `queued` and `running` now, `ended` by state since the start, more `statistics` since then, and
    `worker`, the id of the process that makes the results, None while there is none."""

    queued: int
    running: int
    ended: dict[str, int]
    statistics: JobStatistics
    worker: int | None


@dataclass(frozen=True)
class Snapshot:
    """`kinds` by name; files and bytes in the cache, results and sources together."""

    kinds: dict[str, KindSnapshot]
    cached_files: int
    cached_bytes: int
