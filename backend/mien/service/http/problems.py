# SPDX-License-Identifier: GPL-3.0-or-later
"""Problem: every refusal of the service, as RFC 9457 `application/problem+json` with a sentence to read."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http import HTTPStatus

from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse
from starlette.routing import Match

from mien.service.errors import disk_full

METHODS = ("DELETE", "GET", "HEAD", "POST")  # that any path has


class Problem(HTTPException):
    """Raised anywhere in a request: `status` of HTTP, and the sentence that says what to do."""

    def __init__(self, status: int, sentence: str, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(status, sentence, dict(headers or {}))


@contextmanager
def room_for(source: str) -> Iterator[None]:
    """Around what a request needs the disk for: the Problem for one that is full; `source` is what was sent."""
    try:
        yield
    except (OSError, sqlite3.OperationalError) as error:
        if not disk_full(error):
            raise
        raise Problem(
            507, f"The backend's disk is full, so it cannot take a {source}. Whoever runs it must free some of it."
        ) from error


def problem_of(status: int, sentence: str) -> dict[str, str | int]:
    """The body of a problem; `type` is about:blank because the title is that of the status."""
    return {"type": "about:blank", "title": HTTPStatus(status).phrase, "status": status, "detail": sentence}


def problem_response(status: int, sentence: str, headers: Mapping[str, str] | None = None) -> JSONResponse:
    """The reply for a problem."""
    return JSONResponse(
        problem_of(status, sentence), status, headers=dict(headers or {}), media_type="application/problem+json"
    )


async def _http(request: Request, error: HTTPException) -> JSONResponse:
    sentence = str(error.detail)
    if not isinstance(error, Problem):
        path, method = request.url.path, request.method
        if error.status_code == 404:
            sentence = f"There is nothing at {path}. Start with GET /v1/info."
        elif error.status_code == 405:
            allowed = ", ".join(_allowed(request))
            sentence = f"{method} is not possible at {path}. Use {allowed}."
            return problem_response(405, sentence, {"Allow": allowed})
    return problem_response(error.status_code, sentence, error.headers)


def _allowed(request: Request) -> list[str]:
    """The methods of a path. The framework names only those of the first route that has it."""

    def known(method: str) -> bool:
        scope = {**request.scope, "method": method}
        return any(route.matches(scope)[0] is Match.FULL for route in request.app.routes)

    return list(filter(known, METHODS))


async def _left(request: Request, error: ClientDisconnect) -> None:
    """There is no client to reply to, and leaving in the middle of a request is no fault of the backend."""


async def _unexpected(request: Request, error: Exception) -> JSONResponse:
    # The framework raises the error again after this reply, so the log has all of it.
    return problem_response(
        500,
        f"The backend failed at {request.method} {request.url.path} in a way it should not. Its log says "
        "where; restart the backend, and report it with the log if it happens again.",
    )


# For every error of the app, those of the framework and unexpected ones too.
PROBLEMS = {HTTPException: _http, ClientDisconnect: _left, Exception: _unexpected}
