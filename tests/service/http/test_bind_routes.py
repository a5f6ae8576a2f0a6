# SPDX-License-Identifier: GPL-3.0-or-later
"""POST /v1/bind: a mesh with picks goes in, shapes come out, and what is wrong is a sentence."""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import cache

import numpy as np
import pytest
import retopology
from held_worker import HeldWorker
from in_thread import Held
from mien.bind import BindError
from mien.files.safetensors import TensorFileError, read_tensors, write_tensors
from mien.heads.default import load_head
from mien.service.http import bind_routes
from mien.service.http.problems import PROBLEMS
from mien.service.jobs import bind_jobs
from mien.service.jobs.bind_jobs import BINDING
from mien.service.jobs.job import Job
from mien.service.jobs.registry import UnknownJob
from mien.service.jobs.scheduler import Scheduler
from mien.service.jobs.take_jobs import TAKE
from mien.service.workers import bind_worker
from mien.service.workers.bind_process import read_mesh
from mien.settings import Settings
from schedulers import submit as submit_take
from starlette.applications import Starlette
from starlette.testclient import TestClient

HEAD = load_head()
SKIN = len(HEAD.opposite)
TYPE = {"content-type": "application/octet-stream"}


@pytest.fixture
def scheduler(tmp_path) -> Iterator[Scheduler]:
    scheduler = Scheduler(Settings(data_folder=tmp_path))
    yield scheduler
    scheduler.close()


@pytest.fixture
def http(scheduler: Scheduler) -> Iterator[TestClient]:
    app = Starlette(routes=bind_routes.bind_routes(scheduler), exception_handlers=PROBLEMS)
    with TestClient(app) as client:
        yield client


@cache
def picks_of_woman() -> dict[str, list[float]]:
    return {name: np.asarray(point).tolist() for name, point in retopology.picked(HEAD, woman_vertices()).items()}


@cache
def woman_vertices() -> np.ndarray:
    """(V, 3), in centimetres, with the axes of Blender."""
    return 100 * HEAD.identities["woman"].astype(np.float32)[:, [0, 2, 1]] * np.float32([1, -1, 1])


def mesh(picks: object = None, **metadata: str) -> bytes:
    """The woman's skin as a client sends it. Meshes with other metadata are other files."""
    quads = HEAD.quads[(HEAD.quads < SKIN).all(1)]
    picks = picks_of_woman() if picks is None else picks
    fields = {"format": "mien.mesh", "format_version": "1", "picks": json.dumps(picks)} | metadata
    return write_tensors({"vertices": woman_vertices()[:SKIN], "faces": quads.astype(np.int32)}, fields)


def submit(http: TestClient, file: bytes) -> str:
    reply = http.post("/v1/bind", content=file, headers=TYPE)
    assert reply.status_code == 202 and reply.headers["location"] == reply.json()["url"]
    return reply.json()["url"]


def final(http: TestClient, url: str) -> dict:
    until = time.monotonic() + 120
    while (job := http.get(url).json())["state"] in ("queued", "running"):
        assert time.monotonic() < until
        time.sleep(0.05)
    return job


def test_a_mesh_comes_back_with_its_channels(http) -> None:
    url = submit(http, mesh())
    job = final(http, url)
    assert (job["state"], job["error"], job["result"]) == ("done", None, f"{url}/result")
    tensors, metadata = read_tensors(http.get(job["result"]).content)
    assert (metadata["format"], json.loads(metadata["channels"])) == ("mien.shapes", list(HEAD.channels))
    assert tensors["deltas"].shape == (52, len(tensors["moved"]), 3) and len(tensors["distance"]) == SKIN
    jaw = tensors["deltas"][HEAD.channels.index("jawOpen")]
    assert 2.0 < np.abs(jaw[:, 2]).max() < 6.0  # centimetres, downwards
    assert http.delete(url).status_code == 204
    assert http.get(url).status_code == 404


@pytest.mark.parametrize(
    ("file", "sentence"),
    [
        (b"", "The request has no mesh"),
        (write_tensors({"vertices": np.zeros((3, 3), "f4"), "faces": np.zeros((0, 3), "i4")}, {}), "has no faces"),
        (write_tensors({"vertices": np.zeros((0, 3), "f4"), "faces": np.zeros((1, 3), "i4")}, {}), "has no faces"),
    ],
)
def test_an_empty_mesh_is_refused_at_once(http, file: bytes, sentence: str) -> None:
    reply = http.post("/v1/bind", content=file, headers=TYPE)
    assert reply.status_code == 422 and sentence in reply.json()["detail"]


def test_the_media_type_is_the_same_in_capitals(http) -> None:
    assert (
        http.post("/v1/bind", content=mesh(), headers={"content-type": "Application/OCTET-stream"}).status_code == 202
    )


def test_what_cannot_be_bound_fails_in_words(http) -> None:
    url = submit(http, mesh(picks={"chin": [0, 0, 0]}))
    job = final(http, url)
    assert job["state"] == "failed" and job["error"].startswith("These points are not picked: nose_tip")
    reply = http.get(f"{url}/result")
    assert reply.status_code == 409 and "These points are not picked" in reply.json()["detail"]


@pytest.mark.parametrize(
    ("file", "sentence"),
    [
        (b"what", "cut short|too short|bytes"),
        (mesh(format="mien.take"), "what was sent is 'mien.take' version 1"),
        (mesh(format_version="2"), "what was sent is 'mien.mesh' version 2"),
        (mesh(picks=[1, 2]), "the mesh names no picks"),
        (write_tensors({}, {"format": "mien.mesh", "format_version": "1", "picks": "{}"}), "found nothing"),
    ],
)
def test_a_file_that_is_no_mesh_is_refused_in_words(tmp_path, file, sentence) -> None:
    path = tmp_path / "mesh.safetensors"
    path.write_bytes(file)
    with pytest.raises((BindError, TensorFileError), match=sentence):
        read_mesh(path)


