# SPDX-License-Identifier: GPL-3.0-or-later
"""Server: the service on a socket, from its first line to its clean end."""

from __future__ import annotations

import json
import os
import signal
import socket
import threading
import time
from pathlib import Path

import uvicorn

from mien.heads.mien import HeadError, load_head
from mien.service import API
from mien.service.app import create_app
from mien.service.jobs import JobStore, Perform
from mien.service.parent import alive
from mien.settings import Settings
from mien.speak import speak

LOOK_S = 0.5  # how often the parent is looked after
END_S = 3  # how long open requests may take to end


class ServerError(RuntimeError):
    """The service cannot start; the message says why and what to do."""


def run_server(
    settings: Settings,
    *,
    port_file: Path | None = None,
    parent: int | None = None,
    perform: Perform = speak,
) -> None:
    """Serve API v1 until SIGTERM, SIGINT or the end of the process `parent`; then cancel all and return.

    Once listening, prints `mien: listening on http://HOST:PORT` and writes `port_file`, which is removed at
    the end. Raises ServerError when the address is taken, the parent or the head is not there.
    """
    if parent is not None and not alive(parent):
        raise ServerError(f"There is no process {parent} for --parent to watch. Name a running one.")
    try:
        load_head()  # said now, not at the first request
    except HeadError as error:
        raise ServerError(str(error)) from error
    listener = _listen(settings.host, settings.port)
    jobs = JobStore(perform, settings.queue, settings.keep_takes, settings.keep_s)
    server = uvicorn.Server(
        uvicorn.Config(
            create_app(settings, jobs),
            access_log=False,
            log_level="warning",
            server_header=False,
            ws="none",
            timeout_graceful_shutdown=END_S,
        )
    )
    ending = threading.Event()
    # uvicorn takes no signals outside the main thread; here they only set `ending`, so the end has one path.
    thread = threading.Thread(target=server.run, args=([listener],), name="mien-http", daemon=True)
    before = _on_signals(ending)
    try:
        thread.start()
        while not server.started and thread.is_alive():
            time.sleep(0.01)
        if not server.started:
            raise ServerError("The HTTP server did not start; the lines above say why.")
        port = listener.getsockname()[1]
        host = f"[{settings.host}]" if ":" in settings.host else settings.host
        print(f"mien: listening on http://{host}:{port}", flush=True)
        if port_file is not None:
            _write_port(port_file, port)
        while thread.is_alive() and not ending.wait(LOOK_S):
            if parent is not None and not alive(parent):
                break
    finally:
        jobs.close()
        server.should_exit = True
        thread.join(END_S + 2)
        listener.close()
        if port_file is not None:
            port_file.unlink(missing_ok=True)
        for number, handler in before.items():
            signal.signal(number, handler)


def _listen(host: str, port: int) -> socket.socket:
    listener = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET)
    if os.name == "posix":  # on Windows this would let two programs listen on one port
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
        listener.listen()
    except OSError as error:
        listener.close()
        raise ServerError(
            f"Port {port} of {host} cannot be used ({error.strerror}); perhaps another backend runs there. "
            "Stop it, or give another --port (0 takes a free one)."
        ) from error
    return listener


def _on_signals(ending: threading.Event) -> dict[int, object]:
    """SIGTERM and SIGINT set `ending`; returns the handlers before. Nothing outside the main thread."""
    if threading.current_thread() is not threading.main_thread():
        return {}
    return {
        number: signal.signal(number, lambda *_: ending.set()) for number in (signal.SIGTERM, signal.SIGINT)
    }


def _write_port(path: Path, port: int) -> None:
    """Whole or not at all, so that whoever waits for the file never reads half of it."""
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        part.write_text(json.dumps({"port": port, "pid": os.getpid(), "api": API}), encoding="utf-8")
        part.replace(path)
    except OSError as error:
        part.unlink(missing_ok=True)
        raise ServerError(
            f"The port file {str(path)!r} cannot be written ({error.strerror}). Name one in your own folder."
        ) from error
