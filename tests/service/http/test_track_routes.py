# SPDX-License-Identifier: GPL-3.0-or-later
"""POST /v1/tracks: a film goes in, a take comes out, and what is wrong is a sentence."""

from __future__ import annotations

import hashlib
import json
import re
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from films import squares, write_pictures
from held_worker import HeldWorker
from mien.film_take import film_take
from mien.service.http.problems import PROBLEMS
from mien.service.http.track_routes import track_routes
from mien.service.jobs import track_jobs
from mien.service.jobs.registry import UnknownJob
from mien.service.jobs.scheduler import Scheduler
from mien.service.jobs.take_jobs import TAKE
from mien.service.workers import track_worker
from mien.settings import Settings
from mien.take import read_take
from rendered_faces import face
from starlette.applications import Starlette
from starlette.testclient import TestClient


def opened(folder: Path, worker: HeldWorker | None = None, **settings: object) -> tuple[Scheduler, TestClient]:
    settings = Settings(data_folder=folder, **settings)
    scheduler = Scheduler(settings, {"track": worker} if worker else None)
    app = Starlette(routes=track_routes(settings, scheduler), exception_handlers=PROBLEMS)
    return scheduler, TestClient(app)


@pytest.fixture
def http(tmp_path: Path) -> Iterator[TestClient]:
    """With a real process."""
    scheduler, client = opened(tmp_path / "data")
    yield client
    scheduler.close()


@pytest.fixture
def film(tmp_path: Path) -> Path:
    jaws = [0.0, 0.1, 0.5, 0.1, 0.0]
    return write_pictures(tmp_path / "act.mp4", [face((("jawOpen", jaw),)) for jaw in jaws])


def submit(http: TestClient, film: bytes, name: str = "act.mp4", **fields: str):
    return http.post("/v1/tracks", files={"film": (name, film)}, data=fields)


def final(http: TestClient, reply) -> dict:
    assert reply.status_code == 202, reply.text
    assert reply.headers["location"] == reply.json()["url"]
    until = time.monotonic() + 120
    while (job := http.get(reply.json()["url"]).json())["state"] in ("queued", "running"):
        assert time.monotonic() < until
        time.sleep(0.05)
    return job


def test_a_film_comes_back_as_the_take_that_the_command_makes(http: TestClient, film: Path) -> None:
    job = final(http, submit(http, film.read_bytes()))
    assert (job["state"], job["error"]) == ("done", None)
    reply = http.get(job["result"])
    assert reply.headers["etag"] == f'"{hashlib.sha256(reply.content).hexdigest()}"'
    take, own = read_take(reply.content), read_take(film_take(film).take.to_bytes())
    assert take.meta == own.meta and take.channel("jawOpen").argmax() == 2
    np.testing.assert_allclose(take.weights, own.weights, atol=1e-4)
    url = job["result"].removesuffix("/result")
    assert "event: end" in http.get(f"{url}/events").text
    assert http.delete(url).status_code == 204 and http.get(url).status_code == 404


def test_broken_films_fail_in_words_and_without_a_path(http: TestClient, film: Path, tmp_path: Path) -> None:
    whole = film.read_bytes()
    films = {
        "text.mp4": (b"this is no film", "cannot be read as a film"),
        "empty.mp4": (b"", "cannot be read as a film"),
        "cut.mp4": (whole[: len(whole) // 2], "damaged or cut short|cut short"),
        "nobody.mp4": (write_pictures(tmp_path / "n.mp4", squares(3)).read_bytes(), "No face was found"),
    }
    for name, (data, sentence) in films.items():
        job = final(http, submit(http, data, name))
        assert job["state"] == "failed" and re.search(sentence, job["error"]), job
        assert name in job["error"] and str(tmp_path) not in job["error"]
        assert hashlib.sha256(data).hexdigest() not in job["error"]


def test_a_film_that_is_too_long_or_breaks_its_process_fails_alone(film: Path, tmp_path: Path, monkeypatch) -> None:
    scheduler, http = opened(tmp_path / "data", limit_s=0.1)
    assert "more than the limit of 0.1 s" in final(http, submit(http, film.read_bytes()))["error"]
    monkeypatch.setattr(track_worker, "MODULE", "mien.no_such_module")
    job = final(http, submit(http, film.read_bytes(), face="2"))
    assert job["state"] == "failed" and "'act.mp4' broke the tracker: it ended with status 1" in job["error"]
    scheduler.close()


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"face": "0"}, "Faces are numbered from 1"),
        ({"face": "2", "at": "3,4"}, "not by both"),
        ({"face": "first"}, "'face' is 'first'"),
        ({"at": "here"}, "'at' is 'here'"),
        ({"neutral": "soon"}, "'neutral' is 'soon'"),
        ({"fps": "29.97"}, "30000/1001"),
        ({"begin": "-1"}, "'begin' is '-1'"),
        ({"sound": "maybe"}, "'sound' is 'maybe'"),
        ({"path": "a"}, "a field 'path'; the fields are film, face"),
    ],
)
def test_what_cannot_be_asked_is_said_before_anything_is_done(tmp_path: Path, fields: dict, sentence: str) -> None:
    scheduler, http = opened(tmp_path, HeldWorker())
    reply = submit(http, b"a film", **fields)
    assert reply.status_code == 422 and sentence in reply.json()["detail"]
    scheduler.close()


