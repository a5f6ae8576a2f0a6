# SPDX-License-Identifier: GPL-3.0-or-later
"""A request that is refused before its body was read is answered all the same where its connection ends then."""

import asyncio

import pytest
from mien.service.http.unread_body import UnreadBody
from starlette.datastructures import Headers


def messages_left(headers: dict[str, str], sizes: list[int], limit: int = 1000, read: int = 0) -> int:
    """How many of the messages of a body with these sizes `drop` leaves, after `read` of them were read."""
    left = [{"type": "http.request", "body": bytes(size), "more_body": True} for size in sizes]
    left[-1]["more_body"] = False

    async def receive() -> dict:
        return left.pop(0)

    async def drop() -> None:
        body = UnreadBody({"http_version": "1.1"}, Headers(headers), receive, limit)
        for _ in range(read):
            await body.receive()
        await body.drop()

    asyncio.run(drop())
    return len(left)


LONG = {"content-length": "300"}


@pytest.mark.parametrize(
    ("headers", "left"),
    [
        (LONG | {"connection": "close"}, 0),
        ({"transfer-encoding": "chunked", "connection": "Close"}, 0),
        (LONG, 3),  # the server reads on
        (LONG | {"connection": "close", "expect": "100-continue"}, 3),
        ({"connection": "close"}, 3),
    ],
)
def test_a_body_is_dropped_where_the_connection_closes(headers: dict[str, str], left: int) -> None:
    assert messages_left(headers, [100, 100, 100]) == left


def test_what_was_read_is_not_waited_for() -> None:
    assert messages_left(LONG | {"connection": "close"}, [100], read=1) == 0


def test_a_body_without_end_is_given_up() -> None:
    assert messages_left(LONG | {"connection": "close"}, [600] * 9, limit=1000) == 7
