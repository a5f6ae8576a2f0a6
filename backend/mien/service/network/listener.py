# SPDX-License-Identifier: GPL-3.0-or-later
"""Listener: a listening socket that has no more connections open than allowed, counted from their first packet on.

The HTTP server counts a connection once its TLS handshake is done, for which asyncio waits a minute: clients that never
begin one held 1,500 file handles where 256 connections of an address were allowed.
"""

from __future__ import annotations

import errno
import logging
import socket
from collections import Counter
from collections.abc import Callable

ROOM = 32  # connections beyond the limit, which the HTTP server refuses in words

log = logging.getLogger(__name__)


class Listener(socket.socket):
    """Of TCP. At most `limit` connections, and a quarter of them from one address, with ROOM more of each; further ones
    are closed at once. For one thread, that of the event loop."""

    def __init__(self, family: int, limit: int) -> None:
        # asyncio sends small packets at once (TCP_NODELAY) only where the protocol is named: 4 ms, not 44
        super().__init__(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
        self._limit = limit
        self._open: Counter[str] = Counter()  # by address
        self._refused: set[str] = set()  # addresses that were, since one of their connections ended

    def accept(self) -> tuple[socket.socket, tuple]:
        """As of a socket. Raises ConnectionAbortedError, after which asyncio goes on, where too many are open."""
        plain, address = super().accept()
        connection = _Accepted(plain.family, plain.type, plain.proto, fileno=plain.detach())
        peer = address[0] if isinstance(address, tuple) else ""
        if self._open[peer] >= max(self._limit // 4, 1) + ROOM or self._open.total() >= self._limit + ROOM:
            connection.close()
            if peer not in self._refused:  # one line for a flood
                self._refused.add(peer)
                log.warning("refused connections: too many are open", extra={"address": peer})
            raise ConnectionAbortedError(errno.ECONNABORTED, "too many connections are open")
        self._open[peer] += 1
        connection.closed = lambda: self._forget(peer)
        return connection, address

    def _forget(self, peer: str) -> None:
        self._refused.discard(peer)
        self._open[peer] -= 1
        if self._open[peer] <= 0:
            del self._open[peer]


class _Accepted(socket.socket):
    """A connection that says when it is closed, once."""

    closed: Callable[[], None] | None = None

    def close(self) -> None:
        super().close()
        closed, self.closed = self.closed, None
        if closed is not None:
            closed()
