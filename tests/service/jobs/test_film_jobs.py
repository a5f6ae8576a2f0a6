# SPDX-License-Identifier: GPL-3.0-or-later
"""A film whose server ends is taken up by the next one where it was, in the real process that makes it."""

from collections.abc import Callable
from contextlib import suppress
from fractions import Fraction
from pathlib import Path

import av
import pytest
from mien.engines.personatalk.film.unfinished_dub import FOLDER
from mien.engines.personatalk.options import DubOptions
from mien.film_request import FilmRequest
from mien.service.jobs.film_jobs import FILM
from mien.service.jobs.job import FINAL, Job
from mien.service.jobs.scheduler import Scheduler
from mien.settings import Settings
from mien.video.consent import Consent, file_digest, record_consent
from mien.video.writer import write_film
from rendered_faces import face
from sounds import voice, written
from waiting import wait_until

RATE = Fraction(5)  # so few pictures a second that a part of eight seconds is soon drawn
JAWS = [0.0, 0.1, 0.35, 0.6, 0.4, 0.15]
PATIENCE = 300.0  # s, on a busy machine


@pytest.fixture
def scheduler(tmp_path: Path):
    opened = []

    def open_next() -> Scheduler:
        opened.append(Scheduler(Settings(data_folder=tmp_path / "data")))
        return opened[-1]

    yield open_next
    for each in opened:
        each.close()


def begun_dub(tmp_path: Path, scheduler: Scheduler) -> Job:
    """A dub of 110 pictures of which the first part is drawn."""
    film, sound, data = tmp_path / "film.mp4", tmp_path / "voice.wav", tmp_path / "data"
    write_film(film, [face((("jawOpen", JAWS[i % 6]),)) for i in range(110)], RATE, voice(1.2), 16000)
    sound.write_bytes(written(voice(1.2)))
    consent = Consent.given("drawn, nobody living", "test")
    shown, spoken = file_digest(film), file_digest(sound)
    record_consent(shown, consent, data)
    options = DubOptions(engine="articulation")
    request = FilmRequest("dub", shown, "film.mp4", spoken, "voice.wav", options, consent)
    job = scheduler.submit(FILM, request, "", film, sound)
    wait_until(lambda: any((data / FOLDER).glob("*/*.json")) or scheduler.job(job.id).state in FINAL)
    return job


def test_a_dub_that_no_server_will_go_on_with_leaves_nothing(
    tmp_path: Path, scheduler: Callable[[], Scheduler]
) -> None:
    only = scheduler()
    begun_dub(tmp_path, only)
    (left,) = (tmp_path / "data" / FOLDER).iterdir()
    only.close(timeout_s=PATIENCE)
    assert not left.exists() and not list((tmp_path / "data" / FOLDER).iterdir())


def test_a_dub_goes_on_in_the_next_server(tmp_path: Path, scheduler: Callable[[], Scheduler]) -> None:
    first, parts = scheduler(), tmp_path / "data" / FOLDER
    job = begun_dub(tmp_path, first)
    first.close(keep=True)
    (record,) = parts.glob("*/0000000-0000040.json")  # two more parts were not drawn
    when = record.stat().st_mtime_ns
    assert not list(parts.glob("*/0000080-0000110.json"))
    track = next(parts.glob("*/track.safetensors")).stat().st_mtime_ns

    heir, seen, folders = scheduler(), [], set()

    def look() -> bool:
        folders.update(path.name for path in parts.iterdir() if "." not in path.name)  # with one it is being removed
        state = heir.job(job.id)
        with suppress(FileNotFoundError):  # before it goes on, and once the film is whole
            seen.append((record.stat().st_mtime_ns, record.with_name("track.safetensors").stat().st_mtime_ns))
        return state.state in FINAL

    wait_until(look)
    assert heir.job(job.id).state == "done", heir.job(job.id).error
    assert len(folders) == 1  # else the code was edited meanwhile
    assert seen and set(seen) == {(when, track)}  # neither was made again
    assert list(parts.iterdir()) == []
    with heir.open_result(heir.job(job.id)) as result:
        assert result is not None
        with av.open(result) as made:
            assert sum(1 for _ in made.decode(video=0)) == 110
