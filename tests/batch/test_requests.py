# SPDX-License-Identifier: GPL-3.0-or-later
"""Lines to requests and keys: what cannot be made is said by row before any work, consent first of all."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from batches import plan_of, settings_in, voices_in
from mien.audio.speech import read_speech
from mien.batch.plan import read_plan
from mien.batch.plan_file import PlanError
from mien.batch.requests import jobs_of
from mien.film_request import FilmRequest
from mien.settings import Settings
from mien.take_request import TakeRequest


@pytest.fixture
def settings(tmp_path: Path, monkeypatch) -> Settings:
    return settings_in(tmp_path, monkeypatch)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = voices_in(tmp_path / "voices", 2)
    (folder / "photo.png").write_bytes(b"a photo")
    return folder


def jobs(folder: Path, settings: Settings, text: str) -> list:
    (folder / "plan.csv").write_text(text)
    return jobs_of(read_plan(folder / "plan.csv"), folder / "out", settings)


def test_the_key_is_that_of_the_service(folder: Path, settings: Settings) -> None:
    for job in jobs_of(plan_of(folder), folder / "out", settings):
        assert isinstance(job.request, TakeRequest) and job.key == job.request.result_key(settings.data_folder)
        assert job.voice.is_absolute() and job.output.is_absolute() and job.suffix == ".take.safetensors"


def test_keys_differ_by_what_is_asked_and_not_by_the_name(folder: Path, settings: Settings) -> None:
    rows = ["a,0.wav,,", "b,0.wav,,", "c,0.wav,happy,", "d,0.wav,,1", "e,1.wav,,"]
    a, b, *others = [job.key for job in jobs(folder, settings, "id,voice,emotion,seed\n" + "\n".join(rows))]
    assert a == b and len({a, *others}) == 4


def test_a_stated_consent_is_kept_and_is_the_same_the_next_time(folder: Path, settings: Settings) -> None:
    text = 'id,voice,photo,consent\na,0.wav,photo.png,"Ann, 1 May"\nb,1.wav,photo.png,"Ann, 1 May"\n'
    first = jobs(folder, settings, text)
    assert all(isinstance(job.request, FilmRequest) and job.request.make == "portrait" for job in first)
    assert [job.key for job in jobs(folder, settings, text)] == [job.key for job in first]
    on_record = jobs(folder, settings, "id,voice,photo\na,0.wav,photo.png\nb,1.wav,photo.png\n")
    assert [job.key for job in on_record] == [job.key for job in first]


def test_films_without_consent_are_said_by_row(folder: Path, settings: Settings) -> None:
    with pytest.raises(PlanError, match=r"1 of the lines of .*\nline 3: photo.png shows a person, and nobody has said"):
        jobs(folder, settings, "voice,photo\n0.wav,\n1.wav,photo.png\n")


def test_one_photo_has_one_consent(folder: Path, settings: Settings) -> None:
    text = "voice,photo,consent\n0.wav,photo.png,Ann in May\n1.wav,photo.png,Bob in May\n"
    with pytest.raises(PlanError, match="line 3: the consent for photo.png is another than in line 2"):
        jobs(folder, settings, text)


def test_a_sound_that_is_too_long_is_said_by_row(folder: Path, settings: Settings) -> None:
    with pytest.raises(PlanError, match=r"sound 1: .*more than the limit of 0.5 s"):
        jobs_of(plan_of(folder), folder / "out", replace(settings, limit_s=0.5))


def test_a_head_that_is_not_here_is_said_by_row(folder: Path, settings: Settings) -> None:
    with pytest.raises(PlanError, match="line 2: .*FLAME"):
        jobs(folder, settings, "voice,head\n0.wav,flame\n")


def test_lines_of_one_sound_read_it_once(folder: Path, settings: Settings, monkeypatch) -> None:
    read: list[Path] = []

    def counted(path: Path, **flags):
        read.append(path)
        return read_speech(path, **flags)

    monkeypatch.setattr("mien.batch.sounds.read_speech", counted)
    made = jobs(folder, settings, "id,voice,seed\na,0.wav,0-3\nb,1.wav,0\n")
    assert [path.name for path in read] == ["0.wav", "1.wav"] and len({job.key for job in made}) == 5
