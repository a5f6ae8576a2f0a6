# SPDX-License-Identifier: GPL-3.0-or-later
"""The routes of tracked films: send one, watch it, fetch its take, cancel it."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route

from mien.service.http import job_responses
from mien.service.http.job_responses import accepted, cancel_or_forget, status_of
from mien.service.http.track_upload import submit_film
from mien.service.jobs.job import JobStatus
from mien.service.jobs.scheduler import Scheduler
from mien.service.jobs.track_jobs import TRACK
from mien.settings import Settings

PATH = "/v1/tracks"


def track_routes(settings: Settings, scheduler: Scheduler) -> list[Route]:
    """POST /v1/tracks, GET and DELETE of one, its events and its result."""

    async def create(http: Request) -> JSONResponse:
        return accepted(await submit_film(http, settings, scheduler), PATH)

    def track(http: Request) -> JSONResponse:
        return JSONResponse(described(status_of(scheduler, TRACK, http.path_params["id"])))

    async def events(http: Request) -> StreamingResponse:
        status = status_of(scheduler, TRACK, http.path_params["id"])
        stream = job_responses.events(scheduler, status, described)
        return StreamingResponse(stream, media_type="text/event-stream", headers={"Cache-Control": "no-store"})

    def result(http: Request) -> Response:
        job = status_of(scheduler, TRACK, http.path_params["id"]).job
        return job_responses.result(scheduler, job, {"ETag": f'"{job.sha256}"'})

    def cancel(http: Request) -> Response:
        return cancel_or_forget(scheduler, TRACK, http.path_params["id"], described)

    return [
        Route(PATH, create, methods=["POST"]),
        Route(PATH + "/{id}", track),
        Route(PATH + "/{id}", cancel, methods=["DELETE"]),
        Route(PATH + "/{id}/events", events),
        Route(PATH + "/{id}/result", result),
    ]


def described(status: JobStatus) -> dict:
    """A tracked film as clients see it."""
    return job_responses.described(status, PATH) | {"position": status.position}