def test_a_cancelled_mesh_stops_and_the_next_begins(http) -> None:
    first, second = submit(http, mesh()), submit(http, b"what")
    while http.get(first).json()["state"] == "queued":
        time.sleep(0.01)
    assert http.delete(first).json()["state"] == "cancelled"
    assert final(http, second)["state"] == "failed"
    assert http.get(first).json()["state"] == "cancelled"


def test_too_many_at_once_are_refused_with_the_time_to_come_again(http) -> None:
    urls = [submit(http, mesh(number=str(number))) for number in range(bind_jobs.QUEUE)]
    files = [mesh(number=str(number)) for number in (-1, -2)]
    replies = [http.post("/v1/bind", content=file, headers=TYPE) for file in files]
    assert replies[1].status_code == 429 and replies[1].headers["retry-after"]
    for url in [*urls, *(reply.json()["url"] for reply in replies if reply.status_code == 202)]:
        http.delete(url)


def test_a_mesh_that_is_cancelled_waits_no_longer(http) -> None:
    urls = [submit(http, mesh())]
    while http.get(urls[0]).json()["state"] == "queued":
        time.sleep(0.01)
    urls += [submit(http, mesh(number=str(number))) for number in range(bind_jobs.QUEUE)]
    assert http.post("/v1/bind", content=mesh(number="-1"), headers=TYPE).status_code == 429
    assert http.delete(urls.pop()).json()["state"] == "cancelled"
    urls.append(submit(http, mesh(number="-2")))
    for url in urls:
        http.delete(url)


def test_two_may_forget_the_same_at_once(http) -> None:
    url = submit(http, b"what")
    final(http, url)
    with ThreadPoolExecutor(2) as pool:
        assert sorted(reply.status_code for reply in pool.map(http.delete, [url, url])) == [204, 404]


def test_the_same_mesh_is_bound_once_while_its_shapes_are_kept(tmp_path) -> None:
    scheduler = Scheduler(Settings(data_folder=tmp_path), {"binding": HeldWorker(result=b"its shapes")})
    with TestClient(Starlette(routes=bind_routes.bind_routes(scheduler))) as http:
        first = submit(http, b"a mesh")
        final(http, first)
        second = submit(http, b"a mesh")
        assert second != first and final(http, second)["state"] == "done"
        assert [http.get(f"{url}/result").content for url in (first, second)] == [b"its shapes"] * 2
    statistics = scheduler.snapshot().kinds["binding"].statistics
    assert (statistics.kept, statistics.computed) == (1, 1)
    scheduler.close()


def test_takes_and_bindings_do_not_know_each_others_jobs(http, scheduler: Scheduler) -> None:
    job_id = submit(http, b"what").rpartition("/")[2]
    with pytest.raises(UnknownJob):
        scheduler.status(TAKE, job_id)
    assert scheduler.status(BINDING, job_id).job.kind is BINDING


def test_a_mesh_that_waits_is_bound_by_the_next_server_on_the_folder(tmp_path) -> None:
    held = HeldWorker()
    scheduler = Scheduler(Settings(data_folder=tmp_path), {"binding": held})
    job = submit_file(scheduler, b"a mesh")
    assert held.busy.wait(300)
    scheduler.close(keep=True)
    heir = Scheduler(Settings(data_folder=tmp_path), {"binding": HeldWorker(result=b"its shapes")})
    while (now := heir.job(job.id)).state != "done":
        assert now.state in ("queued", "running"), now
        time.sleep(0.01)
    with heir.open_result(now) as file:
        assert file.read() == b"its shapes"
    heir.close()


def test_a_binding_does_not_wait_for_a_take_nor_a_take_for_a_binding(tmp_path) -> None:
    take, binding = Held(), HeldWorker()
    scheduler = Scheduler(Settings(data_folder=tmp_path), {"take": take, "binding": binding})
    submit_take(scheduler)
    submit_file(scheduler, b"a mesh")
    assert take.busy.wait(300) and binding.busy.wait(300)
    assert scheduler.health()["running"] == 2
    scheduler.close()


def test_another_kind_of_body_is_refused(http) -> None:
    reply = http.post("/v1/bind", data={"mesh": "1"})
    assert reply.status_code == 415 and "application/octet-stream" in reply.json()["detail"]


def test_a_body_that_is_too_large_is_refused(http, monkeypatch) -> None:
    monkeypatch.setattr(bind_routes, "BYTES", 1 << 20)
    assert http.post("/v1/bind", content=b"x" * (2 << 20), headers=TYPE).status_code == 413


def test_a_process_that_dies_fails_its_mesh_alone(http, monkeypatch) -> None:
    monkeypatch.setattr(bind_worker, "MODULE", "mien.no_such_module")
    job = final(http, submit(http, mesh()))
    assert job["state"] == "failed" and "The process that bound the mesh is gone" in job["error"]


def test_a_mesh_that_takes_too_long_fails_in_words(http, monkeypatch) -> None:
    monkeypatch.setattr(bind_worker, "LIMIT_S", 0.0)
    assert final(http, submit(http, mesh()))["error"].startswith("Binding took longer than 0 s")


def submit_file(scheduler: Scheduler, data: bytes) -> Job:
    file = scheduler.storage.folder.new_file("mesh")
    file.write_bytes(data)
    return scheduler.submit(BINDING, bind_jobs.BindRequest(hashlib.sha256(data).hexdigest()), "anna", file)
