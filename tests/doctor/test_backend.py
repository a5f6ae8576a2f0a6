# SPDX-License-Identifier: GPL-3.0-or-later
"""Checks of a backend on this machine; those of one elsewhere are in tests/cli/test_serve.py, over TLS."""

import json
import socket
import subprocess
import sys
import threading
from pathlib import Path

from mien.doctor.backend import backend
from mien.doctor.diagnostics import OK, WARN
from mien.service.server import run_server
from mien.settings import Settings
from waiting import wait_until


def test_the_backend_that_runs_is_found(tmp_path: Path) -> None:
    port_file, parent = tmp_path / "port.json", Parent()
    server = threading.Thread(
        target=run_server, args=(Settings(port=0),), kwargs={"port_file": port_file, "parent": parent.pid}
    )
    server.start()
    try:
        wait_until(port_file.exists)
        diagnostic = backend("127.0.0.1", json.loads(port_file.read_text())["port"])
    finally:
        parent.end()
        server.join(20)
    assert diagnostic.level == OK and "(API 1) answers on" in diagnostic.result


def test_another_program_on_the_port_is_reported() -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()

        def answer() -> None:
            client, _ = other.accept()
            with client:
                client.recv(1000)
                client.sendall(b"SSH-2.0-thing\r\n")

        thread = threading.Thread(target=answer)
        thread.start()
        diagnostic = backend("127.0.0.1", other.getsockname()[1])
        thread.join(20)
    assert diagnostic.level == WARN and "not by a Mien backend" in diagnostic.result


class Parent:
    """A process to be watched."""

    def __init__(self) -> None:
        self.process = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
        self.pid = self.process.pid

    def end(self) -> None:
        self.process.kill()
        self.process.wait()
