# SPDX-License-Identifier: GPL-3.0-or-later
"""A scheduler whose work is done on a Ray cluster of three nodes on loopback: what it makes, how its work may end."""

from __future__ import annotations

import hashlib
import os
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import pytest
from mien.batch.process_pool import THREADS
from mien.direction import Direction
from mien.engines.base import Cancelled
from mien.service.jobs.scheduler import Scheduler
from mien.service.jobs.take_jobs import TAKE
from mien.service.workers.ray_cluster import RayCluster, ray_cluster
from mien.service.workers.ray_task import Result
from mien.service.workers.ray_worker import write
from mien.service.workers.worker import WorkFailed
from mien.settings import Settings
from mien.take_request import TakeRequest
from ray_nodes import Nodes, three_nodes
from schedulers import REQUEST, SAMPLES, final, seed, submit, submit_known, take_of, until
from waiting import wait_until

ray = pytest.importorskip("ray")
FAILS, DIES, ON_GPU, HELD = 50, 51, 52, 100  # seeds


class Copier:
    """A Worker that does what the seed of a request says, and notes in the folder of the backend what it did."""

    pid = None

    def __init__(self, settings: Settings) -> None:
        self.notes = settings.data_folder / "notes"

    def make(self, requests, source, results, on_progress, on_result, stop) -> float:
        for number, (request, path) in enumerate(zip(requests, results, strict=True)):
            asked = request.direction.seed
            (self.notes / f"{asked} begun {os.getpid()} {time.monotonic_ns()}").touch()
            (self.notes / f"{asked} sees GPU {os.environ.get('CUDA_VISIBLE_DEVICES', '')}").touch()
            if asked == FAILS:
                raise WorkFailed("It cannot be copied.")
            if asked == DIES:
                os._exit(1)
            on_progress(0.5, "copying")
            while asked >= HELD and not (self.notes / "go").exists():
                if stop.is_set():
                    (self.notes / f"{asked} stopped").touch()
                    raise Cancelled
                time.sleep(0.02)
            content = source.read_bytes() + bytes([asked])
            path.write_bytes(content)
            on_result(number, hashlib.sha256(content).hexdigest())
        return 0.25

    def wake(self) -> None:
        """`make` looks by itself."""

    def release(self) -> None:
        (self.notes / f"released {os.getpid()}").touch()


class OtherMien(TakeRequest):
    """Its result depends on the process."""

    def result_key(self, data_folder: Path) -> str:
        return hashlib.sha256(str(os.getpid()).encode()).hexdigest()


def copies(number: int) -> TakeRequest:
    return replace(REQUEST, direction=Direction(seed=number))


@pytest.fixture(scope="module")
def nodes() -> Iterator[Nodes]:
    with three_nodes() as each:
        yield each


@pytest.fixture(scope="module")
def cluster(nodes: Nodes) -> Iterator[RayCluster]:
    ray.cloudpickle.register_pickle_by_value(sys.modules[__name__])  # nodes do not see the tests
    with ray_cluster(nodes.address) as each:
        yield each


@pytest.fixture
def notes(tmp_path: Path) -> Path:
    folder = tmp_path / "notes"
    folder.mkdir()
    return folder


@pytest.fixture
def copier(cluster: RayCluster, tmp_path: Path, notes: Path) -> Iterator[Scheduler]:
    """A scheduler whose takes are made by Copiers."""
    settings = Settings(data_folder=tmp_path, idle_s=1.0)
    scheduler = Scheduler(settings, {"take": cluster.worker(Copier, TAKE.on_gpu, settings)}, cluster=cluster)
    yield scheduler
    scheduler.close()


def begun(notes: Path, number: int) -> int:
    """How often a request was begun."""
    return len(list(notes.glob(f"{number} begun *")))


def test_nodes_are_described(cluster: RayCluster) -> None:
    assert [(node.alive, node.cpus, node.gpus) for node in cluster.nodes()] == [(True, 1, 0)] * 3
    assert all(node.name and node.address and node.memory > 2**20 for node in cluster.nodes())
    assert cluster.at_once() == 3


def test_takes_have_the_bytes_of_those_without_ray(cluster: RayCluster, tmp_path: Path, monkeypatch) -> None:
    for name in THREADS:  # as on the nodes: sums of several threads are rounded otherwise
        monkeypatch.setenv(name, "1")
    alone, many = (made(Scheduler(Settings(data_folder=tmp_path / str(i)), cluster=(None, cluster)[i])) for i in (0, 1))
    assert alone == many and len(set(alone)) == 3 and None not in alone


def made(scheduler: Scheduler) -> list[bytes | None]:
    """Three takes; asked for again, none is made twice."""
    try:
        jobs = [submit(scheduler, request) for request in (REQUEST, seed(1), seed(2))]
        takes = [take_of(scheduler, final(scheduler, job.id)) for job in jobs]
        assert submit_known(scheduler, seed(2), "ben").state == "done"
        return takes
    finally:
        scheduler.close()


