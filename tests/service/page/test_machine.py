# SPDX-License-Identifier: GPL-3.0-or-later
from dataclasses import asdict
from pathlib import Path
from types import SimpleNamespace

import pytest
from mien.service.http.page import machine as module
from mien.service.http.page.machine import memory_bytes
from mien.service.workers.worker import Node
from prometheus_client.core import GaugeMetricFamily
from service_client import Service


def test_the_machine_of_the_backend_is_described(service: Service) -> None:
    service.http.post("/v1/takes", files={"sound": ("a.wav", b"none")}, data={"engine": "toy"})
    reply = service.http.get("/page/machines")
    assert reply.headers["cache-control"] == "no-store"
    (row,) = reply.json()["machines"]
    assert row["cores"] >= 1 and 0 < row["disk_free"] <= row["disk"]
    assert row["cache"] <= row["cache_limit"] and row["seconds"] >= 0
    assert [kind["kind"] for kind in row["kinds"]] == ["take", "binding", "track", "film"]
    assert all(set(kind["ended"]) == {"done", "failed", "cancelled"} for kind in row["kinds"])
    assert str(service.scheduler.storage.folder.folder) not in reply.text


def test_memory_is_that_of_the_system(tmp_path: Path) -> None:
    file = tmp_path / "meminfo"
    file.write_text("MemTotal:  2000 kB\nMemFree:  1 kB\nMemAvailable:  500 kB\nHugePages_Total: 0\n")
    assert memory_bytes(file) == (2000 << 10, 500 << 10)
    file.write_text("MemTotal:  2000 kB\n")
    assert memory_bytes(file) == (2000 << 10, None)


def test_what_a_system_does_not_say_is_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def unknown(name: str) -> int:
        raise ValueError(name)

    monkeypatch.setattr(module.os, "sysconf", unknown, raising=False)
    assert memory_bytes(tmp_path / "none") == (None, None)


def test_devices_have_their_memory(service: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    labels = ["device", "number"]
    used, size = GaugeMetricFamily("x_used_bytes", "", labels=labels), GaugeMetricFamily("x_bytes", "", labels=labels)
    used.add_metric(["GPU", "0"], 5)
    size.add_metric(["GPU", "0"], 9)
    monkeypatch.setattr(module, "device_metrics", lambda: [used, size])
    (row,) = service.http.get("/page/machines").json()["machines"]
    assert row["devices"] == [{"name": "GPU", "used": 5, "memory": 9}]


def test_the_machines_of_a_cluster_are_listed(service: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    assert service.http.get("/page/machines").json()["machines"][0]["nodes"] == []
    node = Node("farm", "10.0.0.2", True, 16, 1, 2**36)
    monkeypatch.setattr(service.scheduler, "_cluster", SimpleNamespace(nodes=lambda: [node]))
    assert service.http.get("/page/machines").json()["machines"][0]["nodes"] == [asdict(node)]
    assert service.http.get("/v1/health").json()["nodes"] == [asdict(node)]
