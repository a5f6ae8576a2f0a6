# SPDX-License-Identifier: GPL-3.0-or-later
"""Running: how this user's other commands find and may use the backends that run here. One file a process."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

from mien.service.network.tokens import write_privately
from mien.service.process_alive import alive


@dataclass(frozen=True)
class Running:
    """A backend on this machine: `url` to reach it from here; `token` of this run and `fingerprint` of its certificate,
    '' without; `host`, the address that it is bound to."""

    pid: int
    url: str
    token: str = ""
    fingerprint: str = ""
    host: str = ""


@contextmanager
def noted(folder: Path, running: Running) -> Iterator[None]:
    """While it runs, the file `PID.json` says so, to this user only. Raises OSError."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    path = folder / f"{running.pid}.json"
    write_privately(path, json.dumps(asdict(running)).encode())
    try:
        yield
    finally:
        path.unlink(missing_ok=True)


def all_running(folder: Path) -> list[Running]:
    """Every backend whose process still runs; the files of those that were killed are removed."""
    found = []
    for path in sorted(folder.glob("*.json")) if folder.is_dir() else []:
        try:
            running = Running(**json.loads(path.read_text(encoding="utf-8")))
        except (OSError, ValueError, TypeError):  # ended meanwhile, or not ours
            continue
        if alive(running.pid):
            found.append(running)
        else:
            path.unlink(missing_ok=True)
    return found
