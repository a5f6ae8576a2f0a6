# SPDX-License-Identifier: GPL-3.0-or-later
"""TimeLeft: when a running batch, a waiting job and the next free worker will be ready."""

from __future__ import annotations

from collections.abc import Callable

from mien.service.jobs.batching_queue import Batch, BatchingQueue
from mien.service.jobs.job import Job, JobStatus
from mien.service.jobs.job_kind import JobKind
from mien.service.jobs.running_batches import RunningBatches
from mien.service.jobs.time_estimate import TimeEstimate


class TimeLeft:
    """Not for several threads at once; `clock` in seconds. `at_once`: batches of a kind that are made at once."""

    def __init__(
        self, batches: RunningBatches, queue: BatchingQueue, estimate: TimeEstimate, clock: Callable[[], float]
    ) -> None:
        self._batches, self._queue, self._estimate, self._clock = batches, queue, estimate, clock
        self.at_once = 1

    def until_free(self, kind: JobKind) -> float | None:
        """Seconds until a worker is free for the next batch, None where that is not known."""
        batches = self._batches.of(kind)
        if len(batches) < self.at_once:
            return 0.0
        left = [seconds for seconds in map(self.of_batch, batches) if seconds is not None]
        return min(left) if len(left) == len(batches) else None

    def of_batch(self, batch: Batch) -> float | None:
        """Seconds until a batch is done, None where that is not known."""
        workload = batch.kind.workload(batch.first)
        return self._estimate.left(workload, batch.fraction, self._clock() - batch.started_at)

    def status(self, job: Job) -> JobStatus:
        """The position of a job that waits, and the seconds until a job is done."""
        if job.state == "queued":
            position, own_s = self._queue.position(job)
            batch_s = self.until_free(job.kind)
            left_s = None if batch_s is None or own_s is None else batch_s + own_s / self.at_once
            return JobStatus(job, position, left_s)
        batch = self._batches.with_job(job) if job.state == "running" else None
        return JobStatus(job, None, None if batch is None else self.of_batch(batch))
