# SPDX-License-Identifier: GPL-3.0-or-later
"""The routes of bindings: send a mesh, watch it, fetch its shapes, cancel it."""

from __future__ import annotations

import hashlib
from contextlib import suppress

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from mien.files.safetensors import TensorFileError, read_tensors
from mien.service.http import job_responses
from mien.service.http.job_responses import accepted, cancel_or_forget, client_of, status_of, submission
from mien.service.http.problems import Problem
from mien.service.jobs.bind_jobs import BINDING, BindRequest
from mien.service.jobs.errors import QueueFull
from mien.service.jobs.job import Job, JobStatus
from mien.service.jobs.scheduler import Scheduler

PATH = "/v1/bind"
BYTES = 64 << 20  # of a mesh; a million vertices have some 40 MB
MEDIA_TYPE = "application/octet-stream"


def bind_routes(scheduler: Scheduler) -> list[Route]:
    """POST /v1/bind, GET and DELETE of one, and its result."""

    async def create(http: Request) -> JSONResponse:
        content_type = http.headers.get("content-type", "no content type")
        if content_type.partition(";")[0].strip().lower() != MEDIA_TYPE:
            raise Problem(415, f"The request has {content_type[:80]}; send the mesh as {MEDIA_TYPE}.")
        mesh = await _body(http)
        return accepted(await run_in_threadpool(_submit, mesh, scheduler, client_of(http)), PATH)

    def binding(http: Request) -> JSONResponse:
        return JSONResponse(described(status_of(scheduler, BINDING, http.path_params["id"])))

    def result(http: Request) -> Response:
        return job_responses.result(scheduler, status_of(scheduler, BINDING, http.path_params["id"]).job, {})

    def cancel(http: Request) -> Response:
        return cancel_or_forget(scheduler, BINDING, http.path_params["id"], described)

    return [
        Route(PATH, create, methods=["POST"]),
        Route(PATH + "/{id}", binding),
        Route(PATH + "/{id}", cancel, methods=["DELETE"]),
        Route(PATH + "/{id}/result", result),
    ]


def described(status: JobStatus) -> dict:
    """A binding as clients see it."""
    return job_responses.described(status, PATH)


def _submit(mesh: bytes, scheduler: Scheduler, client: str) -> Job:
    _refuse_empty(mesh)
    with submission(BINDING):
        file = scheduler.storage.folder.new_file("mesh")
        try:
            file.write_bytes(mesh)
            return scheduler.submit(BINDING, BindRequest(hashlib.sha256(mesh).hexdigest()), client, file)
        except QueueFull as full:
            sentence = f"{full.limit} meshes are waiting to be bound, as many as may. Ask again soon."
            raise Problem(429, sentence, {"Retry-After": "10"}) from None
        finally:
            file.unlink(missing_ok=True)


def _refuse_empty(mesh: bytes) -> None:
    """Problem for no bytes, and for a mesh without faces. What else may be wrong is found where it is bound: damaged
    files are read in a process of their own."""
    if not mesh:
        raise Problem(422, "The request has no mesh; send it as the body.")
    with suppress(TensorFileError):
        tensors, _ = read_tensors(mesh)
        if {"vertices", "faces"} <= set(tensors) and not (len(tensors["vertices"]) and len(tensors["faces"])):
            raise Problem(422, "The mesh has no faces; a cloud of points cannot be bound.")


async def _body(http: Request) -> bytes:
    pieces, size = [], 0
    async for piece in http.stream():
        size += len(piece)
        if size > BYTES:
            raise Problem(413, f"The mesh has more than {BYTES >> 20} MB; cut the face out of it.")
        pieces.append(piece)
    return b"".join(pieces)
