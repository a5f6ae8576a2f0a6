# SPDX-License-Identifier: GPL-3.0-or-later
"""Films to track as a kind of job: the performance of a face in a film as a take."""

from __future__ import annotations

from mien.service.jobs.job_kind import JobKind, Limits
from mien.service.workers.track_worker import TrackWorker
from mien.settings import Settings
from mien.track_request import KIND, TrackRequest

QUEUE = 16  # films that may wait: each is a file of up to `limit_bytes`, and one that waits is never evicted


def limits(settings: Settings) -> Limits:
    return Limits(min(QUEUE, settings.queue), None, settings.keep_takes, settings.keep_s)


TRACK = JobKind(
    name=KIND,
    source="film",
    advice="Cut the film into shorter pieces",
    read_request=TrackRequest.from_json,
    batch_size=lambda request: 1,
    batch_key=TrackRequest.to_json,
    workload=lambda request: None,
    limits=limits,
    make_worker=lambda settings: TrackWorker(settings.data_folder, settings.memory_bytes, settings.limit_s),
)
