# SPDX-License-Identifier: GPL-3.0-or-later
"""Clients that leave in the middle are no fault of the backend: its log stays empty, and nothing is left open. What
becomes of their jobs is in service/jobs/test_faults.py."""

import socket
from pathlib import Path

from live_backend import WAV, Backend, backend
from mien.benchmarks.service_client import form
from mien.benchmarks.service_process import size_of
from waiting import wait_until


def send(running: Backend, head: str, body: bytes = b"") -> socket.socket:
    link = socket.create_connection(("127.0.0.1", int(running.url.rpartition(":")[2])), 20)
    link.sendall(f"{head}\r\nHost: 127.0.0.1\r\n".encode() + body)
    return link


def until(running: Backend, text: str) -> None:
    """A backend notices within some milliseconds that a connection was closed."""
    wait_until(lambda: text in metrics(running), lambda: metrics(running))


def metrics(running: Backend) -> str:
    return running.http.get("/v1/metrics").text


def test_a_client_that_leaves_while_it_sends_is_no_fault(tmp_path: Path) -> None:
    with backend(tmp_path) as running:
        body, kind = form(WAV.read_bytes(), {})
        for share in (0.0, 0.01, 0.5, 0.99):
            head = f"Content-Type: {kind}\r\nContent-Length: {len(body)}\r\n\r\n".encode()
            send(running, "POST /v1/takes HTTP/1.1", head + body[: int(share * len(body))]).close()
        until(running, 'mien_http_requests_total{method="POST",route="/v1/takes",status="left"} 4.0')
        assert not list((tmp_path / "data" / "service" / "1" / "incoming").iterdir())
        running.process.terminate()
        assert running.ended_cleanly()


def test_clients_that_leave_while_they_fetch_leave_no_file_open(tmp_path: Path) -> None:
    with backend(tmp_path) as running:
        url = running.submit(engine="toy", fps="1000")
        running.wait(url)
        running.http.get(f"{url}/result")
        handles = size_of(running.process.pid).handles
        for _ in range(20):
            send(running, f"GET {url}/result HTTP/1.1", b"\r\n").close()
        # connections that wait to be accepted, or to be found closed, are open a while longer
        wait_until(lambda: size_of(running.process.pid).handles <= handles)
        running.process.terminate()
        assert running.ended_cleanly()
