# SPDX-License-Identifier: GPL-3.0-or-later
"""Clients that are slow, many or broken, at a real socket. The waiting times are short here, the code is the same."""

import asyncio
import json
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress

import pytest
import uvicorn
from mien.service.http import connection_limits
from mien.service.http.connection_limits import connections_of
from mien.service.http.metrics import open_files
from mien.service.http.middleware import AccessMiddleware
from mien.service.http.problems import Problem, problem_response
from mien.settings import Settings
from starlette.requests import ClientDisconnect, Request
from starlette.responses import PlainTextResponse, StreamingResponse
from waiting import wait_until

GET = b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"
BIG = 64 * 2**20


@pytest.fixture
def short_times(monkeypatch: pytest.MonkeyPatch) -> None:
    """For tests that are about these times; the others need the usual ones where the machine is busy."""
    monkeypatch.setattr(connection_limits, "HEAD_S", 1.0)
    monkeypatch.setattr(connection_limits, "WINDOW_S", 0.3)


class App:
    """`/` replies with the length of the body, `/big` sends 64 MiB, `/events` some words slowly."""

    def __init__(self) -> None:
        self.left = threading.Event()

    async def __call__(self, scope, receive, send) -> None:
        if scope["path"] == "/big":
            reply = PlainTextResponse(bytes(BIG))
        elif scope["path"] == "/events":
            reply = StreamingResponse(self._words())
        else:
            try:
                reply = PlainTextResponse(str(len(await Request(scope, receive).body())))
            except ClientDisconnect:
                self.left.set()
                return
            except Problem as problem:
                reply = problem_response(problem.status_code, problem.detail)
        await reply(scope, receive, send)

    async def _words(self):
        for _ in range(8):
            yield "a word\n"
            await asyncio.sleep(0.2)


class Live:
    def __init__(self, limit: int = 1024) -> None:
        self.app, self.limit = App(), limit

    def __enter__(self) -> "Live":
        self.listener = socket.create_server(("127.0.0.1", 0), backlog=512)
        self.port = self.listener.getsockname()[1]
        config = uvicorn.Config(
            AccessMiddleware(self.app, Settings(limit_bytes=10**6)),
            http=connections_of(self.limit),
            h11_max_incomplete_event_size=16384,
            log_config=None,
            access_log=False,
            timeout_graceful_shutdown=1,
        )
        self.server = uvicorn.Server(config)
        self.thread = threading.Thread(target=self.server.run, args=([self.listener],))
        self.thread.start()
        wait_until(lambda: self.server.started)
        return self

    def __exit__(self, *_) -> None:
        self.server.should_exit = True
        self.thread.join(10)
        self.listener.close()
        assert not self.thread.is_alive()

    @contextmanager
    def link(self) -> Iterator[socket.socket]:
        with socket.create_connection(("127.0.0.1", self.port), timeout=10) as link:
            yield link


def answer(link: socket.socket) -> tuple[int, str]:
    """Status and body of one reply, and not a byte of the next."""
    head = b""
    while not head.endswith(b"\r\n\r\n"):
        byte = link.recv(1)
        assert byte, f"closed after {head!r}"
        head += byte
    length = int(head.lower().partition(b"content-length:")[2].split()[0])
    body = link.recv(length, socket.MSG_WAITALL)
    return int(head.split()[1]), body.decode()


def problem(link: socket.socket) -> tuple[int, str]:
    status, body = answer(link)
    fields = json.loads(body)
    assert fields["status"] == status and fields["type"] == "about:blank" and fields["title"]
    with suppress(ConnectionResetError):  # as where a byte came after the server had closed
        assert link.recv(1) == b"", "the connection is closed"
    return status, fields["detail"]


@pytest.mark.usefixtures("short_times")
def test_a_head_that_trickles_in_is_given_up() -> None:
    with Live() as live, live.link() as link:
        assert trickle(link, GET[:-4] + b"\r\nX: " + b"y" * 1000) == (408, "No whole request came within 1 seconds.")


@pytest.mark.usefixtures("short_times")
def test_the_second_request_of_a_connection_may_not_trickle_either() -> None:
    with Live() as live, live.link() as link:
        link.sendall(GET)
        assert answer(link) == (200, "0")
        assert trickle(link, GET[:-4] + b"\r\nX: " + b"y" * 1000)[0] == 408


@pytest.mark.usefixtures("short_times")
def test_a_connection_without_a_request_is_closed() -> None:
    with Live() as live, live.link() as link:
        assert problem(link)[0] == 408