def test_several_are_made_at_once_and_processes_are_used_again(copier: Scheduler, notes: Path) -> None:
    jobs = [submit(copier, copies(HELD + number)) for number in range(4)]
    wait_until(lambda: len(list(notes.glob("* begun *"))) == 3)
    assert copier.health()["running"] == 3 and copier.health()["queued"] == 1  # no more than there are processors
    assert sorted(copier.job(job.id).stage for job in jobs) == ["copying"] * 3 + ["waiting"]
    (notes / "go").touch()
    assert [final(copier, job.id).state for job in jobs] == ["done"] * 4
    more = [submit_known(copier, copies(number)) for number in range(8)]
    done = [final(copier, job.id) for job in more]
    assert [take_of(copier, job) for job in done] == [SAMPLES.tobytes() + bytes([number]) for number in range(8)]
    processes = {path.name.split()[2] for path in notes.glob("* begun *")}
    assert len(processes) <= 6  # for 12 jobs; Ray may start one for each processor anew
    wait_until(lambda: list(notes.glob("released *")))  # models of a process without work are dropped


def test_work_that_is_cancelled_ends_and_its_process_goes_on(copier: Scheduler, notes: Path) -> None:
    job = submit(copier, copies(HELD))
    until(copier, job.id, lambda job: job.stage == "copying")
    copier.cancel(TAKE, job.id)
    wait_until(lambda: (notes / f"{HELD} stopped").exists())
    assert final(copier, submit_known(copier, copies(1)).id).state == "done"


def test_a_refusal_is_a_sentence_and_is_not_tried_again(copier: Scheduler, notes: Path) -> None:
    job = final(copier, submit(copier, copies(FAILS)).id)
    assert (job.state, job.error) == ("failed", "It cannot be copied.") and begun(notes, FAILS) == 1


def test_work_that_ends_its_process_each_time_fails_in_words(copier: Scheduler, notes: Path, monkeypatch) -> None:
    monkeypatch.setattr("mien.service.workers.ray_worker.RETRIES", 1)
    job = final(copier, submit(copier, copies(DIES)).id)
    assert job.state == "failed" and "was lost, 2 times" in job.error and begun(notes, DIES) == 2
    assert final(copier, submit_known(copier, copies(2)).id).state == "done"


def test_another_mien_on_a_machine_is_said(copier: Scheduler) -> None:
    request = OtherMien(REQUEST.sound, REQUEST.samples, REQUEST.name, Direction(seed=3), REQUEST.engine)
    job = final(copier, submit(copier, request).id)
    assert job.state == "failed" and "is not the one of the backend" in job.error


def test_a_node_that_is_lost_costs_nothing(copier: Scheduler, notes: Path, nodes: Nodes, cluster: RayCluster) -> None:
    jobs = [submit(copier, copies(HELD + number)) for number in range(5)]
    wait_until(lambda: len(list(notes.glob("* begun *"))) == 3)
    nodes.lose()
    wait_until(lambda: cluster.at_once() == 2)
    (notes / "go").touch()
    done = [final(copier, job.id) for job in jobs]
    assert [take_of(copier, job) for job in done] == [SAMPLES.tobytes() + bytes([HELD + i]) for i in range(5)]
    assert sum(begun(notes, HELD + number) for number in range(5)) == 6  # one was begun twice, on two machines
    assert [node.alive for node in copier.nodes()] == [True, True, False]
    nodes.add()
    wait_until(lambda: cluster.at_once() == 3)


def test_networks_that_profit_of_a_gpu_have_one(cluster: RayCluster, tmp_path: Path, notes: Path, nodes: Nodes) -> None:
    settings = Settings(data_folder=tmp_path, idle_s=1.0)
    worker = cluster.worker(Copier, lambda request: request.direction.seed == ON_GPU, settings)
    scheduler = Scheduler(settings, {"take": worker}, cluster=cluster)
    try:
        assert final(scheduler, submit(scheduler, copies(ON_GPU)).id).state == "done"  # no machine has one
        assert (notes / f"{ON_GPU} sees GPU ").exists()
        (notes / f"{ON_GPU} sees GPU ").unlink()
        nodes.add(gpus=1)
        wait_until(lambda: any(node.gpus for node in cluster.nodes()))
        requests = [replace(copies(ON_GPU), fps=Fraction(30)), *map(copies, range(3))]
        jobs = [submit_known(scheduler, request) for request in requests]
        assert [final(scheduler, job.id).state for job in jobs] == ["done"] * len(jobs)
    finally:
        scheduler.close()
        nodes.lose()
        wait_until(lambda: cluster.at_once() == 3)
    seen = {path.name for path in notes.glob("* sees GPU *")}
    assert seen == {f"{ON_GPU} sees GPU 0", *(f"{number} sees GPU " for number in range(3))}


def test_a_result_that_was_damaged_on_the_way_is_not_kept(tmp_path: Path) -> None:
    path = tmp_path / "result"
    with pytest.raises(Exception, match="damaged"):
        write(Result("key", "0" * 64, b"content"), path)
    assert not path.exists()
