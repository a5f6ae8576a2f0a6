# SPDX-License-Identifier: GPL-3.0-or-later
"""A backend for a measurement, and the size of its processes."""

import os
import sys
from pathlib import Path

import pytest
from live_backend import WAV
from mien.benchmarks.measured_process import BenchError
from mien.benchmarks.service_client import Client
from mien.benchmarks.service_process import backend_process, size_of
from mien.service.process_alive import alive

pytestmark = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="processes are measured through /proc")


def test_server_worker_and_decoder_are_measured_and_end(tmp_path: Path) -> None:
    with backend_process(tmp_path, cache_bytes=1 << 20) as backend:
        assert set(backend.sizes()) == {"server"}
        with Client(backend.port) as client:
            client.take(WAV.read_bytes(), engine="toy")
        sizes = backend.sizes()
        assert set(sizes) == {"server", "worker", "decoder"}
        assert all(each.bytes > 10e6 and each.handles >= 3 for each in sizes.values())
    assert not alive(backend.pid)
    with pytest.raises(BenchError, match="the backend has ended; the end of its log: .* DELETE"):
        backend.sizes()


def test_a_backend_that_does_not_start_says_why(tmp_path: Path) -> None:
    with (
        pytest.raises(BenchError, match="did not start: mien: MIEN_QUEUE is '-1'"),
        backend_process(tmp_path, queue=-1),
    ):
        raise AssertionError("it started")


def test_handles_are_counted(tmp_path: Path) -> None:
    before = size_of(os.getpid()).handles
    with (tmp_path / "a").open("w"):
        assert size_of(os.getpid()).handles == before + 1
    assert size_of(2**22 + 1) is None
