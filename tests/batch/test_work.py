# SPDX-License-Identifier: GPL-3.0-or-later
"""One result: made once, checked, recorded; whatever goes wrong becomes a sentence of its record."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from batches import plan_of, settings_in, voices_in
from mien.batch.job import Job
from mien.batch.plan import read_plan
from mien.batch.requests import jobs_of
from mien.batch.store import Store
from mien.batch.work import make
from mien.face_tracking import TrackingError
from mien.photo.options import PortraitOptions
from mien.speak import speak
from mien.take import read_take
from mien.video.consent import recorded_consent


@pytest.fixture
def job(tmp_path: Path, monkeypatch) -> Job:
    settings = settings_in(tmp_path, monkeypatch)
    with Store(tmp_path / "out").locked():
        (only,) = jobs_of(plan_of(voices_in(tmp_path / "voices", 1)), tmp_path / "out", settings)
    return only


def record(job: Job) -> dict:
    return Store(job.output).record(job.key) or {}


def test_a_take_is_made_and_checked(job: Job) -> None:
    make(job)
    take = read_take(Store(job.output).result(job.key, job.suffix))
    assert take.meta["engine"] == "articulation" and Store(job.output).is_whole(job.key, job.suffix)
    assert set(record(job)) == {"sha256", "faults", "facts", "curves", "notes"}
    assert not list((job.output / ".mien-batch" / "results").glob("*.begun"))


def test_it_is_that_of_mien_speak(job: Job) -> None:
    from mien.audio.speech import read_speech
    from mien.take_request import TakeRequest

    make(job)
    assert isinstance(job.request, TakeRequest)
    take = speak(read_speech(job.voice), job.request.direction, "articulation", 25)
    made = read_take(Store(job.output).result(job.key, job.suffix))
    np.testing.assert_array_equal(take.weights, made.weights)


def test_it_is_made_once(job: Job, monkeypatch) -> None:
    make(job)
    monkeypatch.setattr("mien.batch.work.speak", lambda *arguments, **keywords: pytest.fail("made twice"))
    make(job)
    (Store(job.output).results / f"{job.key}.json").unlink()  # a batch that was killed before it was checked
    make(job)
    assert "error" not in record(job)


def test_one_that_was_damaged_is_made_again(job: Job) -> None:
    make(job)
    path = Store(job.output).result(job.key, job.suffix)
    whole = path.read_bytes()
    path.write_bytes(whole[:-1])
    make(job)
    assert path.read_bytes() == whole


@pytest.mark.parametrize(
    ("raised", "words"),
    [
        (MemoryError(), "not enough memory for 0; run fewer at once"),
        (OSError(28, "No space left on device"), "No space left"),
        (RuntimeError("boom"), r"should not \(RuntimeError: boom\)"),
    ],
)
def test_what_goes_wrong_is_recorded(job: Job, monkeypatch, raised: Exception, words: str) -> None:
    def fails(*arguments, **keywords):
        raise raised

    monkeypatch.setattr("mien.batch.work.speak", fails)
    make(job)
    with pytest.raises(AssertionError, match=words):
        raise AssertionError(record(job)["error"])
    assert ("traceback" in record(job)) == isinstance(raised, RuntimeError)


def test_a_sound_that_changed_meanwhile(job: Job, tmp_path: Path) -> None:
    voices = voices_in(tmp_path / "other", 2)
    (voices / "1.wav").replace(job.voice)
    make(job)
    assert "has changed since the batch began" in record(job)["error"]


def test_a_machine_with_another_mien(job: Job) -> None:
    make(replace(job, code="0" * 64, machine="another"))
    assert "is not the one that began the batch" in record(job)["error"]


def test_a_machine_that_does_not_see_the_folder(job: Job, tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="is not seen by the machine"):
        make(replace(job, output=tmp_path / "elsewhere"))


def test_a_film_has_the_name_of_its_line_and_is_tracked_again(tmp_path: Path, monkeypatch) -> None:
    settings = settings_in(tmp_path, monkeypatch)
    folder = voices_in(tmp_path / "voices", 1)
    (folder / "photo.png").write_bytes(b"a photo")
    (folder / "plan.csv").write_text("id,voice,photo,consent\nscene/ann,0.wav,photo.png,Ann in May\n")
    names: list[str] = []

    def portrait(photo: Path, voice: Path, output: Path, options: PortraitOptions, progress) -> None:
        names.append(output.name)
        output.write_bytes(b"a film")

    def film_take(path: Path, name: str) -> None:
        raise TrackingError("no face was found.")

    monkeypatch.setattr("mien.portrait.portrait", portrait)
    monkeypatch.setattr("mien.film_take.film_take", film_take)
    with Store(tmp_path / "out").locked():
        (job,) = jobs_of(read_plan(folder / "plan.csv"), tmp_path / "out", settings)
    (settings.data_folder / "consent").rename(tmp_path / "elsewhere")  # as on another machine
    make(job)
    store = Store(job.output)
    assert names == ["ann.mp4"] and store.result(job.key, ".mp4").read_bytes() == b"a film"
    assert set(record(job)["faults"]) == {"no face"} and not store.work_folder(job.key).exists()
    consent = recorded_consent(job.request.shown, settings.data_folder)
    assert consent is not None and consent.statement == "Ann in May"
