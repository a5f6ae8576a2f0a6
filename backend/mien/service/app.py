# SPDX-License-Identifier: GPL-3.0-or-later
"""The routes of API v1. No path that a client names is opened: a sound is the bytes of a request."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import asdict
from pathlib import PurePath
from urllib.parse import unquote

from fastapi import FastAPI
from fastapi.responses import JSONResponse, Response, StreamingResponse
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import FormData, UploadFile
from starlette.exceptions import HTTPException
from starlette.requests import Request as HttpRequest
from starlette.types import ASGIApp

from mien import __version__, engines
from mien.direction import Direction, DirectionError
from mien.engines import EngineError
from mien.heads.mien import HeadError, load_head
from mien.heads.named import head_named
from mien.service import API
from mien.service.addresses import Names
from mien.service.guard import Guard
from mien.service.jobs import FINAL, Job, JobStore, QueueFull, Request, UnknownJob, cancelled
from mien.service.problem import Problem, answer_with_problems
from mien.service.seen import seen_routes
from mien.service.tokens import Tokens
from mien.service.traffic import Traffic
from mien.settings import Settings
from mien.speech import SpeechError, read_speech
from mien.take import TakeError, parse_fps

FIELDS = ("sound", "direction", "engine", "fps", "head")
FIELD_BYTES = 8 * 2**20  # a direction with 100,000 keys has some 3 MB
QUIET_S = 15.0  # an event stream says something at least this often, so that a dead connection is noticed
EVENT_S = 0.05  # and at most this often


def create_app(
    settings: Settings, jobs: JobStore, tokens: Tokens | None = None, names: Names | None = None
) -> ASGIApp:
    """The whole service as one ASGI app; whoever made `jobs` closes them. `tokens` where others are let in."""
    traffic = Traffic()
    app = FastAPI(title="Mien", version=__version__, docs_url=None, redoc_url=None, openapi_url=None)
    answer_with_problems(app)

    @app.get("/v1/info")
    def info() -> dict:
        return _info(settings)

    @app.post("/v1/takes")
    async def ask(http: HttpRequest) -> JSONResponse:
        if jobs.full:
            raise _queue_full(settings)
        request = await _read_request(http, settings)
        try:
            job = jobs.submit(request)
        except QueueFull:
            raise _queue_full(settings) from None
        url = f"/v1/takes/{job.id}"
        body = {"id": job.id, "state": job.state, "url": url}
        return JSONResponse(body, 202, headers={"Location": url})

    @app.get("/v1/takes/{id}")
    def take(id: str) -> dict:
        return _described(_job(jobs, id))

    @app.get("/v1/takes/{id}/events")
    async def events(id: str) -> StreamingResponse:
        _job(jobs, id)
        return StreamingResponse(
            _events(jobs, id), media_type="text/event-stream", headers={"Cache-Control": "no-store"}
        )

    @app.get("/v1/takes/{id}/result")
    def result(id: str, http: HttpRequest) -> Response:
        job = _job(jobs, id)
        if job.take is None:
            reason = job.error or "Wait until its state is done, or ask for it anew."
            raise Problem(409, f"The take {id} is {job.state}, so there is no result to fetch. {reason}")
        tag = f'"{job.sha256}"'
        if tag in http.headers.get("if-none-match", ""):
            return Response(status_code=304, headers={"ETag": tag})
        return Response(job.take, media_type="application/octet-stream", headers={"ETag": tag})

    @app.delete("/v1/takes/{id}")
    def cancel(id: str) -> Response:
        """Cancels a take that is not finished, and forgets one that is."""
        if _job(jobs, id).state in FINAL:
            jobs.forget(id)
            return Response(status_code=204)
        return JSONResponse(_described(jobs.cancel(id)))

    app.include_router(seen_routes(settings, jobs, traffic))
    return Guard(app, settings, tokens, names, traffic)


def _info(settings: Settings) -> dict:
    """What the panel needs to draw itself."""
    head = load_head()
    shown = [engines.ENGINES[name].info for name in engines.NAMES]
    return {
        "name": "mien",
        "version": __version__,
        "api": API,
        "device": engines.ENGINES[engines.DEFAULT].info.device,
        "engines": [
            {
                "name": engine.name,
                "version": engine.version,
                "emotions": list(engine.emotions),
                "styles": list(engine.styles),
                "licence": engine.licence,
                "missing": [asdict(each) for each in engine.missing()],
            }
            for engine in shown
        ],
        "default_engine": engines.DEFAULT,
        "limits": {"seconds": settings.limit_s, "bytes": settings.limit_bytes},
        "head": {"name": head.name, "sha256": head.sha256, "vertices": len(head.vertices)},
    }


async def _read_request(http: HttpRequest, settings: Settings) -> Request:
    """The multipart body of POST /v1/takes. Raises Problem with the sentence of the part that is wrong."""
    content_type = http.headers.get("content-type", "no content type")
    if not content_type.startswith("multipart/form-data"):
        raise Problem(
            415, f"The request has {content_type}; send multipart/form-data with the sound as a file `sound`."
        )
    try:
        form = await http.form(max_files=1, max_fields=len(FIELDS), max_part_size=FIELD_BYTES)
    except Problem:
        raise
    except HTTPException as error:
        raise Problem(
            400, f"The multipart body cannot be read ({error.detail.rstrip('.')}). Send one file `sound`."
        ) from error
    try:
        return await run_in_threadpool(_request_of_form, form, settings)
    except (SpeechError, DirectionError, EngineError, TakeError, HeadError) as error:
        raise Problem(422, str(error)) from error
    finally:
        await form.close()


def _request_of_form(form: FormData, settings: Settings) -> Request:
    unknown = [name for name in form if name not in FIELDS]
    if unknown:
        raise Problem(422, f"The request has a field {unknown[0]!r}; the fields are {', '.join(FIELDS)}.")
    sound = form.get("sound")
    if not isinstance(sound, UploadFile):
        raise Problem(422, "The request has no file `sound`. Send the sound as a file of that name.")
    texts = {name: form[name] for name in FIELDS[1:] if name in form}
    for name, text in texts.items():
        if not isinstance(text, str):
            raise Problem(422, f"The field {name!r} is a file; send it as text.")
    direction = Direction.from_json(texts.get("direction") or "{}")
    engine = texts.get("engine") or engines.DEFAULT
    refusal = engines.engine(engine).info.refusal
    if refusal:
        raise EngineError(refusal)
    fps = parse_fps(texts["fps"]) if texts.get("fps") else None
    head = head_named(texts["head"], settings.data_folder) if texts.get("head") else None
    # Only a name for messages: nothing is opened by it.
    name = PurePath(unquote(sound.filename or "sound")).name[:100]
    speech = read_speech(sound.file, name=name, limit_s=settings.limit_s)
    return Request(speech, direction, engine, fps, head)


def _queue_full(settings: Settings) -> Problem:
    return Problem(
        429,
        f"{settings.queue} takes are waiting already, as many as may. Ask again when some are done.",
        {"Retry-After": "5"},
    )


def _job(jobs: JobStore, id: str) -> Job:
    try:
        return jobs.job(id)
    except UnknownJob:
        raise Problem(
            404, f"There is no take {id[:40]!r}, or it was finished long ago and dropped. Ask for it anew."
        ) from None


def _described(job: Job) -> dict:
    return {
        "id": job.id,
        "state": job.state,
        "stage": job.stage,
        "fraction": job.fraction,
        "error": job.error,
        "result": f"/v1/takes/{job.id}/result" if job.state == "done" else None,
    }


async def _events(jobs: JobStore, id: str) -> AsyncIterator[str]:
    """`progress` events as the job changes, then `end`; each has the job as JSON."""
    loop, changed, told = asyncio.get_running_loop(), asyncio.Event(), None

    def wake() -> None:
        loop.call_soon_threadsafe(changed.set)

    with jobs.watched(id, wake):
        job = jobs.job(id)
        while job.state not in FINAL:
            if job != told:
                told = job
                yield _event("progress", job)
                await asyncio.sleep(EVENT_S)
            try:
                await asyncio.wait_for(changed.wait(), QUIET_S)
            except TimeoutError:
                yield ": still at it\n\n"
            changed.clear()
            try:
                job = jobs.job(id)
            except UnknownJob:  # cancelled and dropped between two looks
                job = cancelled(job, 0)
    yield _event("end", job)


def _event(kind: str, job: Job) -> str:
    return f"event: {kind}\ndata: {json.dumps(_described(job))}\n\n"
