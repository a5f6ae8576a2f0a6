# SPDX-License-Identifier: GPL-3.0-or-later
"""Takes: the routes by which they are asked for, watched, fetched and cancelled."""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack, contextmanager
from typing import BinaryIO

from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from mien.service.http.problems import Problem
from mien.service.http.take_upload import ask
from mien.service.jobs.job import FINAL, Job, cancelled
from mien.service.jobs.job_store import JobStore, Look, UnknownJob
from mien.settings import Settings

QUIET_S = 15.0  # an event stream says something at least this often, so that a dead connection is noticed
LOOK_S = 1.0  # how often a stream looks how long it still takes
EVENT_S = 0.05  # and it says something at most this often
PIECE = 1 << 19  # bytes of a result sent at a time
TAKE = "application/octet-stream"


def takes_routes(settings: Settings, jobs: JobStore) -> list[Route]:
    """POST /v1/takes, GET and DELETE of one, its events and its result."""

    async def create(http: Request) -> JSONResponse:
        job = await ask(http, settings, jobs)
        url = f"/v1/takes/{job.id}"
        body = {"id": job.id, "state": job.state, "url": url}
        return JSONResponse(body, 202, headers={"Location": url})

    def take(http: Request) -> JSONResponse:
        return JSONResponse(described(_look(jobs, http.path_params["id"])))

    async def events(http: Request) -> StreamingResponse:
        look = _look(jobs, http.path_params["id"])
        headers = {"Cache-Control": "no-store"}
        return StreamingResponse(_events(jobs, look), media_type="text/event-stream", headers=headers)

    def result(http: Request) -> Response:
        job = _look(jobs, http.path_params["id"]).job
        if job.state != "done":
            raise _no_result(job)
        tag = f'"{job.sha256}"'
        if tag in http.headers.get("if-none-match", ""):
            return Response(status_code=304, headers={"ETag": tag})
        return _file(jobs, job, {"ETag": tag})

    def cancel(http: Request) -> Response:
        """Cancels a take that is not finished, and forgets one that is."""
        id = http.path_params["id"]
        with _known(id):  # others may forget it at the same time
            if jobs.job(id).state in FINAL:
                jobs.forget(id)
                return Response(status_code=204)
            jobs.cancel(id)
            return JSONResponse(described(jobs.look(id)))

    return [
        Route("/v1/takes", create, methods=["POST"]),
        Route("/v1/takes/{id}", take),
        Route("/v1/takes/{id}", cancel, methods=["DELETE"]),
        Route("/v1/takes/{id}/events", events),
        Route("/v1/takes/{id}/result", result),
    ]


def described(look: Look) -> dict:
    """A job as clients see it."""
    job = look.job
    return {
        "id": job.id,
        "state": job.state,
        "stage": job.stage,
        "fraction": job.fraction,
        "error": job.error,
        "result": f"/v1/takes/{job.id}/result" if job.state == "done" else None,
        "position": look.position,
        "left_s": None if look.left_s is None else round(look.left_s),
        "frames_done": look.frames,
        "frames": job.order.frames,
    }


def _look(jobs: JobStore, id: str) -> Look:
    with _known(id):
        return jobs.look(id)


@contextmanager
def _known(id: str) -> Iterator[None]:
    """Raises the Problem for a job that there is not, or not any more."""
    try:
        yield
    except UnknownJob:
        raise Problem(
            404, f"There is no take {id[:40]!r}, or it was finished long ago and dropped. Ask for it anew."
        ) from None


def _no_result(job: Job) -> Problem:
    reason = job.error or "Wait until its state is done, or ask for it anew."
    return Problem(409, f"The take {job.id} is {job.state}, so there is no result to fetch. {reason}")


def _file(jobs: JobStore, job: Job, headers: dict[str, str]) -> Response:
    """The take file of a job that is done; in pieces, where it is larger than one."""
    reading = ExitStack()
    file = reading.enter_context(jobs.take(job))
    if file is None:
        reading.close()
        raise _no_result(_look(jobs, job.id).job)
    size = os.fstat(file.fileno()).st_size
    if size > PIECE:
        return LongResponse(file, size, reading, headers)
    with reading:
        return Response(file.read(), media_type=TAKE, headers=headers)


class LongResponse(StreamingResponse):
    """A file of `size` bytes, whose `reading` ends when it is sent or the client has gone."""

    def __init__(self, file: BinaryIO, size: int, reading: ExitStack, headers: dict[str, str]) -> None:
        self._reading = reading
        pieces = iter(lambda: file.read(PIECE), b"")
        super().__init__(pieces, media_type=TAKE, headers=headers | {"Content-Length": str(size)})

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        with self._reading:
            await super().__call__(scope, receive, send)


async def _events(jobs: JobStore, look: Look) -> AsyncIterator[str]:
    """`progress` events as the job of `look` changes, then `end`; each has the job as JSON."""
    loop, changed = asyncio.get_running_loop(), asyncio.Event()
    told, quiet = None, 0.0

    def wake() -> None:
        loop.call_soon_threadsafe(changed.set)

    with jobs.watched(look.job.id, wake):
        look = _look_again(jobs, look)
        while look.job.state not in FINAL and not jobs.closing:
            now = described(look)
            if now != told:
                told, quiet = now, 0.0
                yield _event("progress", now)
                await asyncio.sleep(EVENT_S)
            elif quiet >= QUIET_S:
                quiet = 0.0
                yield ": still at it\n\n"
            try:
                await asyncio.wait_for(changed.wait(), LOOK_S)
            except TimeoutError:
                quiet += LOOK_S
            changed.clear()
            look = _look_again(jobs, look)
    yield _event("end", described(look))


def _look_again(jobs: JobStore, look: Look) -> Look:
    try:
        return jobs.look(look.job.id)
    except UnknownJob:  # cancelled and dropped between two looks
        return Look(cancelled(look.job, 0), None, None, None)


def _event(kind: str, job: dict) -> str:
    return f"event: {kind}\ndata: {json.dumps(job)}\n\n"
