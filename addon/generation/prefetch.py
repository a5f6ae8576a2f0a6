# SPDX-License-Identifier: GPL-3.0-or-later
"""Jobs that are submitted before their turn, so that the backend never waits for Blender between two takes. No bpy."""

import threading
from collections.abc import Callable, Iterable
from pathlib import Path

from ..connection.client import Client
from ..connection.errors import ClientError
from .state import Request

DEPTH = 3  # jobs that wait at the backend beside the current one; more would only fill its queue


class Prefetcher:
    """The requests of a list and the jobs that the backend has of them already. Takes are fetched in the order of the
    list, in whatever order the backend makes them. Methods may be called from any thread."""

    def __init__(self, requests: Iterable[Request] = (), depth: int = DEPTH) -> None:
        self._waiting = list(requests)
        self._depth = depth
        self._sent: dict[Request, tuple[Client, str]] = {}  # the client, and the job's id
        self._lock = threading.Lock()
        self._dropped = False

    def take(self, request: Request) -> str:
        """The job that was submitted for this request, '' where none was. The caller owns it from now on."""
        with self._lock:
            if request in self._waiting:
                self._waiting.remove(request)
            return self._sent.pop(request, (None, ""))[1]

    def fill(self, client: Client, wanted: Callable[[Request], bool], on_sent: Callable[[float], None]) -> None:
        """Submit the next requests up to the depth; those that are not `wanted` are skipped.

        A request that the backend refuses now is submitted again in its own turn, which reports why. `on_sent` may
        raise Stopped.
        """
        with self._lock:
            next_requests = [request for request in self._waiting if request not in self._sent]
        for request in next_requests:
            with self._lock:
                if self._dropped or len(self._sent) >= self._depth:
                    return
            if not wanted(request):
                continue
            try:
                job = submit(client, request, on_sent)
            except ClientError:
                return
            with self._lock:
                self._sent[request] = client, job
                dropped_meanwhile = self._dropped
            if dropped_meanwhile:
                self.drop()

    def drop(self) -> list[str]:
        """Cancel all submitted jobs and submit no more. The sentences of cancels that did not reach the backend."""
        with self._lock:
            self._dropped = True
            sent, self._sent = self._sent, {}
        errors = []
        for request, (client, job) in sent.items():
            try:
                client.cancel(job, request.kind)
            except ClientError as error:  # the cancel stands either way; a lost backend has lost the job too
                errors.append(str(error))
        return errors


def submit(client: Client, request: Request, on_sent: Callable[[float], None]) -> str:
    """Submit a request to the backend; the job's id. Errors and `on_sent` as of Client.submit."""
    if request.kind == "tracks":
        return client.submit_film(Path(request.sound), dict(request.fields), on_sent)
    recorded = Path(request.recorded) if request.recorded else None
    what = Path(request.sound), request.direction, request.engine, request.fps, on_sent, request.head
    return client.submit(*what, recorded, request.recorded_part)
