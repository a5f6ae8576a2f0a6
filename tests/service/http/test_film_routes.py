# SPDX-License-Identifier: GPL-3.0-or-later
"""POST /v1/films: a video or a photo and a voice go in, a signed film comes out, and what is wrong is a sentence."""

from __future__ import annotations

import hashlib
import json
import os
import time
from collections.abc import Iterator
from pathlib import Path

import film_stand_in
import numpy as np
import pytest
import soundfile
from films import squares, write_pictures
from held_worker import HeldWorker
from mien.engines.personatalk.film.unfinished_dub import FOLDER
from mien.film_request import FilmRequest
from mien.service.http.film_routes import film_routes
from mien.service.http.problems import PROBLEMS
from mien.service.jobs import film_jobs
from mien.service.jobs.scheduler import Scheduler
from mien.service.workers import film_worker
from mien.settings import Settings
from mien.video.consent import recorded_consent
from mien.video.provenance_reading import read_provenance
from starlette.applications import Starlette
from starlette.testclient import TestClient
from waiting import wait_until

WORDS = "Maria Rossi, in writing, 12 March 2026"


class HeldFilm(HeldWorker):
    """It keeps what it is given."""

    def __init__(self, film: bytes | None = None) -> None:
        super().__init__(film)
        self.inputs = []

    def make(self, requests, source, results, on_progress, on_result, stop) -> float:
        self.inputs.append((source.read_bytes(), source.with_name(requests[0].voice).read_bytes()))
        on_progress(0.5, "rendering")
        return super().make(requests, source, results, on_progress, on_result, stop)


def opened(folder: Path, worker: HeldFilm | None = None, **settings: object) -> tuple[Scheduler, TestClient]:
    settings = Settings(data_folder=folder, **settings)
    scheduler = Scheduler(settings, {"film": worker} if worker else None)
    app = Starlette(routes=film_routes(settings, scheduler), exception_handlers=PROBLEMS)
    return scheduler, TestClient(app)


