# SPDX-License-Identifier: GPL-3.0-or-later
"""JobStatus: how far a job is, as its client is told."""

from __future__ import annotations

from dataclasses import dataclass

from mien.service.jobs.job import Job


@dataclass(frozen=True)
class JobStatus:
    """A job, its `position` in the queue of its kind, from 1, and `left_s`, seconds until it is done; None where that
    is not known."""

    job: Job
    position: int | None
    left_s: float | None
