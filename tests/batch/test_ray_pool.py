# SPDX-License-Identifier: GPL-3.0-or-later
"""A Ray cluster of three nodes on loopback: each item once, none lost with a node, and the bytes of one without Ray."""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Iterator
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path
from types import SimpleNamespace

import pytest
from batches import plan_of, settings_in, spoken_lines, voices_in
from mien.batch import ray_pool
from mien.batch.run import MADE, run
from ray_nodes import three_nodes

ray = pytest.importorskip("ray")
LINES = 1000


@pytest.fixture(scope="module")
def cluster() -> Iterator[SimpleNamespace]:
    """Three nodes of one CPU each; `lose()` kills one of them."""
    with three_nodes() as nodes, ray_pool.connected(nodes.address) as cpus:
        yield SimpleNamespace(cpus=cpus, lose=nodes.lose, add=nodes.add)


def test_no_cluster_there() -> None:  # before there is one
    with pytest.raises(ray_pool.RayUnreachable, match="no Ray cluster answers"), ray_pool.connected("auto"):
        pass


def test_every_item_once_and_one_process_for_several(cluster, tmp_path: Path) -> None:
    def work(number: int) -> None:
        (tmp_path / f"{number}.{os.getpid()}").touch()

    done = list(ray_pool.map_unordered(cluster.cpus, work, range(20)))
    assert cluster.cpus == 3 and sorted(done) == list(range(20))
    names = [path.name.split(".") for path in tmp_path.iterdir()]
    assert sorted(int(number) for number, _ in names) == list(range(20))
    assert len({process for _, process in names}) < 10, "processes, and the models in them, are used again"


def test_what_a_task_raises_is_raised_here(cluster) -> None:
    def work(number: int) -> float:
        return 1 / number

    with pytest.raises(ZeroDivisionError):
        list(ray_pool.map_unordered(1, work, [0, 1]))


def test_a_process_that_ends_is_said(cluster) -> None:
    def work(number: int) -> None:
        os._exit(1)

    with pytest.raises(BrokenProcessPool):
        list(ray_pool.map_unordered(1, work, [0]))


def test_no_more_are_handed_over_than_can_be_done_soon(cluster) -> None:
    taken = 0

    def items() -> Iterator[int]:
        nonlocal taken
        while True:
            taken += 1
            yield taken

    with contextlib.closing(ray_pool.map_unordered(2, abs, items())) as done:
        next(done)
        assert taken <= ray_pool.AHEAD * 2


def test_the_pool_is_an_executor(cluster) -> None:
    with ray_pool.single_threaded_pool(2) as pool:
        assert list(pool.map(abs, [-1, -2, -3])) == [1, 2, 3]


def test_a_node_is_killed_in_the_middle_of_a_batch(cluster, tmp_path: Path, monkeypatch) -> None:
    settings = settings_in(tmp_path, monkeypatch)
    plan = plan_of(voices_in(tmp_path / "voices", 12))
    alone = run(plan, tmp_path / "alone", 2, settings)
    lost: list[float] = []

    def progress(fraction: float, stage: str) -> None:
        if stage.startswith("3 of") and not lost:
            lost.append(time.monotonic())
            cluster.lose()

    many = run(plan, tmp_path / "many", cluster.cpus, settings, progress, ray_pool.map_unordered)
    assert lost, "no node was killed"
    assert [outcome.state for outcome in many] == [MADE] * 12
    assert [outcome.record["sha256"] for outcome in many] == [outcome.record["sha256"] for outcome in alone]
    assert not [outcome for outcome in run(plan, tmp_path / "many", 1, settings) if outcome.state == MADE]
    cluster.add()


@pytest.mark.slow
@pytest.mark.timeout(5400)
def test_a_thousand_lines_while_a_node_is_killed(cluster, tmp_path: Path, monkeypatch) -> None:
    settings = settings_in(tmp_path, monkeypatch)
    plan = plan_of(spoken_lines(tmp_path / "voices", LINES))
    began = time.monotonic()
    alone = run(plan, tmp_path / "alone", 2, settings)
    between = time.monotonic()
    lost: list[str] = []

    def progress(fraction: float, stage: str) -> None:
        if stage.startswith(f"{LINES // 2} of") and not lost:
            lost.append(stage)
            cluster.lose()

    many = run(plan, tmp_path / "many", cluster.cpus, settings, progress, ray_pool.map_unordered)
    seconds = {"alone": round(between - began, 1), "on three nodes": round(time.monotonic() - between, 1)}
    print(f"{LINES} lines, lost at {lost[0]!r}, seconds {seconds}")
    assert [outcome.state for outcome in many] == [MADE] * LINES
    assert [outcome.record["sha256"] for outcome in many] == [outcome.record["sha256"] for outcome in alone]
    takes = list((tmp_path / "many").glob("*.take.safetensors"))
    assert len(takes) == LINES == len(list((tmp_path / "many" / ".mien-batch" / "results").glob("*.take.safetensors")))
