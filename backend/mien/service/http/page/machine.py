# SPDX-License-Identifier: GPL-3.0-or-later
"""The machine that a backend runs on, as the page shows it: memory, disk, and the processes that work."""

from __future__ import annotations

import contextlib
import os
import platform
import re
import shutil
from dataclasses import asdict
from pathlib import Path

from mien import __version__, engines
from mien.service.http.metrics import device_metrics, resident_bytes
from mien.service.jobs.scheduler import Scheduler

MEMINFO = Path("/proc/meminfo")


def machine(scheduler: Scheduler, seconds: float) -> dict:
    """This machine, its backend, which has run for so many seconds, and the cluster that it works on. Bytes; None where
    the system does not say."""
    snapshot = scheduler.snapshot()
    disk = shutil.disk_usage(scheduler.storage.folder.folder)
    memory, free = memory_bytes()
    return {
        "name": platform.node() or "this machine",
        "system": f"{platform.system()} {platform.machine()}",
        "version": __version__,
        "seconds": round(seconds),
        "device": engines.ENGINES[engines.DEFAULT].device,
        "cores": os.cpu_count(),
        "memory": memory,
        "memory_free": free,
        "disk": disk.total,
        "disk_free": disk.free,
        "cache": snapshot.cached_bytes,
        "cache_limit": scheduler.settings.cache_bytes,
        "devices": _devices(),
        "server": resident_bytes(),
        "nodes": [asdict(node) for node in scheduler.nodes()],
        "kinds": [
            {
                "kind": name,
                "queued": kind.queued,
                "running": kind.running,
                "ended": kind.ended,
                "worker": resident_bytes(kind.worker) if kind.worker else None,
            }
            for name, kind in snapshot.kinds.items()
        ],
    }


def memory_bytes(meminfo: Path = MEMINFO) -> tuple[int | None, int | None]:
    """(of the machine, what processes can still have of it); None where the system does not say."""
    total = free = None
    with contextlib.suppress(OSError):
        rows = dict(re.findall(r"^(\w+): +(\d+) kB$", meminfo.read_text(), re.MULTILINE))
        total, free = (int(rows[name]) << 10 if name in rows else None for name in ("MemTotal", "MemAvailable"))
    if total is None:
        with contextlib.suppress(OSError, ValueError, AttributeError):  # not on Windows
            total = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    return total, free


def _devices() -> list[dict]:
    """GPUs, where this process uses one: name, and bytes of memory used and in all."""
    numbers: dict[tuple[str, str], dict] = {}
    for metric in device_metrics():
        field = "used" if metric.name.endswith("used_bytes") else "memory"
        for sample in metric.samples:
            key = sample.labels["device"], sample.labels["number"]
            numbers.setdefault(key, {"name": key[0]})[field] = int(sample.value)
    return list(numbers.values())
