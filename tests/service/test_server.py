# SPDX-License-Identifier: GPL-3.0-or-later
"""A live backend: a child process, a real socket."""

import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
from live_backend import WAV, backend
from mien.heads.default import HeadError
from mien.service.process_alive import alive
from mien.service.server import ServerError, run_server
from mien.settings import Settings
from mien.take import read_take

from addon.connection.client import Client
from addon.connection.errors import ClientError


def test_a_backend_serves_over_a_socket_and_ends_on_sigterm_at_work(tmp_path: Path) -> None:
    with backend(tmp_path) as running:
        told = wait_for_file(running.port_file)
        assert told == {"port": int(running.url.rpartition(":")[2]), "pid": running.process.pid, "api": 1}
        assert running.http.get("/v1/info").json()["api"] == 1
        assert running.http.get("/v1/info", headers={"Host": "evil.example"}).status_code == 403

        url = running.submit()
        with running.http.stream("GET", url + "/events") as stream:
            assert stream.headers["content-type"].startswith("text/event-stream")
            lines = list(stream.iter_lines())
        assert lines[-3] == "event: end"
        end = json.loads(lines[-2].removeprefix("data: "))
        assert end["state"] == "done"
        assert read_take(running.http.get(end["result"]).content).frames > 1

        # An event stream that is open when the backend ends gets its last event.
        slow = running.submit(seed=1)
        with running.http.stream("GET", slow + "/events") as stream:
            lines = stream.iter_lines()
            assert next(lines) == "event: progress"
            running.process.send_signal(signal.SIGTERM)
            assert '"state": "queued", "stage": "waiting for the backend\'s next start"' in list(lines)[-2]
        assert running.ended_cleanly()


def test_the_client_of_the_extension_is_understood(tmp_path: Path) -> None:
    """The two halves were written apart; here they meet."""
    with backend(tmp_path) as running:
        client, shares = Client(running.url), []
        info = client.info()
        assert info.default_engine in [engine.name for engine in info.engines] and info.limits["seconds"] == 600
        job = client.submit(WAV, json.dumps({"emotion": {"happy": 0.7}}), "", "24", shares.append)
        assert shares[-1] == 1
        while (now := client.progress(job)).state in ("queued", "running"):
            time.sleep(0.1)  # asked more often, it takes the processor from the one who makes the take
        assert (now.state, now.fraction, now.error) == ("done", 1.0, "")
        assert read_take(client.result(job)).channel("mouthSmileLeft").max() > 0.5

        slow = client.submit(WAV, '{"seed": 1}')
        client.cancel(slow)
        assert client.progress(slow).state == "cancelled"
        with pytest.raises(ClientError, match="is cancelled, so there is no result"):
            client.result(slow)
        with pytest.raises(ClientError, match="no emotion 'hapy'"):
            client.submit(WAV, '{"emotion": {"hapy": 1}}')
        with pytest.raises(ClientError, match="'text.wav' holds text, not sound"):
            client.submit(WAV.with_name("text.wav"), "{}")


def test_a_backend_ends_on_ctrl_c_though_its_engine_does_not_listen(tmp_path: Path) -> None:
    with backend(tmp_path) as running:
        wait_for_file(running.port_file)
        running.submit(seed=2)
        running.process.send_signal(signal.SIGINT)
        assert running.ended_cleanly()


def test_a_backend_ends_with_its_parent(tmp_path: Path) -> None:
    parent = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    with backend(tmp_path, parent.pid) as running:
        running.submit(seed=1)
        parent.kill()
        parent.wait()
        assert running.ended_cleanly()


def test_a_body_over_the_limit_is_answered_while_it_is_sent(tmp_path: Path) -> None:
    """The refusal must reach a client that is still sending: without care it only sees a broken connection."""
    ready = threading.Event()
    settings = Settings(port=0, limit_bytes=100_000, data_folder=tmp_path)
    port_file = tmp_path / "port.json"
    parent = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)

    def serve() -> None:
        ready.set()
        run_server(settings, port_file=port_file, parent=parent.pid)

    thread = threading.Thread(target=serve)
    thread.start()
    port = wait_for_file(port_file)["port"]
    try:
        for _ in range(5):
            # The standard library's client, as in the extension: it looks for no reply before all is sent.
            client = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
            kind = {"Content-Type": "multipart/form-data; boundary=x"}
            client.request("POST", "/v1/takes", body=bytes(20_000_000), headers=kind)
            reply = client.getresponse()
            assert reply.status == 413
            assert "larger than 100000 bytes" in json.loads(reply.read())["detail"]
    finally:
        parent.kill()
        parent.wait()
        thread.join(20)
    assert not thread.is_alive() and not port_file.exists()


def wait_for_file(path: Path) -> dict:
    for _ in range(2000):
        if path.exists():
            return json.loads(path.read_text())
        time.sleep(0.01)
    raise AssertionError(f"{path} was not written")


def test_a_taken_port_is_a_sentence() -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        with pytest.raises(ServerError, match=f"Port {port} of 127.0.0.1 cannot be used .* --port"):
            run_server(Settings(port=port))


def test_a_parent_that_is_not_there_is_a_sentence() -> None:
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()
    with pytest.raises(ServerError, match=f"no process {gone.pid}"):
        run_server(Settings(port=0), parent=gone.pid)


def test_a_missing_head_is_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing() -> None:
        raise HeadError("the default head is missing.")

    monkeypatch.setattr("mien.service.server.load_head", missing)
    with pytest.raises(ServerError, match="the default head is missing"):
        run_server(Settings(port=0))


def test_a_port_file_that_cannot_be_written_is_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(ServerError, match="port file .* cannot be written"):
        run_server(Settings(port=0, data_folder=tmp_path), port_file=tmp_path / "no_folder" / "port.json")


def test_alive_knows_the_living_the_dead_and_the_zombies() -> None:
    child = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    assert alive(os.getpid()) and alive(child.pid) and alive(1)
    child.kill()
    os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)  # ended, and nobody has asked for its exit code
    assert not alive(child.pid)
    child.wait()
    assert not alive(child.pid)
    assert not alive(0) and not alive(-1)
