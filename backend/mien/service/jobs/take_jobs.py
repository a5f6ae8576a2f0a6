# SPDX-License-Identifier: GPL-3.0-or-later
"""Takes as a kind of job."""

from __future__ import annotations

from mien.engines import ENGINES
from mien.service.jobs.job_kind import JobKind, Limits
from mien.service.workers.take_worker import TakeWorker
from mien.settings import Settings
from mien.take_request import TakeRequest


def limits(settings: Settings) -> Limits:
    return Limits(settings.queue, settings.queue_per_client, settings.keep_takes, settings.keep_s)


TAKE = JobKind(
    name="take",
    source="sound",
    advice="Cut the sound into shorter pieces or choose another engine",
    read_request=TakeRequest.from_json,
    batch_size=lambda request: ENGINES[request.engine].batch_size,
    batch_key=TakeRequest.batch_key,
    workload=lambda request: (request.engine, request.seconds),
    limits=limits,
    make_worker=lambda settings: TakeWorker(settings.data_folder, settings.memory_bytes),
    on_gpu=lambda request: ENGINES[request.engine].user_model is not None,  # networks as published; ours are small
)
