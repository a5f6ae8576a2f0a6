# SPDX-License-Identifier: GPL-3.0-or-later
"""Binding: the routes by which the default head's channels are put on a client's mesh, each mesh in a child process."""

from __future__ import annotations

import secrets
import tempfile
import threading
import time
from collections import deque
from dataclasses import dataclass, field
from pathlib import Path

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from mien.service.http.problems import Problem
from mien.service.workers.process import Child, ChildGone
from mien.settings import Settings

MODULE = "mien.service.workers.bind_process"
WAITING = 4  # meshes that may wait; a person binds one and looks at it
KEEP, KEEP_S = 8, 600.0  # meshes that are done are kept for their client to fetch
LIMIT_S = 600.0  # no mesh takes longer; a body of 200,000 vertices takes a minute
LOOK_S = 0.2
BYTES = 64 << 20  # of a mesh; a million vertices have some 40 MB


@dataclass(eq=False)
class Job:
    """One mesh. state: queued, running, done, failed or cancelled."""

    id: str
    mesh: bytes = field(repr=False)
    state: str = "queued"
    stage: str = ""
    fraction: float = 0.0
    error: str | None = None
    shapes: bytes | None = field(default=None, repr=False)
    ended: float = 0.0

    def described(self) -> dict[str, object]:
        """As clients see it, like a take's job."""
        result = f"/v1/bind/{self.id}/result" if self.state == "done" else None
        said = {"id": self.id, "state": self.state, "stage": self.stage, "fraction": self.fraction}
        return said | {"error": self.error, "result": result}


class Bindings:
    """Meshes one after another, in a thread that lives while there are some."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._lock = threading.Lock()
        self._jobs: dict[str, Job] = {}
        self._queue: deque[Job] = deque()
        self._thread: threading.Thread | None = None

    def submit(self, mesh: bytes) -> Job:
        """Raises Problem when too many wait."""
        with self._lock:
            self._forget_old()
            if len(self._queue) >= WAITING:
                sentence = f"{WAITING} meshes are waiting to be bound, as many as may. Ask again soon."
                raise Problem(429, sentence, {"Retry-After": "10"})
            job = Job(secrets.token_hex(16), mesh)
            self._jobs[job.id] = job
            self._queue.append(job)
            if self._thread is None:
                self._thread = threading.Thread(target=self._work, name="binding", daemon=True)
                self._thread.start()
        return job

    def job(self, id: str) -> Job:
        """Raises Problem for an id that there is none of."""
        with self._lock:
            job = self._jobs.get(id)
        if job is None:
            raise Problem(404, f"There is no binding {id[:40]!r}, or it was done long ago and dropped. Ask anew.")
        return job

    def cancel(self, id: str) -> Job | None:
        """Cancels what is not finished; forgets what is, and returns None."""
        job = self.job(id)
        with self._lock:
            if job.state in ("queued", "running"):
                if job.state == "queued":
                    self._queue.remove(job)
                job.state, job.mesh, job.ended = "cancelled", b"", time.monotonic()
                return job
            self._jobs.pop(id, None)  # unless somebody else has just done so
            return None

    def _forget_old(self) -> None:
        ended = sorted((job for job in self._jobs.values() if job.ended), key=lambda job: job.ended)
        now = time.monotonic()
        for number, job in enumerate(ended):
            if now - job.ended > KEEP_S or number < len(ended) - KEEP:
                del self._jobs[job.id]

    def _work(self) -> None:
        while True:
            with self._lock:
                if not self._queue:
                    self._thread = None
                    return
                job = self._queue.popleft()
                job.state = "running"
            try:
                error = self._bind(job)
            except OSError as fault:
                error = f"The mesh could not be written for binding: {fault.strerror or fault}."
            except ChildGone as gone:
                error = f"The process that bound the mesh is gone: {gone}. The mesh may be too large for this machine."
            with self._lock:
                if job.state == "running":
                    job.state, job.error = ("failed", error) if error else ("done", None)
                    job.fraction = 0.0 if error else 1.0
                job.mesh, job.ended = b"", time.monotonic()

    def _bind(self, job: Job) -> str:
        """The sentence that says what is wrong, '' when the shapes are there or nobody wants them any more."""
        with tempfile.TemporaryDirectory(prefix="mien-bind-") as folder:
            mesh, shapes = Path(folder, "mesh.safetensors"), Path(folder, "shapes.safetensors")
            mesh.write_bytes(job.mesh)
            child = Child(MODULE, self._settings.memory_bytes, self._settings.data_folder)
            try:
                child.send({"mesh": str(mesh), "shapes": str(shapes)})
                until = time.monotonic() + LIMIT_S
                while job.state == "running":
                    try:
                        said = child.receive(LOOK_S)
                    except TimeoutError:
                        if time.monotonic() > until:
                            return f"Binding took longer than {LIMIT_S:g} s; make the mesh coarser or cut out the face."
                        continue
                    if "end" in said:
                        job.shapes = shapes.read_bytes() if said["end"] == "done" else None
                        return said.get("sentence", "")
                    job.fraction, job.stage = said["fraction"], said["stage"]
                return ""
            finally:
                child.kill()


def binding_routes(settings: Settings) -> list[Route]:
    """POST /v1/bind, GET and DELETE of one, and its result."""
    bindings = Bindings(settings)

    async def create(http: Request) -> JSONResponse:
        kind = http.headers.get("content-type", "no content type")
        if kind != "application/octet-stream":
            raise Problem(415, f"The request has {kind[:80]}; send the mesh as application/octet-stream.")
        job = bindings.submit(await _body(http))
        url = f"/v1/bind/{job.id}"
        return JSONResponse({"id": job.id, "state": "queued", "url": url}, 202, headers={"Location": url})

    def look(http: Request) -> JSONResponse:
        return JSONResponse(bindings.job(http.path_params["id"]).described())

    def result(http: Request) -> Response:
        job = bindings.job(http.path_params["id"])
        if job.shapes is None:
            reason = job.error or "Wait until its state is done, or ask for it anew."
            raise Problem(409, f"The binding {job.id} is {job.state}, so there is no result to fetch. {reason}")
        return Response(job.shapes, media_type="application/octet-stream")

    def cancel(http: Request) -> Response:
        job = bindings.cancel(http.path_params["id"])
        return Response(status_code=204) if job is None else JSONResponse(job.described())

    return [
        Route("/v1/bind", create, methods=["POST"]),
        Route("/v1/bind/{id}", look),
        Route("/v1/bind/{id}", cancel, methods=["DELETE"]),
        Route("/v1/bind/{id}/result", result),
    ]


async def _body(http: Request) -> bytes:
    pieces, size = [], 0
    async for piece in http.stream():
        size += len(piece)
        if size > BYTES:
            raise Problem(413, f"The mesh has more than {BYTES >> 20} MB; cut the face out of it.")
        pieces.append(piece)
    return b"".join(pieces)
