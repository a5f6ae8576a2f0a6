# SPDX-License-Identifier: GPL-3.0-or-later
"""Job: somebody's request for a take, as a value.

The functions say what a job becomes; they leave a finished one as it is, but for `again`.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from mien.take_request import Order

FINAL = ("done", "failed", "cancelled")


@dataclass(frozen=True)
class Job:
    """`address` is that of the result (`Order.address`); several jobs may have the same, and are one work. `fraction`
    0..1, `error` a sentence, `sha256` that of the take file, `asked` and `finished` seconds of a steady clock."""

    id: str
    client: str
    address: str
    order: Order
    asked: float = 0.0
    state: str = "queued"  # queued, running, then one of FINAL
    stage: str = "waiting"
    fraction: float = 0.0
    error: str | None = None
    sha256: str | None = None
    finished: float | None = None


def started(job: Job) -> Job:
    return replace(job, state="running", stage="starting") if job.state == "queued" else job


def advanced(job: Job, fraction: float, stage: str) -> Job:
    """Never backwards: an engine's next stage may count from its own start."""
    fraction = min(max(fraction, job.fraction), 1.0)
    return replace(job, fraction=fraction, stage=stage) if job.state == "running" else job


def done(job: Job, sha256: str, now: float) -> Job:
    if job.state in FINAL:
        return job
    return replace(job, state="done", stage="done", fraction=1.0, sha256=sha256, finished=now)


def failed(job: Job, sentence: str, now: float) -> Job:
    return job if job.state in FINAL else replace(job, state="failed", error=sentence, finished=now)


def cancelled(job: Job, now: float) -> Job:
    return job if job.state in FINAL else replace(job, state="cancelled", stage="cancelled", finished=now)


def again(job: Job, stage: str = "waiting") -> Job:
    """Back in the queue: its work was interrupted, or its result was lost."""
    return replace(job, state="queued", stage=stage, fraction=0.0, error=None, sha256=None, finished=None)
