# SPDX-License-Identifier: GPL-3.0-or-later
"""Blender's own backend: a child process that is started, watched and stopped. No bpy.

The child gets `--parent PID`, so that it ends by itself when Blender is killed. A child that ends unasked is restarted
once; after that only a new `start` starts one.
"""

import atexit
import contextlib
import json
import os
import shlex
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

START_LIMIT_S = 120.0  # a first start imports numpy, scipy and an engine from a cold disk
STOP_LIMIT_S = 5.0
LOG_TAIL = 300  # characters of the child's last line of log in a message


class LocalBackendError(Exception):
    """The backend could not be started; the message is a sentence for the panel."""


def find_command(preferred: str = "") -> list[str]:
    """The command that runs `mien`: the preference, else `mien` on PATH, else $MIEN_COMMAND.

    Raises LocalBackendError, which says how to install it.
    """
    if preferred.strip():
        return _command(preferred.strip(), "The command for the backend in Mien's preferences")
    installed = shutil.which("mien")
    if installed:
        return [installed]
    if os.environ.get("MIEN_COMMAND", "").strip():
        return _command(os.environ["MIEN_COMMAND"].strip(), "The command in MIEN_COMMAND")
    raise LocalBackendError(
        "No backend was found: there is no command 'mien' on this machine's PATH. Choose it under Edit > "
        "Preferences > Add-ons > Mien (in Mien's folder it is .venv/bin/mien after 'python3 dev.py setup')."
    )


def _command(text: str, setting: str) -> list[str]:
    if Path(text).expanduser().is_file():
        return [str(Path(text).expanduser())]
    parts = shlex.split(text, posix=sys.platform != "win32")
    program = shutil.which(parts[0]) if parts else None
    if program is None:
        raise LocalBackendError(f"{setting} is '{text}', and there is no such program; correct it or leave it empty.")
    return [program, *parts[1:]]


class LocalBackend:
    """At most one child process that serves the API on loopback."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._cancelled = threading.Event()  # set by stop(), which then need not wait for a start to finish
        self._child: subprocess.Popen | None = None
        self._folder: Path | None = None
        self._exit_report = ""  # of the child that was restarted
        self.address = ""
        atexit.register(self.stop)

    @property
    def running(self) -> bool:
        child = self._child
        return child is not None and child.poll() is None and bool(self.address)

    def start(self, preferred: str = "", stop: threading.Event | None = None) -> str:
        """The address of the child, which is started where none runs; blocks until it listens. Raises
        LocalBackendError."""
        with self._lock:
            if self.running:
                return self.address
            self._cancelled.clear()
            self._exit_report = ""
            return self._launch(find_command(preferred), stop, restart=True)

    def _launch(self, command: list[str], stop: threading.Event | None, restart: bool) -> str:
        """Start the child and watch it; with `restart`, start another when it ends unasked. The lock is held."""
        self._terminate()
        self._folder = Path(tempfile.mkdtemp(prefix="mien-backend-"))
        port_file = self._folder / "port.json"
        arguments = ["serve", "--port", "0", "--port-file", str(port_file), "--parent", str(os.getpid())]
        try:
            with (self._folder / "log.txt").open("wb") as log:
                self._child = subprocess.Popen(
                    [*command, *arguments],
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=subprocess.STDOUT,
                    creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
                )
        except OSError as error:
            self._terminate()
            raise LocalBackendError(
                f"The backend could not be started with '{command[0]}': {error.strerror or error}."
            ) from None
        try:
            self.address = f"http://127.0.0.1:{self._await_port(port_file, stop)}"
        except LocalBackendError:
            self._terminate()
            raise
        watch = threading.Thread(
            target=self._watch, args=(self._child, command, restart), name="mien-watch", daemon=True
        )
        watch.start()
        return self.address

    def _watch(self, child: subprocess.Popen, command: list[str], restart: bool) -> None:
        """Wait for the child's end, and start another where it was not stopped and `restart` is set."""
        child.wait()
        with self._lock:
            if self._child is not child or not restart:
                return
            self._exit_report = f"The backend that Blender started has ended{self._exit_details()}"
            try:
                self._launch(command, None, restart=False)
                self._exit_report += " It was started again."
            except LocalBackendError as error:
                self._exit_report += f" {error}"

    def _await_port(self, port_file: Path, stop: threading.Event | None) -> int:
        end = time.monotonic() + START_LIMIT_S
        while time.monotonic() < end:
            with contextlib.suppress(FileNotFoundError):
                try:
                    return int(json.loads(port_file.read_text(encoding="utf-8"))["port"])
                except (ValueError, KeyError, TypeError):
                    raise LocalBackendError("The backend started and wrote no port; update it.") from None
            if self._child.poll() is not None:
                raise LocalBackendError(f"The backend ended as it started{self._exit_details()}")
            if self._cancelled.wait(0.05) or (stop is not None and stop.is_set()):
                raise LocalBackendError("The start of the backend was cancelled.")
        raise LocalBackendError(f"The backend did not start within {START_LIMIT_S:g} seconds{self._exit_details()}")

    def exit_report(self) -> str:
        """A sentence where the child ended unasked since `start`, '' where it runs or none was started."""
        child = self._child
        if child is None or child.poll() is None:
            return self._exit_report
        return f"The backend that Blender started has ended{self._exit_details()}"

    def _exit_details(self) -> str:
        code = self._child.poll() if self._child else None
        folder, log = self._folder, ""
        if folder is not None:
            with contextlib.suppress(OSError):
                log = (folder / "log.txt").read_text(encoding="utf-8", errors="replace").strip()
        text = "" if code is None else f" (exit status {code})"
        last = log.splitlines()[-1][-LOG_TAIL:].rstrip(".") if log else ""
        return f"{text}; its last words: {last}." if last else f"{text}."

    def stop(self) -> None:
        """Terminate the child and wait for its end. May be called at any time, and twice."""
        self._cancelled.set()
        with self._lock:
            self._terminate()
            self._exit_report = ""

    def _terminate(self) -> None:
        child, self._child, self.address = self._child, None, ""
        if child is not None and child.poll() is None:
            child.terminate()
            try:
                child.wait(STOP_LIMIT_S)
            except subprocess.TimeoutExpired:
                child.kill()
                child.wait()
        if self._folder is not None:
            shutil.rmtree(self._folder, ignore_errors=True)
            self._folder = None
