# SPDX-License-Identifier: GPL-3.0-or-later
"""Films as a kind of job: dubs and portraits."""

from __future__ import annotations

from mien.film_request import KIND, FilmRequest
from mien.photo.options import MOTION_MODEL
from mien.service.jobs.job_kind import JobKind, Limits
from mien.service.workers.film_worker import FilmWorker
from mien.settings import Settings

QUEUE = 16  # films that may wait: each has files of up to `limit_bytes`, and those that wait are never evicted


def limits(settings: Settings) -> Limits:
    return Limits(min(QUEUE, settings.queue), None, settings.keep_takes, settings.keep_s)


FILM = JobKind(
    name=KIND,
    source="film or sound",
    advice="Make the film shorter or smaller",
    read_request=FilmRequest.from_json,
    batch_size=lambda request: 1,
    batch_key=FilmRequest.to_json,
    workload=lambda request: None,
    limits=limits,
    make_worker=FilmWorker,
    on_gpu=lambda request: getattr(request.options, "renderer", "") == MOTION_MODEL,
)