def test_other_bodies_are_refused(tmp_path: Path) -> None:
    scheduler, http = opened(tmp_path, HeldWorker())
    assert http.post("/v1/tracks", content=b"a film", headers={"content-type": "video/mp4"}).status_code == 415
    assert http.post("/v1/tracks", data={"film": "a path"}, files={"sound": b"x"}).status_code == 422
    scheduler.close()


def test_what_is_asked_reaches_the_worker_and_survives_the_database(tmp_path: Path) -> None:
    held = HeldWorker()
    scheduler, http = opened(tmp_path, held)
    fields = {"at": "64,48.5", "neutral": "2.5s", "fps": "30000/1001", "sound": "no", "begin": "1", "end": "2.25"}
    reply = submit(http, b"a film", name="../../act one.mp4", **fields)
    assert held.busy.wait(300)
    (request,) = held.requests
    options = json.loads(request.to_json())
    assert options | {"kind": "track", "name": "act one.mp4", "at": [64.0, 48.5], "neutral": 2.5} == options
    assert options | {"fps": "30000/1001", "sound": False, "begin": "1", "end": "9/4", "face": 1} == options
    scheduler.close(keep=True)
    heir = HeldWorker(b"its take")
    scheduler, http = opened(tmp_path, heir)
    assert final(http, reply)["state"] == "done" and heir.requests == [request]
    scheduler.close()


def test_the_same_film_is_tracked_once_and_another_wish_anew(tmp_path: Path) -> None:
    worker = HeldWorker(b"its take")
    scheduler, http = opened(tmp_path, worker)
    for fields in ({}, {}, {"face": "2"}):
        assert final(http, submit(http, b"a film", **fields))["state"] == "done"
    assert len(worker.requests) == 2
    statistics = scheduler.snapshot().kinds["track"].statistics
    assert (statistics.kept, statistics.computed) == (1, 2)
    scheduler.close()


def test_the_process_of_a_cancelled_film_ends_at_once(tmp_path: Path) -> None:
    """Whatever it decodes."""
    film = write_pictures(tmp_path / "long.mp4", [face()] * 2000)
    scheduler, http = opened(tmp_path / "data")
    url = submit(http, film.read_bytes()).json()["url"]
    while http.get(url).json()["stage"] != "tracking":
        time.sleep(0.01)
    worker = scheduler._workers["track"]
    began = time.monotonic()
    assert http.delete(url).json()["state"] == "cancelled"
    while worker.pid is not None:
        assert time.monotonic() - began < 10  # the film takes twice as long
        time.sleep(0.01)
    print(f"its process ended after {time.monotonic() - began:.2f} s")
    scheduler.close()


def test_too_many_at_once_are_refused_and_a_cancelled_one_waits_no_longer(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setattr(track_jobs, "QUEUE", 2)
    held = HeldWorker()
    scheduler, http = opened(tmp_path, held)
    urls = [submit(http, b"film 0").json()["url"]]
    assert held.busy.wait(300)
    urls += [submit(http, b"film %d" % number).json()["url"] for number in (1, 2)]
    assert [http.get(url).json()["position"] for url in urls] == [None, 1, 2]
    reply = submit(http, b"film 3")
    assert reply.status_code == 429 and reply.headers["retry-after"] and "2 films are waiting" in reply.json()["detail"]
    http.delete(urls[2])
    assert submit(http, b"film 3").status_code == 202
    scheduler.close()


def test_tracks_and_takes_do_not_know_each_others_jobs(tmp_path: Path) -> None:
    scheduler, http = opened(tmp_path, HeldWorker(b"its take"))
    reply = submit(http, b"a film")
    final(http, reply)
    with pytest.raises(UnknownJob):
        scheduler.status(TAKE, reply.json()["id"])
    scheduler.close()
