# SPDX-License-Identifier: GPL-3.0-or-later
"""Job: one client's request, as a value. The functions return what a job becomes; all but `requeued` leave a finished
job as it is."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from mien.service.jobs.job_kind import JobKind

FINAL = ("done", "failed", "cancelled")


@dataclass(frozen=True)
class Job:
    """Jobs of one `result_key` share one work and one result. `request` is the Request of its kind, `fraction` 0..1,
    `error` a sentence, `sha256` that of the result's file; `submitted_at` and `ended_at` are seconds of a steady
    clock."""

    id: str
    client: str
    kind: JobKind
    result_key: str
    request: Any
    submitted_at: float = 0.0
    state: str = "queued"  # queued, running, then one of FINAL
    stage: str = "waiting"
    fraction: float = 0.0
    error: str | None = None
    sha256: str | None = None
    ended_at: float | None = None


@dataclass(frozen=True)
class JobStatus:
    """A job, its `position` in the queue of its kind, from 1, and `left_s`, seconds until it is done; None where that
    is not known."""

    job: Job
    position: int | None
    left_s: float | None


def started(job: Job) -> Job:
    return replace(job, state="running", stage="starting") if job.state == "queued" else job


def advanced(job: Job, fraction: float, stage: str) -> Job:
    """Never backwards: the next stage of a worker may count from its own start."""
    fraction = min(max(fraction, job.fraction), 1.0)
    return replace(job, fraction=fraction, stage=stage) if job.state == "running" else job


def done(job: Job, sha256: str, now: float) -> Job:
    if job.state in FINAL:
        return job
    return replace(job, state="done", stage="done", fraction=1.0, sha256=sha256, ended_at=now)


def failed(job: Job, sentence: str, now: float) -> Job:
    return job if job.state in FINAL else replace(job, state="failed", error=sentence, ended_at=now)


def cancelled(job: Job, now: float) -> Job:
    return job if job.state in FINAL else replace(job, state="cancelled", stage="cancelled", ended_at=now)


def requeued(job: Job, stage: str = "waiting") -> Job:
    """Back in the queue: its work was interrupted, or its result was lost."""
    return replace(job, state="queued", stage=stage, fraction=0.0, error=None, sha256=None, ended_at=None)