@pytest.mark.usefixtures("short_times")
@pytest.mark.parametrize("announced", [500_000, 100])
def test_a_body_that_trickles_in_or_is_shorter_than_announced_is_given_up(announced: int) -> None:
    with Live() as live, live.link() as link:
        link.sendall(b"POST / HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: %d\r\n\r\n" % announced)
        status, sentence = trickle(link, b"x" * 99)
        assert status == 408 and "less of it than its Content-Length says" in sentence
        assert live.app.left.wait(300), "the app is told, and holds nothing any more"


@pytest.mark.usefixtures("short_times")
def test_a_body_that_is_sent_slowly_but_moves_arrives() -> None:
    with Live() as live, live.link() as link:
        link.sendall(b"POST / HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 20000\r\n\r\n")
        for _ in range(20):
            time.sleep(0.06)  # 16 kB/s for four windows
            link.sendall(b"x" * 1000)
        assert answer(link) == (200, "20000")


def test_a_body_longer_than_announced_is_no_second_request() -> None:
    with Live() as live, live.link() as link:
        link.sendall(b"POST / HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 5\r\n\r\nhello and more\r\n\r\n")
        assert answer(link) == (200, "5")
        assert problem(link) == (
            400,
            "The request is not HTTP that can be read, or its head has more than 16384 bytes. Correct it.",
        )


@pytest.mark.parametrize("lengths", [b"-1", b"x", b"1e3", b"5\r\nContent-Length: 6", b"99999999999999999999"])
def test_a_length_that_is_none_is_refused(lengths: bytes) -> None:
    with Live() as live, live.link() as link:
        link.sendall(b"POST / HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: %s\r\n\r\nhello" % lengths)
        assert answer(link)[0] in (400, 413)


def test_a_head_without_end_is_refused() -> None:
    with Live() as live, live.link() as link:
        link.sendall(GET[:-4] + b"\r\nX: " + b"y" * 20_000)
        assert problem(link)[0] == 400


@pytest.mark.usefixtures("short_times")
def test_a_client_that_does_not_read_its_reply_is_given_up() -> None:
    with Live() as live, live.link() as link:
        link.sendall(GET.replace(b"/", b"/big", 1))
        link.recv(1000)
        wait_until(lambda: not live.server.server_state.connections)
        read = 0
        with suppress(ConnectionResetError):  # whether what is under way arrives is the system's business
            while chunk := link.recv(2**20):
                read += len(chunk)
        assert read < BIG


@pytest.mark.usefixtures("short_times")
def test_a_client_that_reads_slowly_gets_all_of_it() -> None:
    with Live() as live, live.link() as link:
        link.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2**16)
        link.sendall(GET.replace(b"/", b"/big", 1))
        read, began = 0, time.monotonic()
        while read < BIG:
            chunk = link.recv(2**20)
            assert chunk, f"closed after {read} bytes"
            read += len(chunk)
            if time.monotonic() - began < 1.5:
                time.sleep(0.02)
        assert read > BIG  # the head came, too


@pytest.mark.usefixtures("short_times")
def test_a_stream_that_says_little_goes_on() -> None:
    with Live() as live, live.link() as link:
        link.sendall(GET.replace(b"/", b"/events", 1))
        words = b""
        while not words.endswith(b"\r\n0\r\n\r\n"):
            words += link.recv(65536)
        assert words.count(b"a word") == 8


def test_200_clients_at_once_are_all_answered() -> None:
    with Live() as live, ExitStack() as stack:
        links = [stack.enter_context(live.link()) for _ in range(200)]
        for link in links:
            link.sendall(GET)
        assert [answer(link) for link in links] == [(200, "0")] * 200


def test_more_connections_than_may_be_are_refused_in_words_and_others_go_on() -> None:
    with Live(limit=40) as live, ExitStack() as stack:
        links = [stack.enter_context(live.link()) for _ in range(10)]
        for link in links:
            link.sendall(GET)
            assert answer(link)[0] == 200
        with live.link() as one_more:
            status, sentence = problem(one_more)
            assert status == 503 and sentence.startswith("Too many connections are open")
        links[0].sendall(GET)
        assert answer(links[0]) == (200, "0")


def test_nothing_is_left_of_broken_clients() -> None:
    with Live() as live:
        with live.link() as link:
            link.sendall(GET)
            answer(link)
        wait_until(lambda: not live.server.server_state.connections)
        before = open_files()
        for _ in range(100):
            with live.link() as link:
                link.sendall(b"POST / HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 500\r\n\r\nxx")
        wait_until(lambda: not live.server.server_state.connections)
        wait_until(lambda: open_files() == before)


def trickle(link: socket.socket, data: bytes) -> tuple[int, str]:
    """Send byte after byte until the server answers."""
    for i in range(len(data)):
        link.settimeout(0.05)
        try:
            if link.recv(1, socket.MSG_PEEK):
                break
        except TimeoutError:
            link.sendall(data[i : i + 1])
    link.settimeout(10)
    return problem(link)
