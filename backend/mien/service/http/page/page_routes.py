# SPDX-License-Identifier: GPL-3.0-or-later
"""The routes of the page: its files, and what they show beside API v1. All but the files ask for a token where the API
does."""

from __future__ import annotations

import mimetypes
import time
from contextlib import ExitStack

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from mien.heads import identity
from mien.service.http.job_responses import BINARY, LongResponse, client_of, status_of
from mien.service.http.page.job_list import listed
from mien.service.http.page.machine import machine
from mien.service.http.page.static_files import HEADERS, static_response
from mien.service.http.page.take_exports import MEDIA_TYPES, exported, voice_of
from mien.service.http.problems import Problem
from mien.service.jobs.film_jobs import FILM
from mien.service.jobs.scheduler import Scheduler
from mien.service.jobs.take_jobs import TAKE
from mien.settings import Settings
from mien.take_request import code_digest

PRIVATE = HEADERS | {"Cache-Control": "private, no-cache"}  # kept by this browser alone, and asked for each time


def page_routes(settings: Settings, scheduler: Scheduler) -> list[Route]:
    """GET / and /page/..."""
    began = time.monotonic()

    def file(http: Request) -> Response:
        response = static_response(http)
        if response is None:
            raise HTTPException(404)
        return response

    def jobs(http: Request) -> Response:
        return _now({"jobs": listed(scheduler.statuses(client_of(http)))})

    def machines(http: Request) -> Response:
        return _now({"machines": [machine(scheduler, time.monotonic() - began)]})

    def faces(http: Request) -> Response:
        return _now({"faces": list(identity.names())})

    def take(http: Request) -> Response:
        suffix, face = "." + http.path_params["suffix"], http.query_params.get("face", "")[:40]
        job = status_of(scheduler, TAKE, http.path_params["id"]).job
        tag = f'"{code_digest()[:16]} {job.sha256}{suffix} {face if face.isidentifier() else ""}"'
        if job.state == "done" and tag in http.headers.get("if-none-match", ""):
            return Response(status_code=304, headers=PRIVATE | {"ETag": tag})
        content = exported(scheduler, settings, job.id, suffix, face)
        return Response(content, media_type=MEDIA_TYPES[suffix], headers=PRIVATE | {"ETag": tag})

    def voice(http: Request) -> Response:
        return Response(voice_of(scheduler, http.path_params["id"]), media_type="audio/wav", headers=PRIVATE)

    def shown(http: Request) -> Response:
        """The video or photo that a film is made of."""
        request = status_of(scheduler, FILM, http.path_params["id"]).job.request
        opened = ExitStack()
        source = opened.enter_context(scheduler.storage.cache.open(request.shown))
        if source is None:
            opened.close()
            raise Problem(404, f"{request.shown_name} was dropped to make room for others. Drop its file here again.")
        size = source.seek(0, 2)
        source.seek(0)
        return LongResponse(source, size, opened, dict(PRIVATE), media_type_of(request.shown_name))

    return [
        Route("/", file),
        Route("/page/jobs", jobs),
        Route("/page/machines", machines),
        Route("/page/faces", faces),
        Route("/page/takes/{id}/take.{suffix}", take),
        Route("/page/takes/{id}/voice.wav", voice),
        Route("/page/films/{id}/shown", shown),
        Route("/page/{file:path}", file),
    ]


def media_type_of(name: str) -> str:
    """Of a picture or a film, by its name; that of plain bytes for all else, which a browser runs nothing of."""
    guessed = mimetypes.guess_type(name)[0] or BINARY
    return guessed if guessed.startswith(("video/", "image/")) and "svg" not in guessed else BINARY


def _now(content: dict) -> JSONResponse:
    return JSONResponse(content, headers=HEADERS | {"Cache-Control": "no-store"})
