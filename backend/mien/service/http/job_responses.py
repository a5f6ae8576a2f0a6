# SPDX-License-Identifier: GPL-3.0-or-later
"""Responses that jobs of every kind have in common: accepted, refused, cancelled, their result and their events."""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import BinaryIO

from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.types import Receive, Scope, Send

from mien.service.http.problems import Problem, room_for
from mien.service.jobs.errors import Closing
from mien.service.jobs.job import FINAL, Job, JobStatus, cancelled
from mien.service.jobs.job_kind import JobKind
from mien.service.jobs.registry import UnknownJob
from mien.service.jobs.scheduler import Scheduler

KEEP_ALIVE_S = 15.0  # an event stream sends something at least this often, so that a dead connection is noticed
POLL_S = 1.0  # how often a stream looks how long the job still takes
EVENT_S = 0.05  # and it sends an event at most this often
PIECE = 1 << 19  # bytes of a result sent at a time
BINARY = "application/octet-stream"

Describe = Callable[[JobStatus], dict]
"""A job as its clients see it, as JSON."""


def client_of(http: Request) -> str:
    """The name of the client, as the access middleware left it in the scope."""
    return http.scope.get("state", {}).get("client", "")


def accepted(job: Job, path: str) -> JSONResponse:
    """202 with the URL of a new job, below `path`."""
    url = f"{path}/{job.id}"
    return JSONResponse({"id": job.id, "state": job.state, "url": url}, 202, headers={"Location": url})


def described(status: JobStatus, path: str) -> dict:
    """The fields that every kind of job has."""
    job = status.job
    return {
        "id": job.id,
        "state": job.state,
        "stage": job.stage,
        "fraction": job.fraction,
        "error": job.error,
        "result": f"{path}/{job.id}/result" if job.state == "done" else None,
    }


@contextmanager
def submission(kind: JobKind) -> Iterator[None]:
    """Around the submission of a job: the Problem for a server that ends, and for a full disk."""
    try:
        with room_for(kind.source):
            yield
    except Closing:
        raise Problem(503, "The backend is ending. Ask again when it runs again.", {"Retry-After": "10"}) from None


def status_of(scheduler: Scheduler, kind: JobKind, job_id: str) -> JobStatus:
    """Raises the Problem for a job that is not there."""
    with known(kind, job_id):
        return scheduler.status(kind, job_id)


@contextmanager
def known(kind: JobKind, job_id: str) -> Iterator[None]:
    """Around what is done with a job: the Problem for one that is not there, or not any more."""
    try:
        yield
    except UnknownJob:
        raise Problem(
            404,
            f"There is no {kind.name} {job_id[:40]!r}, or it was finished long ago and dropped. Ask for it anew.",
        ) from None


def cancel_or_forget(scheduler: Scheduler, kind: JobKind, job_id: str, describe: Describe) -> Response:
    """DELETE of a job: 200 with an unfinished one, which is cancelled; 204 for a finished one, which is forgotten."""
    with known(kind, job_id):
        status = scheduler.cancel_or_forget(kind, job_id)
    return Response(status_code=204) if status is None else JSONResponse(describe(status))


def result(scheduler: Scheduler, job: Job, headers: dict[str, str], media_type: str = BINARY) -> Response:
    """The result file of a job; in pieces, where it is larger than one. Raises the 409 for a job without one."""
    if job.state != "done":
        raise no_result(job)
    opened = ExitStack()
    file = opened.enter_context(scheduler.open_result(job))
    if file is None:
        opened.close()
        raise no_result(status_of(scheduler, job.kind, job.id).job)
    size = os.fstat(file.fileno()).st_size
    if size > PIECE:
        return LongResponse(file, size, opened, headers, media_type)
    with opened:
        return Response(file.read(), media_type=media_type, headers=headers)


def no_result(job: Job) -> Problem:
    reason = job.error or "Wait until its state is done, or ask for it anew."
    return Problem(409, f"The {job.kind.name} {job.id} is {job.state}, so there is no result to fetch. {reason}")


class LongResponse(StreamingResponse):
    """A file of `size` bytes; `opened` is closed when it is sent or the client has gone."""

    def __init__(
        self, file: BinaryIO, size: int, opened: ExitStack, headers: dict[str, str], media_type: str = BINARY
    ) -> None:
        self._opened = opened
        pieces = iter(lambda: file.read(PIECE), b"")
        super().__init__(pieces, media_type=media_type, headers=headers | {"Content-Length": str(size)})

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        with self._opened:
            await super().__call__(scope, receive, send)


async def events(scheduler: Scheduler, status: JobStatus, describe: Describe) -> AsyncIterator[str]:
    """Server-sent events: `progress` as the job of `status` changes, then `end`; each has the job as JSON."""
    loop, changed = asyncio.get_running_loop(), asyncio.Event()
    last, quiet_s = None, 0.0

    def wake() -> None:
        loop.call_soon_threadsafe(changed.set)

    with scheduler.watch(status.job.id, wake):
        status = _status_now(scheduler, status)
        while status.job.state not in FINAL and not scheduler.closing:
            now = describe(status)
            if now != last:
                last, quiet_s = now, 0.0
                yield _event("progress", now)
                await asyncio.sleep(EVENT_S)
            elif quiet_s >= KEEP_ALIVE_S:
                quiet_s = 0.0
                yield ": still at it\n\n"
            try:
                await asyncio.wait_for(changed.wait(), POLL_S)
            except TimeoutError:
                quiet_s += POLL_S
            changed.clear()
            status = _status_now(scheduler, status)
    yield _event("end", describe(status))


def _status_now(scheduler: Scheduler, status: JobStatus) -> JobStatus:
    try:
        return scheduler.status(status.job.kind, status.job.id)
    except UnknownJob:  # cancelled and forgotten between two looks
        return JobStatus(cancelled(status.job, 0), None, None)


def _event(kind: str, job: dict) -> str:
    return f"event: {kind}\ndata: {json.dumps(job)}\n\n"
