# SPDX-License-Identifier: GPL-3.0-or-later
"""AccessMiddleware: who may use the service, and how much they may send.

Every web page that the user's browser shows can reach a backend on 127.0.0.1 or in the same network. The Host check
stops pages that give their own server's name such an address (DNS rebinding); the Origin check stops forms and scripts
of other sites. A backend that other machines can reach requires a token as well, but for the files of its own page.
"""

from __future__ import annotations

import logging
import time
from urllib.parse import unquote, urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from mien.service import API
from mien.service.http.page.static_files import is_static
from mien.service.http.problems import Problem, problem_response
from mien.service.http.unread_body import UnreadBody
from mien.service.monitoring.request_statistics import RequestStatistics
from mien.service.network.addresses import Names
from mien.service.network.tokens import TokenError, Tokens
from mien.settings import Settings

HEADERS = 100  # how many a request may have; the extension sends 6
HEADER_BYTES = 16 * 2**10  # of all together

log = logging.getLogger(__name__)


class AccessMiddleware:
    """An ASGI app around another: refuses foreign requests (403), those without a token (401) and those too large
    (431, 413), marks every reply with the API version, and reports it to the log and to `statistics`.

    The app finds the client's name in `scope["state"]["client"]`: that of its token, or its address where none is
    required.
    """

    def __init__(
        self,
        app: ASGIApp,
        settings: Settings,
        tokens: Tokens | None = None,
        names: Names | None = None,
        statistics: RequestStatistics | None = None,
    ) -> None:
        self.app, self.limit_bytes = app, settings.limit_bytes
        self.tokens = tokens if settings.lan else None
        if settings.lan and tokens is None:
            raise ValueError("a backend for other machines needs tokens")
        self.names = names or Names(settings)
        self.statistics = statistics or RequestStatistics()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        began, status = time.monotonic(), 0

        async def send_marked(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                await body.drop()
                status = message["status"]
                MutableHeaders(scope=message)["Mien-API"] = str(API)
            await send(message)

        state = scope.setdefault("state", {})
        state["client"] = _address(scope)
        refusal = _to_origin_form(scope)
        headers = Headers(scope=scope)
        body = UnreadBody(scope, headers, receive, self.limit_bytes)
        refusal = refusal or self._refusal(scope, headers)
        with self.statistics.open():
            try:
                if refusal is not None:
                    reply = problem_response(refusal.status_code, refusal.detail, refusal.headers)
                    await reply(scope, body.receive, send_marked)
                else:
                    await self.app(scope, self._limited(headers, body.receive), send_marked)
            finally:
                self._report(scope, status, time.monotonic() - began)

    def _refusal(self, scope: Scope, headers: Headers) -> Problem | None:
        """Why the request goes no further; None when it may. Leaves the client's name in the scope."""
        size = sum(len(name) + len(value) for name, value in scope["headers"])
        if len(scope["headers"]) > HEADERS or size > HEADER_BYTES:
            return Problem(
                431, f"The request has more than {HEADERS} headers or {HEADER_BYTES} bytes of them. Send fewer."
            )
        foreign = foreign_reason(headers, self.names, scope.get("scheme", "http"))
        if foreign:
            return Problem(403, foreign)
        if self.tokens is None or is_static(scope):
            return None
        try:
            reason, client = token_reason(headers, self.tokens)
        except TokenError as error:
            log.error("%s", error)
            return Problem(503, "The backend cannot read who may use it; whoever runs it finds why in its log.")
        if reason:
            return Problem(401, reason, {"WWW-Authenticate": 'Bearer realm="mien"'})
        scope["state"]["client"] = client
        return None

    def _report(self, scope: Scope, status: int, seconds: float) -> None:
        route = getattr(scope.get("route"), "path", "other")
        self.statistics.observe(scope["method"], route, status, seconds)
        read_only = scope["method"] in ("GET", "HEAD") and status < 400
        log.log(
            logging.DEBUG if read_only else logging.INFO,
            "%s %s %s",
            scope["method"],
            scope["path"][:200],
            status or "left",  # the client went before it was answered
            extra={
                "client": scope["state"]["client"],
                "address": _address(scope),
                "status": status,
                "seconds": round(seconds, 4),
                "job": scope.get("path_params", {}).get("id"),
            },
        )

    def _limited(self, headers: Headers, receive: Receive) -> Receive:
        """`receive` that counts the body and raises the 413 as soon as there is too much of it.

        The server goes on to read and discard the rest: closing the connection here would reach a client that is
        still sending as a broken pipe, without the reply.
        """
        announced = headers.get("content-length", "")
        count = 0
        too_large = Problem(
            413,
            f"The request is larger than {self.limit_bytes} bytes. Send a shorter or a compressed file, or "
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


def foreign_reason(headers: Headers, names: Names, scheme: str = "http") -> str | None:
    """Why a request is refused, in a sentence; None for one that is meant for this machine and no web page's."""
    hosts = headers.getlist("host")
    host = hosts[0] if len(hosts) == 1 else ""
    name = _name(host)
    if name is None or not names.known(name):
        return (
            f"The request is for the host {host[:80]!r}, which is not a name of this backend. Use its address as it "
            "was printed; if this machine goes by that name, start the backend with --names."
        )
    origin = headers.get("origin")
    if origin is not None and origin.lower() != f"{scheme}://{host}".lower():
        return f"The request comes from the web page of {origin[:80]!r}; web pages may not use this backend."
    return None


def token_reason(headers: Headers, tokens: Tokens) -> tuple[str | None, str]:
    """(why the request's token does not do, or None; the name of the client). Raises TokenError."""
    scheme, _, token = headers.get("authorization", "").partition(" ")
    if not token.strip():
        return "This backend asks for a token. Get one from whoever runs it: mien serve --add-client NAME.", ""
    if scheme.lower() != "bearer":
        return f"The backend takes a token as 'Authorization: Bearer TOKEN', not {scheme[:20]!r}.", ""
    holder = tokens.holder(token.strip())
    if holder is None:
        return "The token is not one of this backend's. Copy it again, whole, or ask whoever runs it for a new one.", ""
    if holder.revoked:
        sentence = f"The token of {holder.name!r} was revoked on {holder.revoked}. Ask for a new one."
        return sentence, holder.name
    return None, holder.name


def _to_origin_form(scope: Scope) -> Problem | None:
    """A target with scheme and host (RFC 9112, section 3.2.2), as programs send it through a proxy, becomes a path, and
    its host that of the request. Problem for a target that is neither."""
    target = (scope.get("raw_path") or scope["path"].encode()).decode("latin-1")
    if target.startswith("/") or target == "*":
        return None
    try:
        parts = urlsplit(target)
    except ValueError:
        parts = urlsplit("")
    if parts.scheme not in ("http", "https") or not parts.netloc:
        return Problem(400, f"The request's target is {target[:80]!r}; it should be a path, like /v1/info.")
    path = parts.path or "/"
    scope["raw_path"], scope["path"] = path.encode("latin-1"), unquote(path)
    others = [header for header in scope["headers"] if header[0] != b"host"]
    scope["headers"] = [(b"host", parts.netloc.encode("latin-1")), *others]
    return None


def _address(scope: Scope) -> str:
    return (scope.get("client") or ("unknown",))[0]


def _name(host: str) -> str | None:
    """The name or address in a Host header, without port and brackets; None when it is malformed."""
    try:
        parts = urlsplit(f"//{host}")
        parts.port  # noqa: B018  raises ValueError when it is no port
    except ValueError:
        return None
    return parts.hostname if parts.netloc == host and "@" not in host else None
