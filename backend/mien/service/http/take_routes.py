# SPDX-License-Identifier: GPL-3.0-or-later
"""The routes of takes: submit one, watch it, fetch its file, cancel it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from contextlib import suppress

from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route

from mien.audio.speech import Reading
from mien.files.safetensors import HEADER_LIMIT
from mien.service.http import job_responses
from mien.service.http.job_responses import accepted, cancel_or_forget, status_of
from mien.service.http.take_upload import submit_take
from mien.service.jobs.job import Job, JobStatus
from mien.service.jobs.scheduler import Scheduler
from mien.service.jobs.take_jobs import TAKE
from mien.service.workers.decode_process import Decoder
from mien.settings import Settings

PATH = "/v1/takes"


def take_routes(settings: Settings, scheduler: Scheduler, decoder: Decoder) -> list[Route]:
    """POST /v1/takes, GET and DELETE of one, its events and its result."""

    def described_now(status: JobStatus) -> dict:
        return described(status, warnings_of(scheduler, status.job))

    async def create(http: Request) -> JSONResponse:
        return accepted(await submit_take(http, settings, scheduler, decoder), PATH)

    def take(http: Request) -> JSONResponse:
        return JSONResponse(described_now(status_of(scheduler, TAKE, http.path_params["id"])))

    async def events(http: Request) -> StreamingResponse:
        status = status_of(scheduler, TAKE, http.path_params["id"])
        stream = job_responses.events(scheduler, status, described_now)
        return StreamingResponse(stream, media_type="text/event-stream", headers={"Cache-Control": "no-store"})

    def result(http: Request) -> Response:
        job = status_of(scheduler, TAKE, http.path_params["id"]).job
        tag = f'"{job.sha256}"'
        if job.state == "done" and tag in http.headers.get("if-none-match", ""):
            return Response(status_code=304, headers={"ETag": tag})
        return job_responses.result(scheduler, job, {"ETag": tag})

    def cancel(http: Request) -> Response:
        return cancel_or_forget(scheduler, TAKE, http.path_params["id"], described_now)

    return [
        Route(PATH, create, methods=["POST"]),
        Route(PATH + "/{id}", take),
        Route(PATH + "/{id}", cancel, methods=["DELETE"]),
        Route(PATH + "/{id}/events", events),
        Route(PATH + "/{id}/result", result),
    ]


def warnings_of(scheduler: Scheduler, job: Job) -> list[str]:
    """Sentences on the sound of a take: those of its file once it is done, before on how the sound was read."""
    if job.state == "done" and job.sha256:
        with suppress(OSError, ValueError), scheduler.storage.cache.path(job.sha256).open("rb") as file:
            length = int.from_bytes(file.read(8), "little")
            if length <= HEADER_LIMIT:
                metadata = json.loads(file.read(length)).get("__metadata__", {})
                return json.loads(metadata.get("warnings", "[]"))
    return list(Reading.from_json(job.request.reading).notes)


def described(status: JobStatus, warnings: Sequence[str] = ()) -> dict:
    """A take as clients see it."""
    job, frames = status.job, status.job.request.frames
    return job_responses.described(status, PATH) | {
        "position": status.position,
        "left_s": None if status.left_s is None else round(status.left_s),
        "frames_done": None if frames is None else int(job.fraction * frames),
        "frames": frames,
        "warnings": list(warnings),
    }
