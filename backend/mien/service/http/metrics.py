# SPDX-License-Identifier: GPL-3.0-or-later
"""Metrics: the numbers of a running service in Prometheus' text format 0.0.4, written by prometheus_client."""

from __future__ import annotations

import os
import sys
import threading
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from prometheus_client import Metric, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4 as CONTENT_TYPE

from mien import __version__
from mien.service import API
from mien.service.monitoring.snapshot import KindSnapshot, Snapshot

__all__ = ["CONTENT_TYPE", "device_metrics", "job_metrics", "open_files", "process_metrics", "render", "resident_bytes"]


@dataclass(frozen=True)
class _Collector:
    """What prometheus_client renders."""

    metrics: Iterable[Metric]

    def collect(self) -> Iterable[Metric]:
        return self.metrics


def render(metrics: Iterable[Metric]) -> bytes:
    """The metrics as Prometheus reads them."""
    return generate_latest(_Collector(metrics))


def process_metrics(began: float) -> Iterator[Metric]:
    """This process: since when (`began`, time.time()), its memory, processor time, file handles and threads."""
    info = GaugeMetricFamily("mien_info", "Which Mien this is.", labels=["version", "api"])
    info.add_metric([__version__, str(API)], 1)
    yield info
    yield _gauge("process_start_time_seconds", "When it started, in seconds since 1970.", began)
    yield CounterMetricFamily("process_cpu_seconds", "Processor time.", value=time.process_time())
    yield _gauge("process_threads", "Threads.", threading.active_count())
    if (memory := resident_bytes()) is not None:
        yield _gauge("process_resident_memory_bytes", "Memory in use.", memory)
    if (handles := open_files()) is not None:
        yield _gauge("process_open_fds", "File handles in use.", handles)


def device_metrics() -> Iterator[Metric]:
    """The memory of GPUs, where this process has loaded torch and uses one."""
    torch = sys.modules.get("torch")
    if torch is None or not torch.cuda.is_available():
        return
    labels = ["device", "number"]
    used = GaugeMetricFamily("mien_device_memory_used_bytes", "Memory of the device in use, by anybody.", labels=labels)
    size = GaugeMetricFamily("mien_device_memory_bytes", "Memory of the device.", labels=labels)
    for number in range(torch.cuda.device_count()):
        device = [torch.cuda.get_device_name(number), str(number)]
        free, total = torch.cuda.mem_get_info(number)
        used.add_metric(device, total - free)
        size.add_metric(device, total)
    yield from (used, size)


def job_metrics(snapshot: Snapshot) -> Iterator[Metric]:
    """Jobs of each kind, the cache, and the memory of the process that makes takes."""
    for name, kind in snapshot.kinds.items():
        yield from _kind_metrics(name, kind)
    yield _gauge("mien_cache_files", "Results and sources that are kept.", snapshot.cached_files)
    yield _gauge("mien_cache_bytes", "Their size.", snapshot.cached_bytes)
    worker = snapshot.kinds["take"].worker
    memory = resident_bytes(worker) if worker else None
    if memory is not None:
        yield _gauge("mien_worker_resident_memory_bytes", "Memory of the process that makes takes.", memory)


def _kind_metrics(name: str, kind: KindSnapshot) -> Iterator[Metric]:
    plural, statistics = f"{name}s", kind.statistics
    now = GaugeMetricFamily(f"mien_{plural}", f"{plural.capitalize()} now.", labels=["state"])
    for state, count in (("queued", kind.queued), ("running", kind.running)):
        now.add_metric([state], count)
    ended = CounterMetricFamily(
        f"mien_{plural}_ended", f"{plural.capitalize()} since the start, by how they ended.", labels=["state"]
    )
    for state, count in kind.ended.items():
        ended.add_metric([state], count)
    submitted = CounterMetricFamily(
        f"mien_{plural}_asked",
        f"{plural.capitalize()} asked for: 'kept' were there already, 'joined' shared other work, 'made' were work.",
        labels=["how"],
    )
    for how, count in (("kept", statistics.kept), ("joined", statistics.shared), ("made", statistics.computed)):
        submitted.add_metric([how], count)
    yield from (now, ended, submitted, *statistics.wait.collect(), *statistics.duration.collect())


def resident_bytes(pid: int | str = "self") -> int | None:
    """Resident memory of a process; None when it has ended, or on a system that does not say (others than Linux)."""
    try:
        return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    except OSError:
        return None


def open_files(pid: int | str = "self") -> int | None:
    """File handles of a process; None when it has ended, or on a system that does not say."""
    try:
        return len(os.listdir(f"/proc/{pid}/fd"))  # noqa: PTH208  a Path would be made of each
    except OSError:
        return None


def _gauge(name: str, about: str, value: float) -> GaugeMetricFamily:
    return GaugeMetricFamily(name, about, value=value)
