# SPDX-License-Identifier: GPL-3.0-or-later
import os
import subprocess
import sys
import textwrap
import time
from collections.abc import Iterable
from pathlib import Path

import pytest
from checkout import BACKEND
from mien.service.http import metrics
from mien.service.http.metrics import job_metrics, open_files, process_metrics, render
from mien.service.monitoring.job_statistics import JobStatistics
from mien.service.monitoring.request_statistics import BOUNDS_S, RequestStatistics
from mien.service.monitoring.snapshot import KindSnapshot, Snapshot
from prometheus_client import Metric
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.parser import text_string_to_metric_families

PATH = {"PYTHONPATH": str(BACKEND)}


def read(rows: Iterable[Metric]) -> dict[str, list]:
    """What Prometheus' own reader makes of what is written."""
    return {family.name: family.samples for family in text_string_to_metric_families(render(rows).decode())}


def test_prometheus_reads_what_is_written() -> None:
    gauge = GaugeMetricFamily("some", "About it.", labels=["path"])
    gauge.add_metric(['a "quoted"\\ line\nend'], 0.1)
    (sample,) = read([gauge])["some"]
    assert sample.value == 0.1 and sample.labels == {"path": 'a "quoted"\\ line\nend'}


def test_a_histogram_counts_below_each_bound() -> None:
    statistics = JobStatistics("take")
    for seconds in (0.001, 0.002, 7.0, 1000.0):
        statistics.duration.observe(seconds)
    samples = read(statistics.duration.collect())["mien_take_seconds"]
    counts = {sample.labels["le"]: sample.value for sample in samples if sample.name == "mien_take_seconds_bucket"}
    assert (counts["0.001"], counts["0.0025"], counts["5.0"], counts["10.0"], counts["+Inf"]) == (1, 2, 2, 3, 4)
    assert len(counts) == len(BOUNDS_S) + 1 and list(counts.values()) == sorted(counts.values())
    sums = {sample.name: sample.value for sample in samples if sample.name != "mien_take_seconds_bucket"}
    assert sums == {"mien_take_seconds_count": 4, "mien_take_seconds_sum": 1007.003}


def test_requests_are_counted_by_method_route_and_status() -> None:
    statistics = RequestStatistics()
    statistics.observe("GET", "/v1/info", 200, 0.01)
    statistics.observe("BREW", "other", 404, 0.01)
    statistics.observe("POST", "/v1/takes", 0, 0.5)
    with statistics.open():
        samples = read(statistics.collect())
    assert samples["mien_http_open"][0].value == 1
    answered = {
        tuple(sample.labels[name] for name in ("method", "route", "status")): sample.value
        for sample in samples["mien_http_requests"]
    }
    assert answered == {
        ("GET", "/v1/info", "200"): 1, ("other", "other", "404"): 1, ("POST", "/v1/takes", "left"): 1,
    }  # fmt: skip
    counts = [sample for sample in samples["mien_http_request_seconds"] if sample.name.endswith("_count")]
    assert {sample.labels["route"]: sample.value for sample in counts} == {"/v1/info": 1, "other": 1, "/v1/takes": 1}


def test_jobs_are_counted_by_kind_and_state() -> None:
    statistics = JobStatistics("take")
    statistics.kept, statistics.submitted, statistics.shared = 2, 5, 1
    ended = {"done": 3, "failed": 1, "cancelled": 0}
    take = KindSnapshot(queued=4, running=2, ended=ended, statistics=statistics, worker=None)
    samples = read(job_metrics(Snapshot({"take": take}, cached_files=7, cached_bytes=1000)))

    def values(name: str, label: str) -> dict[str, float]:
        return {sample.labels[label]: sample.value for sample in samples[name]}

    assert values("mien_takes", "state") == {"queued": 4, "running": 2}
    assert values("mien_takes_ended", "state") == ended
    assert values("mien_takes_asked", "how") == {"kept": 2, "joined": 1, "made": 4}
    assert (samples["mien_cache_files"][0].value, samples["mien_cache_bytes"][0].value) == (7, 1000)


def test_nothing_is_named_otherwise_than_it_was() -> None:
    """Dashboards know these names; those of other kinds of jobs may be added."""
    take = KindSnapshot(0, 0, {"done": 0}, JobStatistics("take"), os.getpid())
    statistics = RequestStatistics()
    statistics.observe("GET", "/v1/info", 200, 0.01)
    rows = [*process_metrics(time.time()), *statistics.collect(), *job_metrics(Snapshot({"take": take}, 0, 0))]
    names = {line.split()[2] for line in render(rows).decode().splitlines() if line.startswith("# TYPE")}
    assert names - {"process_resident_memory_bytes", "process_open_fds", "mien_worker_resident_memory_bytes"} == {
        "mien_info", "process_start_time_seconds", "process_cpu_seconds_total", "process_threads", "mien_http_open",
        "mien_http_requests_total", "mien_http_request_seconds", "mien_takes", "mien_takes_ended_total",
        "mien_takes_asked_total", "mien_take_wait_seconds", "mien_take_seconds", "mien_cache_files", "mien_cache_bytes",
    }  # fmt: skip


def test_this_process_is_measured_as_it_is() -> None:
    samples = read(process_metrics(time.time()))
    assert samples["process_cpu_seconds"][0].value > 0 and samples["mien_info"][0].labels["api"] == "1"
    if os.path.exists("/proc/self/statm"):  # noqa: PTH110
        assert samples["process_resident_memory_bytes"][0].value > 2**20
        with open(os.devnull):  # noqa: PTH123
            assert open_files() == metrics.open_files() >= 4


@pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="this system does not say how much memory is used")
def test_memory_that_a_process_takes_is_measured() -> None:
    """In a process of its own: this one may have free pages to use again. Pages of a new mapping are always new."""
    taken = 64 * 2**20
    program = f"""
        import mmap, time
        from mien.service.http.metrics import process_metrics, resident_bytes
        before = {{metric.name: metric.samples[0].value for metric in process_metrics(time.time())}}
        pages = mmap.mmap(-1, {taken})
        for at in range(0, {taken}, mmap.PAGESIZE):
            pages[at] = 1
        print(int(before["process_resident_memory_bytes"]), resident_bytes())
    """
    command = [sys.executable, "-c", textwrap.dedent(program)]
    printed = subprocess.run(command, check=True, capture_output=True, text=True, env=os.environ | PATH).stdout
    before, grown = map(int, printed.split())
    assert 0.9 * taken < grown - before < 1.5 * taken  # Linux counts a few pages later than they are taken
