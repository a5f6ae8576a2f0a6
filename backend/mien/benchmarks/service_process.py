# SPDX-License-Identifier: GPL-3.0-or-later
"""BackendProcess: a backend for a measurement, in a folder of its own, and the size of its processes (Linux)."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from mien.benchmarks.measured_process import BenchError
from mien.service.http.metrics import open_files, resident_bytes
from mien.service.workers import decode_process, take_worker
from mien.settings import NAMES

START_S, END_S = 120.0, 15.0
PROC = Path("/proc")
KINDS = {take_worker.MODULE: "worker", decode_process.MODULE: "decoder"}


@dataclass(frozen=True)
class Size:
    """Of a process: `bytes` resident in memory, open file `handles`."""

    bytes: int
    handles: int


@dataclass(frozen=True)
class BackendProcess:
    port: int
    pid: int
    log: Path

    def sizes(self) -> dict[str, Size]:
        """Of the server, and of its worker and decoder while they run. Raises BenchError when the server has ended."""
        sizes = {"server": size_of(self.pid)} | {kind: size_of(pid) for kind, pid in children(self.pid)}
        if sizes["server"] is None:
            raise BenchError(f"the backend has ended; the end of its log: {tail(self.log)}")
        return {kind: size for kind, size in sizes.items() if size is not None}


@contextmanager
def backend_process(folder: Path, **settings: object) -> Iterator[BackendProcess]:
    """`mien serve` on a free port of 127.0.0.1; `settings` by their names. It ends with this process. BenchError."""
    if not PROC.is_dir():
        raise BenchError("mien bench serve looks at processes through /proc, which only Linux has.")
    port_file, log = folder / "port.json", folder / "server.log"
    variables = {NAMES[name][1]: str(value) for name, value in (settings | {"data_folder": folder / "data"}).items()}
    with log.open("wb") as errors:
        arguments = ["serve", "--port", "0", "--port-file", str(port_file), "--parent", str(os.getpid())]
        process = subprocess.Popen(
            [sys.executable, "-m", "mien", *arguments],
            stdout=subprocess.DEVNULL,
            stderr=errors,
            env=os.environ | variables,
        )
    try:
        deadline = time.monotonic() + START_S
        while not port_file.exists():
            if process.poll() is not None or time.monotonic() > deadline:
                raise BenchError(f"the backend did not start: {tail(log)}")
            time.sleep(0.05)
        yield BackendProcess(json.loads(port_file.read_text())["port"], process.pid, log)
    finally:
        process.terminate()
        try:
            process.wait(END_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def tail(log: Path) -> str:
    """The last line of a log."""
    return (log.read_text(errors="replace").strip().splitlines() or ["it is empty"])[-1]


def size_of(pid: int) -> Size | None:
    """None when the process has ended; a zombie has no memory."""
    resident, handles = resident_bytes(pid), open_files(pid)
    return Size(resident, handles) if resident and handles is not None else None


def children(pid: int) -> list[tuple[str, int]]:
    """(kind, process id) of a server's workers and decoders."""
    processes = []
    for path in PROC.glob("[0-9]*"):
        try:
            parent = int((path / "stat").read_text().rpartition(")")[2].split()[1])  # after a name that may have blanks
            words = (path / "cmdline").read_bytes().split(b"\0") if parent == pid else []
        except (FileNotFoundError, ProcessLookupError):
            continue
        processes += [(KINDS[word.decode()], int(path.name)) for word in words if word.decode() in KINDS]
    return processes
