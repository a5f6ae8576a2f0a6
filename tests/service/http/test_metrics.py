# SPDX-License-Identifier: GPL-3.0-or-later
import os
import time

import pytest
from mien.service.http import metrics
from mien.service.http.metrics import Family, of_process, of_traffic, open_files, resident_bytes, text
from mien.service.monitoring.traffic import BOUNDS_S, Histogram, Traffic

parser = pytest.importorskip("prometheus_client.parser", reason="prometheus_client reads what we write")


def read(families: list[Family]) -> dict[str, list]:
    """What Prometheus' own reader makes of it."""
    return {family.name: family.samples for family in parser.text_string_to_metric_families(text(families))}


def test_prometheus_reads_what_is_written() -> None:
    labels = (("path", 'a "quoted"\\ line\nend'),)
    (sample,) = read([Family("some", "gauge", "About it.", {labels: 0.1})])["some"]
    assert sample.value == 0.1 and sample.labels == {"path": 'a "quoted"\\ line\nend'}


def test_a_histogram_counts_below_each_bound() -> None:
    histogram = Histogram()
    for seconds in (0.001, 0.002, 7.0, 1000.0):
        histogram.note(seconds)
    samples = read([Family("s", "histogram", "Seconds.", {(): histogram})])["s"]
    counts = {sample.labels["le"]: sample.value for sample in samples if sample.name == "s_bucket"}
    assert (counts["0.001"], counts["0.0025"], counts["5.0"], counts["10.0"], counts["+Inf"]) == (1, 2, 2, 3, 4)
    assert len(counts) == len(BOUNDS_S) + 1 and list(counts.values()) == sorted(counts.values())
    sums = {sample.name: sample.value for sample in samples if sample.name != "s_bucket"}
    assert sums == {"s_count": 4, "s_sum": 1007.003}


def test_traffic_is_by_method_route_and_status() -> None:
    traffic = Traffic()
    traffic.note("GET", "/v1/info", 200, 0.01)
    traffic.note("BREW", "other", 404, 0.01)
    traffic.note("POST", "/v1/takes", 0, 0.5)
    with traffic.open():
        told = read(of_traffic(traffic))
    assert told["mien_http_open"][0].value == 1
    answered = {tuple(sample.labels.values()): sample.value for sample in told["mien_http_requests"]}
    assert answered == {
        ("GET", "/v1/info", "200"): 1, ("other", "other", "404"): 1, ("POST", "/v1/takes", "left"): 1,
    }  # fmt: skip


def test_this_process_is_told_as_it_is() -> None:
    told = read(of_process(time.time()))
    assert told["process_cpu_seconds"][0].value > 0 and told["mien_info"][0].labels["api"] == "1"
    if os.path.exists("/proc/self/statm"):  # noqa: PTH110
        memory = bytearray(64 * 2**20)
        grown = resident_bytes()
        del memory
        assert told["process_resident_memory_bytes"][0].value < grown
        with open(os.devnull):  # noqa: PTH123
            assert open_files() == metrics.open_files() >= 4
