# SPDX-License-Identifier: GPL-3.0-or-later
"""What is known of a cluster, with a stand-in for Ray; `test_ray_worker.py` has a real one where Ray is installed."""

from __future__ import annotations

import importlib.util
import threading
from types import SimpleNamespace

import pytest
from mien.batch.ray_pool import RayMissing, RayUnreachable
from mien.cli.main import main
from mien.service.workers import ray_cluster as module
from mien.service.workers.ray_cluster import RayCluster, ray_cluster
from mien.service.workers.worker import Node


@pytest.fixture
def rows(monkeypatch: pytest.MonkeyPatch) -> list[dict]:
    """What `ray.nodes()` returns, as a test changes it."""
    rows = [row("b", CPU=4.0, GPU=1.0, memory=8e9), row("a", CPU=2.0, memory=4e9)]
    monkeypatch.setattr(module, "ray_package", lambda: SimpleNamespace(nodes=lambda: rows))
    return rows


def row(name: str, alive: bool = True, **resources: float) -> dict:
    return {
        "NodeID": name, "Alive": alive, "NodeManagerHostname": name, "NodeManagerAddress": f"10.0.0.{ord(name)}",
        "Resources": resources,
    }  # fmt: skip


def test_nodes_have_what_they_give_and_those_that_are_lost_come_last(rows: list[dict]) -> None:
    rows[1] = row("a", alive=False)
    assert RayCluster().nodes() == [
        Node("b", "10.0.0.98", True, 4, 1, 8_000_000_000), Node("a", "10.0.0.97", False, 0, 0, 0),
    ]  # fmt: skip


def test_a_change_is_told(rows: list[dict], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "LOOK_S", 0.01)
    cluster, counts, changed = RayCluster(), [], threading.Event()

    def on_change(count: int) -> None:
        counts.append(count)
        if count == 1:
            changed.set()

    cluster.watch(on_change)
    rows[:] = [row("a", alive=False), row("b", alive=False)]
    assert changed.wait(300)
    cluster.close()
    assert counts == [6, 1]  # work waits where nothing is left


def test_an_address_that_streams_nothing_is_refused_in_words() -> None:
    with pytest.raises(RayUnreachable, match="machine of the cluster itself"), ray_cluster("ray://10.0.0.1:10001"):
        pass


@pytest.mark.skipif(importlib.util.find_spec("ray") is not None, reason="Ray is installed here")
def test_without_ray_the_backend_says_what_to_install(tmp_path, capsys: pytest.CaptureFixture) -> None:
    with pytest.raises(RayMissing, match=r"pip install 'mien\[ray\]'"), ray_cluster("auto"):
        pass
    assert main(["serve", "--port", "0", "--data-folder", str(tmp_path), "--ray", "auto"]) == RayMissing.exit_status
    assert "Ray is not installed; install mien[ray]" in capsys.readouterr().err