@pytest.fixture
def http(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[TestClient]:
    """With a real process, in which another film is made."""
    monkeypatch.setattr(film_worker, "MODULE", "film_stand_in")
    monkeypatch.setenv(
        "PYTHONPATH", os.pathsep.join([str(Path(film_stand_in.__file__).parent), os.environ.get("PYTHONPATH", "")])
    )
    scheduler, client = opened(tmp_path / "data")
    yield client
    scheduler.close()


@pytest.fixture
def sources(tmp_path: Path) -> dict[str, tuple[str, bytes]]:
    """The files of a dub."""
    soundfile.write(tmp_path / "voice.wav", np.zeros(8000, np.float32), 16000)
    clip = write_pictures(tmp_path / "clip.mp4", squares(5))
    return {"video": ("act one.mp4", clip.read_bytes()), "voice": ("line 3.wav", (tmp_path / "voice.wav").read_bytes())}


def post(http: TestClient, files: dict[str, tuple[str, bytes]], seed: int = 0, consent: str = WORDS, **options: object):
    fields = {"options": json.dumps({"direction": {"seed": seed}, **options})}
    return http.post("/v1/films", files=files, data=fields | ({"consent": consent} if consent else {}))


def files(video: bytes = b"a video", voice: bytes = b"a voice") -> dict[str, tuple[str, bytes]]:
    return {"video": ("act.mp4", video), "voice": ("voice.wav", voice)}


def final(http: TestClient, reply) -> dict:
    assert reply.status_code == 202, reply.text
    assert reply.headers["location"] == reply.json()["url"]
    until = time.monotonic() + 120
    while (job := http.get(reply.json()["url"]).json())["state"] in ("queued", "running"):
        assert time.monotonic() < until
        time.sleep(0.02)
    return job


def test_a_signed_film_comes_back(http: TestClient, sources: dict, tmp_path: Path) -> None:
    job = final(http, post(http, sources))
    assert (job["state"], job["error"], job["make"], job["suffix"]) == ("done", None, "dub", ".mp4")
    assert job["notes"] == ["Nothing of it is a dub."]
    reply = http.get(job["result"])
    assert reply.headers["content-type"] == "video/mp4"
    assert reply.headers["content-disposition"] == 'attachment; filename="dub.mp4"'
    assert reply.headers["etag"] == f'"{hashlib.sha256(reply.content).hexdigest()}"'
    film = tmp_path / "fetched.mp4"
    film.write_bytes(reply.content)
    manifest = read_provenance(film).manifest
    assert manifest and manifest.valid and manifest.provenance and manifest.provenance.consent
    assert manifest.provenance.consent.statement == WORDS and manifest.provenance.consent.through == "service"
    assert [each.name for each in manifest.provenance.inputs] == ["act one.mp4", "line 3.wav"]
    url = job["result"].removesuffix("/result")
    assert "event: end" in http.get(f"{url}/events").text
    assert http.delete(url).status_code == 204 and http.get(url).status_code == 404


def test_a_photo_speaks_and_lossless_and_alpha_have_their_containers(tmp_path: Path) -> None:
    scheduler, http = opened(tmp_path, HeldFilm(b"its film"))
    photo = {"photo": ("me.png", b"a photo"), "voice": ("voice.wav", b"a voice")}
    for sent, options, make, suffix in (
        (photo, {}, "portrait", ".mp4"),
        (photo, {"alpha": True}, "portrait", ".mov"),
        (photo, {"gestures": 0.5}, "talk", ".mp4"),
        (files(), {"codec": "lossless"}, "dub", ".mkv"),
    ):
        fields = {"make": make} if make == "talk" else {}
        data = {"consent": WORDS, "options": json.dumps(options)} | fields
        job = final(http, http.post("/v1/films", files=sent, data=data))
        assert (job["make"], job["suffix"], job["state"]) == (make, suffix, "done")
        assert f"{make}{suffix}" in http.get(job["result"]).headers["content-disposition"]
    scheduler.close()


def test_without_consent_nothing_is_made_and_with_it_nobody_asks_again(tmp_path: Path) -> None:
    worker = HeldFilm(b"its film")
    scheduler, http = opened(tmp_path, worker)
    reply = post(http, files(), consent="")
    assert reply.status_code == 422 and "act.mp4 shows a person" in reply.json()["detail"]
    assert "field `consent`" in reply.json()["detail"]
    assert "say who agreed and when" in post(http, files(), consent="ok").json()["detail"]
    assert final(http, post(http, files()))["state"] == "done"
    record = recorded_consent(hashlib.sha256(b"a video").hexdigest(), tmp_path)
    assert record and record.statement == WORDS
    assert final(http, post(http, files(voice=b"another"), consent=""))["state"] == "done"
    assert post(http, files(video=b"of somebody else"), consent="").status_code == 422
    assert len(worker.requests) == 2
    scheduler.close()


def test_a_damaged_record_of_consent_is_said_without_a_path(tmp_path: Path) -> None:
    scheduler, http = opened(tmp_path, HeldFilm(b"its film"))
    subject = hashlib.sha256(b"a video").hexdigest()
    (tmp_path / "consent").mkdir(mode=0o700)
    (tmp_path / "consent" / f"{subject}.json").write_bytes(b"\0")
    reply = post(http, files(), consent="")
    assert reply.status_code == 422 and "is no record of consent" in reply.json()["detail"]
    assert f"{subject}.json" in reply.json()["detail"] and str(tmp_path) not in reply.json()["detail"]
    scheduler.close()


@pytest.mark.parametrize(
    ("sent", "fields", "sentence"),
    [
        ({"voice": ("v.wav", b"v")}, {}, "Send one file `video` to be dubbed, or one file `photo`"),
        (files() | {"photo": ("p.png", b"p")}, {}, "Send one file `video` to be dubbed, or one file `photo`"),
        ({"video": ("a.mp4", b"a")}, {}, "no file `voice`"),
        (files(), {"make": "talk"}, "of a video it can be dub"),
        (files(), {"options": "{"}, "not JSON"),
        (files(), {"options": "[]"}, "expected a JSON object"),
        (files(), {"options": '{"strenght": 1}'}, "strenght"),
        (files(), {"options": '{"strength": 9}'}, "Strength is 9"),
        (files(), {"options": '{"engine": "emodifhead"}'}, "did you mean 'emodiffhead'"),
        ({"photo": ("p.png", b"p"), "voice": ("v", b"v")}, {"options": '{"engine": "toyy"}'}, "no engine 'toyy'"),
        (files(), {"options": '{"manner": "../../secret"}'}, "clip or neutral"),
        ({"photo": ("p.png", b"p"), "voice": ("v", b"v")}, {"options": '{"take": "a.safetensors"}'}, "opens no file"),
        ({"photo": ("p.png", b"p"), "voice": ("v", b"v")}, {"options": '{"pose": "a.jpg"}'}, "opens no file"),
        (files(), {"path": "a"}, "a field 'path'; the fields are video, photo, voice"),
    ],
)
def test_what_cannot_be_asked_is_said_before_anything_is_done(tmp_path: Path, sent, fields, sentence) -> None:
    scheduler, http = opened(tmp_path, HeldFilm())
    reply = http.post("/v1/films", files=sent, data={"consent": WORDS} | fields)
    assert reply.status_code == 422 and sentence in reply.json()["detail"], reply.text
    assert not list((tmp_path / "consent").glob("*"))
    scheduler.close()


def test_other_bodies_are_refused(tmp_path: Path) -> None:
    scheduler, http = opened(tmp_path, HeldFilm())
    assert http.post("/v1/films", content=b"a film", headers={"content-type": "video/mp4"}).status_code == 415
    assert http.post("/v1/films", data={"video": "a path"}, files={"voice": b"x"}).status_code == 422
    assert http.post("/v1/films", data={"voice": "a path"}, files={"video": b"x"}).status_code == 422
    scheduler.close()


def test_files_fail_in_words_and_without_a_path(http: TestClient, sources: dict, tmp_path: Path) -> None:
    job = final(http, post(http, sources, film_stand_in.REFUSED))
    assert job["state"] == "failed" and job["error"] == "act one.mp4 shows nobody; choose another."
    assert str(tmp_path) not in job["error"]
    job = final(http, post(http, sources, film_stand_in.CRASHES))
    assert job["state"] == "failed" and "'act one.mp4' broke its process: it was killed (SIG" in job["error"]
    assert final(http, post(http, sources))["state"] == "done"  # nothing else is broken


def test_a_sound_that_is_too_long_is_refused_by_its_header(sources: dict, tmp_path: Path) -> None:
    scheduler, http = opened(tmp_path / "data", limit_s=0.1)
    assert "more than the limit of 0.1 s" in final(http, post(http, sources))["error"]
    scheduler.close()


@pytest.mark.parametrize("seed", [film_stand_in.DAWDLES, film_stand_in.UNRESPONSIVE])
def test_a_cancelled_film_ends_at_once_and_leaves_nothing(http, sources, tmp_path: Path, seed: int) -> None:
    url = post(http, sources, seed).json()["url"]
    while http.get(url).json()["fraction"] < 0.2:
        time.sleep(0.01)
    assert http.get(url).json()["left_s"] is not None
    (folder,) = (tmp_path / "data" / "service").glob("*/incoming/*.work")
    assert any((tmp_path / "data" / FOLDER).glob("*")) == (seed == film_stand_in.DAWDLES)
    began = time.monotonic()
    assert http.delete(url).json()["state"] == "cancelled"
    wait_until(lambda: not folder.exists())
    assert time.monotonic() - began < 30  # it would take a minute
    wait_until(lambda: not any((tmp_path / "data" / FOLDER).glob("*")))


def test_a_film_is_taken_up_by_the_next_server_with_both_of_its_files(tmp_path: Path) -> None:
    held = HeldFilm()
    scheduler, http = opened(tmp_path, held)
    options = {"strength": 0.5, "when_longer": "loop", "references": [0, 20]}
    reply = post(http, files(), 7, **options)
    assert held.busy.wait(300)
    (request,) = held.requests
    assert FilmRequest.from_json(request.to_json()) == request and request.options.strength == 0.5
    scheduler.close(keep=True)
    heir = HeldFilm(b"its film")
    scheduler, http = opened(tmp_path, heir)
    assert final(http, reply)["state"] == "done"
    assert heir.requests == [request] and heir.inputs == [(b"a video", b"a voice")]
    scheduler.close()


def test_a_film_without_one_of_its_files_says_so_at_the_next_start(tmp_path: Path) -> None:
    held = HeldFilm()
    scheduler, http = opened(tmp_path, held)
    reply = post(http, files())
    assert held.busy.wait(300)
    voice = scheduler.storage.cache.path(hashlib.sha256(b"a voice").hexdigest())
    scheduler.close(keep=True)
    voice.unlink()
    scheduler, http = opened(tmp_path, HeldFilm(b"its film"))
    job = final(http, reply)
    assert job["state"] == "failed" and "its copy of the film or sound is gone" in job["error"]
    scheduler.close()


def test_files_that_wait_are_not_evicted_for_each_other(tmp_path: Path) -> None:
    held = HeldFilm()
    scheduler, http = opened(tmp_path, held, cache_bytes=10)  # less than the two files of one film
    url = post(http, files()).json()["url"]
    assert held.busy.wait(300) and held.inputs == [(b"a video", b"a voice")]
    assert http.delete(url).json()["state"] == "cancelled"
    wait_until(lambda: scheduler.storage.cache.bytes <= 10)  # then they may go
    scheduler.close()


def test_the_same_film_is_made_once_and_another_wish_anew(tmp_path: Path) -> None:
    worker = HeldFilm(b"its film")
    scheduler, http = opened(tmp_path, worker)
    for seed, consent in ((0, WORDS), (0, ""), (1, "")):
        assert final(http, post(http, files(), seed, consent))["state"] == "done"
    assert len(worker.requests) == 2
    scheduler.close()


def test_too_many_at_once_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(film_jobs, "QUEUE", 2)
    held = HeldFilm()
    scheduler, http = opened(tmp_path, held)
    post(http, files(b"film 0"))
    assert held.busy.wait(300)
    urls = [post(http, files(b"film %d" % number)).json()["url"] for number in (1, 2)]
    assert [http.get(url).json()["position"] for url in urls] == [1, 2]
    reply = post(http, files(b"film 3"))
    assert reply.status_code == 429 and reply.headers["retry-after"] and "2 films are waiting" in reply.json()["detail"]
    scheduler.close()
