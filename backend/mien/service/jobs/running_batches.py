# SPDX-License-Identifier: GPL-3.0-or-later
"""RunningBatches: what is being made now. A kind has one batch at a time on this machine, several on a cluster."""

from __future__ import annotations

from collections.abc import Iterator

from mien.service.jobs.batching_queue import Batch
from mien.service.jobs.job import Job
from mien.service.jobs.job_kind import JobKind


class RunningBatches:
    """Not for several threads at once."""

    def __init__(self) -> None:
        self._by_kind: dict[str, list[Batch]] = {}

    def __iter__(self) -> Iterator[Batch]:
        return (batch for batches in self._by_kind.values() for batch in batches)

    def add(self, batch: Batch) -> None:
        self._by_kind.setdefault(batch.kind.name, []).append(batch)

    def remove(self, batch: Batch) -> None:
        """Nothing happens when it is not there."""
        batches = self._by_kind.get(batch.kind.name, [])
        self._by_kind[batch.kind.name] = [each for each in batches if each is not batch]

    def of(self, kind: JobKind) -> list[Batch]:
        """Those of a kind, the oldest first."""
        return self._by_kind.get(kind.name, [])

    def making(self, kind: JobKind, result_key: str) -> Batch | None:
        """The batch that makes a result some job still wants."""
        return next((batch for batch in self.of(kind) if result_key in batch.jobs), None)

    def with_job(self, job: Job) -> Batch | None:
        """The batch that makes the result of a job for it."""
        return next((batch for batch in self.of(job.kind) if job.id in batch.jobs.get(job.result_key, ())), None)

    def count(self, kind: JobKind) -> int:
        """How many jobs of a kind are being made."""
        return sum(len(batch.ids) for batch in self.of(kind))
