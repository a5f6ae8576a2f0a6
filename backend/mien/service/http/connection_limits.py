# SPDX-License-Identifier: GPL-3.0-or-later
"""Connection: how long a client may take to send a request and to read the reply, and how many may be connected.

uvicorn alone waits without limit for the head of a first request, for the rest of a body and for a client to read its
reply (measured with uvicorn 0.54 and h11 0.16), and accepts connections until there are no file handles.
"""

from __future__ import annotations

import asyncio
import json
import logging
import socket
from http import HTTPStatus
from typing import Any

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

from mien.service import API
from mien.service.http.problems import problem_of

HEAD_S = 10.0  # a request's head has to be there by then
WINDOW_S = 5.0  # how often a connection is looked at
WINDOWS = 3  # a body or a reply that moves too slowly for so many of them is given up
BYTES_PER_S = 1024  # too slow is below this: a one-minute flac would take an hour
GONE_S = 30.0  # a client that acknowledges nothing for so long is disconnected

log = logging.getLogger(__name__)


class Connection(H11Protocol):
    """One client's connection. Refuses in problem+json where uvicorn would in plain text, and ends in time."""

    limit = 1024  # connections in all; a quarter of them for one address. Set by `connections_of`

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]: uvicorn has its own type
        self._counted = _Counted(transport)
        super().connection_made(self._counted)  # type: ignore[arg-type]: a transport that counts
        self._waiting_since = self.loop.time()
        self._received = self._slow = 0
        self._last = (0, 0)
        self._timer = self.loop.call_later(WINDOW_S, self._check)
        _set_keepalive(transport.get_extra_info("socket"))
        address = self.client[0] if self.client else ""
        clients = [other.client for other in self.connections if isinstance(other, H11Protocol)]
        open_there = sum(1 for client in clients if client and client[0] == address)
        if len(self.connections) > self.limit or open_there > max(self.limit // 4, 1):
            log.warning("refused a connection: too many are open", extra={"address": address})
            sentence = "Too many connections are open to this backend. Try again in some seconds."
            self._end(503, sentence, {"Retry-After": "5"})

    def connection_lost(self, exc: Exception | None) -> None:
        self._timer.cancel()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        self._received += len(data)
        if not self.transport.is_closing():  # ignore what a refused client goes on to send
            super().data_received(data)

    def on_response_complete(self) -> None:
        self._waiting_since = self.loop.time()
        super().on_response_complete()

    def send_400_response(self, msg: str) -> None:
        log.info("refused what is no HTTP", extra={"address": self._peer(), "status": 400})
        most = self.config.h11_max_incomplete_event_size
        self._end(400, f"The request is not HTTP that can be read, or its head has more than {most} bytes. Correct it.")

    def _check(self) -> None:
        """Every WINDOW_S: give up a client that does not go on."""
        if self.transport.is_closing() and self.transport.get_write_buffer_size() == 0:
            return
        self._timer = self.loop.call_later(WINDOW_S, self._check)
        unsent = self.transport.get_write_buffer_size()
        sent = self._counted.written - unsent
        moved = (self._received - self._last[0], sent - self._last[1])
        self._last = (self._received, sent)
        if unsent:
            if self._is_slow(moved[1]):
                log.info("gave up a client that does not read its reply", extra={"address": self._peer()})
                self.transport.abort()
        elif self.conn.their_state is h11.SEND_BODY and not self.flow.read_paused:
            if self._is_slow(moved[0]):
                self._end(408, "The body came too slowly, or less of it than its Content-Length says. Send it again.")
        elif self.conn.their_state is h11.IDLE and self.loop.time() - self._waiting_since > HEAD_S:
            self._end(408, f"No whole request came within {HEAD_S:g} seconds.")
        else:
            self._slow = 0

    def _is_slow(self, moved: int) -> bool:
        self._slow = self._slow + 1 if moved < BYTES_PER_S * WINDOW_S else 0
        return self._slow >= WINDOWS

    def _peer(self) -> str:
        return self.client[0] if self.client else "unknown"

    def _end(self, status: int, sentence: str, headers: dict[str, str] | None = None) -> None:
        """Answer, unless an answer has begun already, and close."""
        if self.transport.is_closing():
            return
        if self.cycle is None or self.cycle.response_complete or not self.cycle.response_started:
            body = json.dumps(problem_of(status, sentence)).encode()
            head = {
                "Content-Type": "application/problem+json",
                "Content-Length": str(len(body)),
                "Mien-API": str(API),
                "Connection": "close",
                **(headers or {}),
            }
            if self.conn.our_state in (h11.IDLE, h11.SEND_RESPONSE, h11.DONE):
                lines = [f"HTTP/1.1 {status} {HTTPStatus(status).phrase}"]
                lines += [f"{name}: {value}" for name, value in head.items()]
                self.transport.write("\r\n".join([*lines, "", ""]).encode() + body)
        self.transport.close()


class _Counted:
    """A transport that counts what is written to it."""

    def __init__(self, transport: asyncio.Transport) -> None:
        self._transport, self.written = transport, 0

    def write(self, data: bytes) -> None:
        self.written += len(data)
        self._transport.write(data)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._transport, name)


def connections_of(limit: int) -> type[Connection]:
    """The protocol for uvicorn's `http`, for at most `limit` connections at once."""
    return type("Connection", (Connection,), {"limit": limit})


def _set_keepalive(link: socket.socket | None) -> None:
    """Let the system end a connection whose other end has disappeared."""
    if link is None or link.family not in (socket.AF_INET, socket.AF_INET6):
        return
    link.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    for option, value in (
        ("TCP_KEEPIDLE", int(GONE_S)),
        ("TCP_KEEPINTVL", 5),
        ("TCP_KEEPCNT", 3),
        ("TCP_USER_TIMEOUT", int(GONE_S * 1000)),
    ):
        if hasattr(socket, option):  # not every system has each
            link.setsockopt(socket.IPPROTO_TCP, getattr(socket, option), value)
