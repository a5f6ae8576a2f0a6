# SPDX-License-Identifier: GPL-3.0-or-later
"""Metrics: numbers of a running service as Prometheus' text format 0.0.4."""

from __future__ import annotations

import os
import sys
import threading
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from mien import __version__
from mien.service import API
from mien.service.jobs.job_store import Snapshot
from mien.service.monitoring.traffic import Histogram, Traffic

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
Labels = tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Family:
    """One metric: `kind` gauge, counter or histogram; a value for each set of labels."""

    name: str
    kind: str
    about: str
    values: Mapping[Labels, float | Histogram]


def text(families: Iterable[Family]) -> str:
    """The families as Prometheus reads them."""
    lines = []
    for family in families:
        lines += [f"# HELP {family.name} {family.about}", f"# TYPE {family.name} {family.kind}"]
        for labels, value in family.values.items():
            if isinstance(value, Histogram):
                below = 0
                for bound, count in zip([*value.bounds, float("inf")], value.counts, strict=True):
                    below += count
                    lines.append(_sample(f"{family.name}_bucket", (*labels, ("le", _number(bound))), below))
                lines.append(_sample(f"{family.name}_sum", labels, value.sum))
                lines.append(_sample(f"{family.name}_count", labels, below))
            else:
                lines.append(_sample(family.name, labels, value))
    return "\n".join(lines) + "\n"


def of_process(began: float) -> list[Family]:
    """This process: since when (`began`, time.time()), its memory, processor time, file handles and threads."""
    families = [
        Family("mien_info", "gauge", "Which Mien this is.", {(("version", __version__), ("api", str(API))): 1}),
        _gauge("process_start_time_seconds", "When it started, in seconds since 1970.", began),
        Family("process_cpu_seconds_total", "counter", "Processor time.", {(): time.process_time()}),
        _gauge("process_threads", "Threads.", threading.active_count()),
    ]
    memory, handles = resident_bytes(), open_files()
    if memory is not None:
        families.append(_gauge("process_resident_memory_bytes", "Memory in use.", memory))
    if handles is not None:
        families.append(_gauge("process_open_fds", "File handles in use.", handles))
    return families


def of_device() -> list[Family]:
    """The memory of GPUs, as far as this process has loaded torch and uses one."""
    torch = sys.modules.get("torch")
    if torch is None or not torch.cuda.is_available():
        return []
    used, there = {}, {}
    for number in range(torch.cuda.device_count()):
        labels = (("device", torch.cuda.get_device_name(number)), ("number", str(number)))
        free, total = torch.cuda.mem_get_info(number)
        used[labels], there[labels] = total - free, total
    return [
        Family("mien_device_memory_used_bytes", "gauge", "Memory of the device in use, by anybody.", used),
        Family("mien_device_memory_bytes", "gauge", "Memory of the device.", there),
    ]


def of_traffic(traffic: Traffic) -> list[Family]:
    """Requests: how many, how answered, how long they took."""
    now_open, answered, seconds = traffic.snapshot()
    counts = {
        (("method", method), ("route", route), ("status", str(status) if status else "left")): count
        for (method, route, status), count in sorted(answered.items())
    }
    return [
        _gauge("mien_http_open", "Requests that are being answered.", now_open),
        Family("mien_http_requests_total", "counter", "Requests answered; 'left': the client went before.", counts),
        Family(
            "mien_http_request_seconds",
            "histogram",
            "How long answering took; an event stream lasts as long as its job.",
            {(("route", route),): histogram for route, histogram in sorted(seconds.items())},
        ),
    ]


def of_jobs(jobs: Snapshot) -> list[Family]:
    """Takes: how many are asked for, made, and kept; how long they took; the memory of what makes them."""
    asked = {"kept": jobs.hits, "joined": jobs.joined, "made": jobs.misses - jobs.joined}
    ended = {"done": jobs.done, "failed": jobs.failed, "cancelled": jobs.cancelled}
    families = [
        Family("mien_takes", "gauge", "Takes now.", _by("state", {"queued": jobs.queued, "running": jobs.running})),
        Family("mien_takes_ended_total", "counter", "Takes since the start, by how they ended.", _by("state", ended)),
        Family(
            "mien_takes_asked_total",
            "counter",
            "Takes asked for: 'kept' were there already, 'joined' shared another's work, 'made' were work.",
            _by("how", asked),
        ),
        Family("mien_take_wait_seconds", "histogram", "Until a take was begun.", {(): jobs.waited}),
        Family("mien_take_seconds", "histogram", "Until a take was done, with the waiting.", {(): jobs.took}),
        _gauge("mien_cache_files", "Takes and sounds that are kept.", jobs.cached_files),
        _gauge("mien_cache_bytes", "Their size.", jobs.cached_bytes),
    ]
    memory = resident_bytes(jobs.worker) if jobs.worker else None
    if memory is not None:
        families.append(_gauge("mien_worker_resident_memory_bytes", "Memory of the process that makes takes.", memory))
    return families


def resident_bytes(pid: int | str = "self") -> int | None:
    """Resident memory of a process; None when it is gone, or on a system that does not tell (others than Linux)."""
    try:
        return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    except OSError:
        return None


def open_files(pid: int | str = "self") -> int | None:
    """File handles of a process; None when it is gone, or on a system that does not tell."""
    try:
        return len(os.listdir(f"/proc/{pid}/fd"))  # noqa: PTH208  a Path would be made of each
    except OSError:
        return None


def _gauge(name: str, about: str, value: float) -> Family:
    return Family(name, "gauge", about, {(): value})


def _by(label: str, values: Mapping[str, float]) -> dict[Labels, float]:
    return {((label, name),): value for name, value in values.items()}


def _sample(name: str, labels: Labels, value: float) -> str:
    told = ",".join(f'{label}="{_escaped(text)}"' for label, text in labels)
    return f"{name}{{{told}}} {_number(value)}" if told else f"{name} {_number(value)}"


def _number(value: float) -> str:
    return "+Inf" if value == float("inf") else repr(value)


def _escaped(text: str) -> str:
    return text.replace("\\", r"\\").replace('"', r"\"").replace("\n", r"\n")
