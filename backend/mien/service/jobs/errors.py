# SPDX-License-Identifier: GPL-3.0-or-later
"""Why the scheduler does not accept a request."""

from __future__ import annotations

from mien.errors import MienError


class QueueFull(MienError):
    """No more may wait: of this client (`own`), or of all. `limit` of them do; in about `seconds` one is done."""

    def __init__(self, limit: int, own: bool, seconds: float | None) -> None:
        super().__init__()
        self.limit, self.own, self.seconds = limit, own, seconds


class SourceNeeded(MienError):
    """The file that a request is made from is not in the cache (any more); it must be sent with the request."""


class Closing(MienError):
    """The server is about to end."""
