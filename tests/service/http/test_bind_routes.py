# SPDX-License-Identifier: GPL-3.0-or-later
"""POST /v1/bind: a mesh with picks goes in, shapes come out, and what is wrong is said."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator

import numpy as np
import pytest
import retopology
from mien.bind import BindError
from mien.files.safetensors import TensorFileError, read_tensors, write_tensors
from mien.heads.default import load_head
from mien.service.http import bind_routes
from mien.service.http.problems import PROBLEMS
from mien.service.workers.bind_process import read_order
from mien.settings import Settings
from starlette.applications import Starlette
from starlette.testclient import TestClient

HEAD = load_head()
SKIN = len(HEAD.opposite)
TYPE = {"content-type": "application/octet-stream"}


@pytest.fixture
def http(tmp_path) -> Iterator[TestClient]:
    app = Starlette(routes=bind_routes.binding_routes(Settings(data_folder=tmp_path)), exception_handlers=PROBLEMS)
    with TestClient(app) as client:
        yield client


def order(picks: object = None, **said: str) -> bytes:
    """The woman's skin in centimetres, as Blender has its axes, as a client sends it."""
    woman = 100 * HEAD.identities["woman"].astype(np.float32)[:, [0, 2, 1]] * np.float32([1, -1, 1])
    quads = HEAD.quads[(HEAD.quads < SKIN).all(1)]
    picks = retopology.picked(HEAD, woman) if picks is None else picks
    picks = {name: np.asarray(place).tolist() for name, place in picks.items()} if isinstance(picks, dict) else picks
    meta = {"format": "mien.mesh", "format_version": "1", "picks": json.dumps(picks)} | said
    return write_tensors({"vertices": woman[:SKIN], "faces": quads.astype(np.int32)}, meta)


def asked(http: TestClient, mesh: bytes) -> str:
    reply = http.post("/v1/bind", content=mesh, headers=TYPE)
    assert reply.status_code == 202 and reply.headers["location"] == reply.json()["url"]
    return reply.json()["url"]


def ended(http: TestClient, url: str) -> dict:
    until = time.monotonic() + 120
    while (job := http.get(url).json())["state"] in ("queued", "running"):
        assert time.monotonic() < until
        time.sleep(0.05)
    return job


def test_a_mesh_comes_back_with_its_channels(http) -> None:
    url = asked(http, order())
    job = ended(http, url)
    assert (job["state"], job["error"], job["result"]) == ("done", None, f"{url}/result")
    tensors, said = read_tensors(http.get(job["result"]).content)
    assert (said["format"], json.loads(said["channels"])) == ("mien.shapes", list(HEAD.channels))
    assert tensors["deltas"].shape == (52, len(tensors["moved"]), 3) and len(tensors["distance"]) == SKIN
    jaw = tensors["deltas"][HEAD.channels.index("jawOpen")]
    assert 2.0 < np.abs(jaw[:, 2]).max() < 6.0  # centimetres, downwards
    assert http.delete(url).status_code == 204
    assert http.get(url).status_code == 404


def test_what_cannot_be_bound_fails_in_words(http) -> None:
    url = asked(http, order(picks={"chin": [0, 0, 0]}))
    job = ended(http, url)
    assert job["state"] == "failed" and job["error"].startswith("These points are not picked: nose_tip")
    reply = http.get(f"{url}/result")
    assert reply.status_code == 409 and "These points are not picked" in reply.json()["detail"]


@pytest.mark.parametrize(
    ("mesh", "sentence"),
    [
        (b"what", "cut short|too short|bytes"),
        (order(format="mien.take"), "what was sent is 'mien.take' version 1"),
        (order(format_version="2"), "what was sent is 'mien.mesh' version 2"),
        (order(picks=[1, 2]), "the mesh names no picks"),
        (write_tensors({}, {"format": "mien.mesh", "format_version": "1", "picks": "{}"}), "found nothing"),
    ],
)
def test_what_is_no_order_is_refused_in_words(tmp_path, mesh, sentence) -> None:
    path = tmp_path / "mesh.safetensors"
    path.write_bytes(mesh)
    with pytest.raises((BindError, TensorFileError), match=sentence):
        read_order(path)


def test_a_cancelled_mesh_stops_and_the_next_begins(http) -> None:
    first, second = asked(http, order()), asked(http, b"what")
    while http.get(first).json()["state"] == "queued":
        time.sleep(0.01)
    assert http.delete(first).json()["state"] == "cancelled"
    assert ended(http, second)["state"] == "failed"
    assert http.get(first).json()["state"] == "cancelled"


def test_too_many_at_once_are_told_to_come_again(http) -> None:
    urls = [asked(http, order()) for _ in range(bind_routes.WAITING)]
    replies = [http.post("/v1/bind", content=order(), headers=TYPE) for _ in range(2)]
    assert replies[1].status_code == 429 and replies[1].headers["retry-after"]
    for url in [*urls, *(reply.json()["url"] for reply in replies if reply.status_code == 202)]:
        http.delete(url)


def test_a_mesh_that_is_cancelled_waits_no_longer(http) -> None:
    urls = [asked(http, order())]
    while http.get(urls[0]).json()["state"] == "queued":
        time.sleep(0.01)
    urls += [asked(http, order()) for _ in range(bind_routes.WAITING)]
    assert http.post("/v1/bind", content=order(), headers=TYPE).status_code == 429
    assert http.delete(urls.pop()).json()["state"] == "cancelled"
    urls.append(asked(http, order()))
    for url in urls:
        http.delete(url)


def test_two_may_forget_the_same_at_once(tmp_path, monkeypatch) -> None:
    bindings = bind_routes.Bindings(Settings(data_folder=tmp_path))
    monkeypatch.setattr(bindings, "_bind", lambda job: "It is not bound.")
    job = bindings.submit(b"what")
    while job.state != "failed":
        time.sleep(0.01)
    monkeypatch.setattr(bindings, "job", lambda id: job)  # both have found it
    assert [bindings.cancel(job.id) for _ in range(2)] == [None, None]


def test_another_kind_of_body_is_refused(http) -> None:
    reply = http.post("/v1/bind", data={"mesh": "1"})
    assert reply.status_code == 415 and "application/octet-stream" in reply.json()["detail"]


def test_a_body_that_is_too_large_is_refused(http, monkeypatch) -> None:
    monkeypatch.setattr(bind_routes, "BYTES", 1 << 20)
    assert http.post("/v1/bind", content=b"x" * (2 << 20), headers=TYPE).status_code == 413


def test_a_process_that_dies_fails_its_mesh_alone(http, monkeypatch) -> None:
    monkeypatch.setattr(bind_routes, "MODULE", "mien.no_such_module")
    job = ended(http, asked(http, order()))
    assert job["state"] == "failed" and "The process that bound the mesh is gone" in job["error"]
