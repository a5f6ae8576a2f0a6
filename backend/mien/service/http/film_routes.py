# SPDX-License-Identifier: GPL-3.0-or-later
"""The routes of films that are made: ask for a dub or a portrait, watch it, fetch it, cancel it."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress

from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route

from mien.service.http import job_responses
from mien.service.http.film_upload import submit_film
from mien.service.http.job_responses import accepted, cancel_or_forget, status_of
from mien.service.jobs.film_jobs import FILM
from mien.service.jobs.job import JobStatus
from mien.service.jobs.scheduler import Scheduler
from mien.settings import Settings
from mien.video import VideoError
from mien.video.provenance_reading import read_unchecked

PATH = "/v1/films"
MEDIA_TYPES = {".mp4": "video/mp4", ".mov": "video/quicktime", ".mkv": "video/x-matroska"}


def film_routes(settings: Settings, scheduler: Scheduler) -> list[Route]:
    """POST /v1/films, GET and DELETE of one, its events and its result."""

    async def create(http: Request) -> JSONResponse:
        return accepted(await submit_film(http, settings, scheduler), PATH)

    def describe(status: JobStatus) -> dict:
        return described(status, notes_of(scheduler, status))

    def film(http: Request) -> JSONResponse:
        return JSONResponse(describe(status_of(scheduler, FILM, http.path_params["id"])))

    async def events(http: Request) -> StreamingResponse:
        status = status_of(scheduler, FILM, http.path_params["id"])
        stream = job_responses.events(scheduler, status, describe)
        return StreamingResponse(stream, media_type="text/event-stream", headers={"Cache-Control": "no-store"})

    def result(http: Request) -> Response:
        job = status_of(scheduler, FILM, http.path_params["id"]).job
        suffix = job.request.suffix
        headers = {
            "ETag": f'"{job.sha256}"',
            "Content-Disposition": f'attachment; filename="{job.request.make}{suffix}"',
        }
        return job_responses.result(scheduler, job, headers, MEDIA_TYPES[suffix])

    def cancel(http: Request) -> Response:
        return cancel_or_forget(scheduler, FILM, http.path_params["id"], describe)

    return [
        Route(PATH, create, methods=["POST"]),
        Route(PATH + "/{id}", film),
        Route(PATH + "/{id}", cancel, methods=["DELETE"]),
        Route(PATH + "/{id}/events", events),
        Route(PATH + "/{id}/result", result),
    ]


def notes_of(scheduler: Scheduler, status: JobStatus) -> list[str]:
    """Sentences on what became of a film that is done, as the film has them."""
    job = status.job
    if job.state == "done" and job.sha256:
        with suppress(OSError, VideoError):
            provenance = read_unchecked(scheduler.storage.cache.path(job.sha256), job.request.suffix)
            return list(provenance.notes) if provenance else []
    return []


def described(status: JobStatus, notes: Sequence[str] = ()) -> dict:
    """A film as clients see it."""
    request, left_s = status.job.request, status.left_s
    return job_responses.described(status, PATH) | {
        "position": status.position,
        "left_s": None if left_s is None else round(left_s),
        "make": request.make,
        "suffix": request.suffix,
        "notes": list(notes),
    }
