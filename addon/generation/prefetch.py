# SPDX-License-Identifier: GPL-3.0-or-later
"""Sounds sent to the backend before their turn: between two takes of a list it never waits for Blender. No bpy."""

import threading
from collections.abc import Callable, Iterable
from pathlib import Path

from ..connection.client import Client, ClientError
from .state import Request

DEPTH = 3  # jobs that wait at the backend beside the one whose turn it is: more only fill its queue


class Ahead:
    """The jobs of a list that the backend has already. Takes come back in the order of the list, whatever the backend
    does with them. Methods may be called from any thread."""

    def __init__(self, requests: Iterable[Request] = (), depth: int = DEPTH) -> None:
        self._waiting = list(requests)
        self._depth = depth
        self._sent: dict[Request, tuple[Client, str]] = {}
        self._lock = threading.Lock()
        self._over = False

    def take(self, request: Request) -> str:
        """The job that was sent for this request, '' if none was. From now on it is the caller's."""
        with self._lock:
            if request in self._waiting:
                self._waiting.remove(request)
            return self._sent.pop(request, (None, ""))[1]

    def fill(self, client: Client, wanted: Callable[[Request], bool], sent: Callable[[float], None]) -> None:
        """Send the next of the list until so many wait as may; those that are not `wanted` are passed over.

        What the backend refuses now is left for its own turn, which says why. `sent` may raise Stopped.
        """
        with self._lock:
            following = [request for request in self._waiting if request not in self._sent]
        for request in following:
            with self._lock:
                if self._over or len(self._sent) >= self._depth:
                    return
            if not wanted(request):
                continue
            try:
                job = submit(client, request, sent)
            except ClientError:
                return
            with self._lock:
                self._sent[request] = client, job
                late = self._over
            if late:
                self.drop()

    def drop(self) -> list[str]:
        """Take back all that was sent and send no more: the list is over. Sentences where the backend was not told."""
        with self._lock:
            self._over = True
            left, self._sent = list(self._sent.values()), {}
        untold = []
        for client, job in left:
            try:
                client.cancel(job)
            except ClientError as error:  # the cancel stands either way; a lost backend has lost the job too
                untold.append(str(error))
        return untold


def submit(client: Client, request: Request, sent: Callable[[float], None]) -> str:
    """Send a request to the backend; the job's id. As Client.submit."""
    return client.submit(Path(request.sound), request.direction, request.engine, request.fps, sent, request.head)
