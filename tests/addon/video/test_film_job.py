# SPDX-License-Identifier: GPL-3.0-or-later
"""A film against the fake backend: sent, waited for, fetched, cancelled, refused."""

import threading
from dataclasses import replace
from pathlib import Path

import pytest
from fake_backend import FakeBackend
from waiting import wait_until

from addon.connection.local_backend import LocalBackend
from addon.video.film_job import Arrived, FilmJob, Progressed, make_film


@pytest.fixture
def backend():
    with FakeBackend() as server:
        yield server


@pytest.fixture
def job(tmp_path: Path, backend: FakeBackend) -> FilmJob:
    (tmp_path / "act one.mp4").write_bytes(b"a film" * 20000)
    (tmp_path / "line.wav").write_bytes(b"a voice")
    files = {"video": tmp_path / "act one.mp4", "voice": tmp_path / "line.wav"}
    fields = {"options": '{"strength": 1}', "consent": "Maria Rossi, in writing"}
    return FilmJob(files, fields, tmp_path / "act one_dub.mp4", backend.address, False, "")


def posted(job: FilmJob, stop: threading.Event | None = None) -> list[object]:
    events: list[object] = []
    make_film(job, LocalBackend(), stop or threading.Event(), events.append)
    return events


def test_the_film_is_fetched_into_its_file(job: FilmJob, backend: FakeBackend) -> None:
    backend.slow = 1.0
    *progress, last = posted(job)
    assert last == Arrived(job.output) and job.output.read_bytes() == b"a film" * 20000
    assert progress[0].stage == "sending" and any(each.left_s is not None for each in progress)
    fractions = [each.fraction for each in progress if isinstance(each, Progressed)]
    assert fractions == sorted(fractions) and fractions[0] >= 0 and fractions[-1] < 1
    (form,) = backend.requests
    assert (form["video_filename"], form["voice_filename"]) == ("act one.mp4", "line.wav")
    assert form["voice"] == b"a voice" and form["consent"] == "Maria Rossi, in writing"
    assert backend.cancelled_kinds == ["films"]  # the job need not be kept


def test_a_stop_is_told_to_the_backend_and_writes_nothing(job: FilmJob, backend: FakeBackend) -> None:
    backend.slow = 600.0
    stop, events = threading.Event(), []
    thread = threading.Thread(target=make_film, args=(job, LocalBackend(), stop, events.append))
    thread.start()
    wait_until(lambda: backend.requests)
    stop.set()
    thread.join(20)
    assert not thread.is_alive() and backend.cancelled_kinds == ["films"]
    assert all(isinstance(each, Progressed) for each in events) and not job.output.exists()


def test_what_goes_wrong_is_a_sentence(job: FilmJob, backend: FakeBackend, tmp_path: Path) -> None:
    backend.fail = "No face was found."
    assert posted(job)[-1] == "No face was found."
    backend.fail, backend.refuse = "", "Nobody said that they agreed."
    assert posted(job)[-1] == "Nobody said that they agreed."
    backend.refuse = ""
    assert "cannot be read" in posted(replace(job, files={**job.files, "voice": tmp_path / "none.wav"}))[-1]
    (tmp_path / "big.mp4").write_bytes(bytes(2_000_000))
    assert "the backend takes 1.0 MB" in posted(replace(job, files={**job.files, "video": tmp_path / "big.mp4"}))[-1]
    assert "could not be written" in posted(replace(job, output=tmp_path / "line.wav" / "film.mp4"))[-1]
    backend.films = False
    assert "makes no films; update it" in posted(job)[-1]
    assert "No backend answers" in posted(replace(job, address="http://127.0.0.1:9"))[-1]
    assert not job.output.exists()
