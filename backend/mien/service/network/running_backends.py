# SPDX-License-Identifier: GPL-3.0-or-later
"""RunningBackend: how this user's other commands find and may use the backends on this machine. One file a process."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

from mien.files.private_folder import make_private_folder
from mien.service.network.tokens import write_privately
from mien.service.process_alive import alive


@dataclass(frozen=True)
class RunningBackend:
    """A backend on this machine: `url` to reach it from here; `token` of this run and `fingerprint` of its certificate,
    '' without; `host`, the address that it is bound to."""

    pid: int
    url: str
    token: str = ""
    fingerprint: str = ""
    host: str = ""


@contextmanager
def registered(folder: Path, backend: RunningBackend) -> Iterator[None]:
    """While it runs it has a file `PID.json`, which only this user can read. Raises OSError."""
    make_private_folder(folder)
    path = folder / f"{backend.pid}.json"
    write_privately(path, json.dumps(asdict(backend)).encode())
    try:
        yield
    finally:
        path.unlink(missing_ok=True)


def all_running(folder: Path) -> list[RunningBackend]:
    """Every backend whose process still runs; the files of those that were killed are removed."""
    backends = []
    for path in sorted(folder.glob("*.json")) if folder.is_dir() else []:
        try:
            backend = RunningBackend(**json.loads(path.read_text(encoding="utf-8")))
        except (OSError, ValueError, TypeError):  # it ended meanwhile, or is not ours
            continue
        if alive(backend.pid):
            backends.append(backend)
        else:
            path.unlink(missing_ok=True)
    return backends
