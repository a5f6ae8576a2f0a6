# SPDX-License-Identifier: GPL-3.0-or-later
"""The rest of a request that is answered before its body was read.

A server that closes its connection while the client still sends resets it, and the client never sees the reply. uvicorn
reads on where the connection is kept, and closes at once where the client asked for that, as urllib does.
"""

from __future__ import annotations

from starlette.datastructures import Headers
from starlette.types import Message, Receive, Scope


class UnreadBody:
    """The body of one request, `receive` being the server's. At most `limit` bytes of it are read to be dropped."""

    def __init__(self, scope: Scope, headers: Headers, receive: Receive, limit: int) -> None:
        closes = headers.get("connection", "").lower() == "close" or scope.get("http_version") == "1.0"
        has_body = headers.get("content-length", "0") != "0" or "transfer-encoding" in headers
        self._left = closes and has_body and "expect" not in headers  # who expects a 100 sends nothing before it
        self._receive, self._limit = receive, limit

    async def receive(self) -> Message:
        """The next message, as the server has it."""
        message = await self._receive()
        if message["type"] != "http.request" or not message.get("more_body", False):
            self._left = False
        return message

    async def drop(self) -> None:
        """Read what is left, where the connection is closed once the reply is sent."""
        dropped = 0
        while self._left and dropped <= self._limit:
            dropped += len((await self.receive()).get("body", b""))
