# SPDX-License-Identifier: GPL-3.0-or-later
"""Guard: who may ask, and how much they may send.

Every web page that the user's browser shows can reach a backend on 127.0.0.1. The Host check stops pages that
rename their own server to 127.0.0.1 (DNS rebinding); the Origin check stops forms and scripts of other sites.
"""

from __future__ import annotations

from ipaddress import ip_address
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from mien.service import API
from mien.service.problem import Problem, problem_response


class Guard:
    """An ASGI app around another: refuses foreign requests (403), large ones (413), signs every reply."""

    def __init__(self, app: ASGIApp, host: str, limit_bytes: int) -> None:
        self.app, self.host, self.limit_bytes = app, host, limit_bytes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return

        async def signed(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message)["Mien-API"] = str(API)
            await send(message)

        headers = Headers(scope=scope)
        foreign = foreign_reason(headers, self.host)
        if foreign:
            await problem_response(403, foreign)(scope, receive, signed)
        else:
            await self.app(scope, self._limited(headers, receive), signed)

    def _limited(self, headers: Headers, receive: Receive) -> Receive:
        """`receive` that counts the body and raises the 413 as soon as there is too much of it.

        The server goes on to read and discard the rest: closing the connection here would reach a client that is
        still sending as a broken pipe, without the reply.
        """
        announced = headers.get("content-length", "")
        count = 0
        too_large = Problem(
            413,
            f"The request is larger than {self.limit_bytes} bytes. Send a shorter or a compressed sound, or "
            "start the backend with a larger --limit-bytes or MIEN_LIMIT_BYTES.",
        )

        async def limited() -> Message:
            nonlocal count
            if announced.isdecimal() and int(announced) > self.limit_bytes:
                raise too_large
            message = await receive()
            if message["type"] == "http.request":
                count += len(message.get("body", b""))
                if count > self.limit_bytes:
                    raise too_large
            return message

        return limited


def foreign_reason(headers: Headers, bound: str) -> str | None:
    """Why a request is refused, in a sentence; None for one of this machine's own programs."""
    host = headers.get("host", "")
    name = _name(host)
    if name is None or not (name == bound or name == "localhost" or _is_loopback(name)):
        return f"The request is for the host {host!r}; this backend answers as 127.0.0.1 or localhost only."
    origin = headers.get("origin")
    if origin is not None and origin.lower() != f"http://{host}".lower():
        return f"The request comes from the web page of {origin!r}; web pages may not use this backend."
    return None


def _name(host: str) -> str | None:
    """The name or address in a Host header, without port and brackets; None when it is malformed."""
    try:
        parts = urlsplit(f"//{host}")
        parts.port  # noqa: B018  raises ValueError when it is no port
    except ValueError:
        return None
    return parts.hostname if parts.netloc == host and "@" not in host else None


def _is_loopback(name: str) -> bool:
    try:
        return ip_address(name).is_loopback
    except ValueError:
        return False
