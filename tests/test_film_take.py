# SPDX-License-Identifier: GPL-3.0-or-later
import json
from fractions import Fraction
from pathlib import Path

import pytest
from checkout import SAMPLES
from films import write_pictures
from mien.audio.speech import read_speech
from mien.film_take import TrackOptions, film_take
from mien.video import VideoError
from mien.video.writer import write_film
from rendered_faces import face

VOICE = read_speech(SAMPLES / "mono_16k.wav").samples


@pytest.fixture
def film(tmp_path: Path) -> Path:
    """Two seconds of a face that nods open and shut, with a voice."""
    path = tmp_path / "film.mp4"
    jaws = [0.0, 0.2, 0.4, 0.2] * 12
    write_film(path, (face((("jawOpen", jaw),)) for jaw in jaws), Fraction(25), VOICE, 16000)
    return path


def test_the_sound_of_the_film_is_listened_to(film: Path) -> None:
    stages = []
    made = film_take(film, name="act.mp4", progress=lambda fraction, stage: stages.append((fraction, stage)))
    closures = json.loads(made.take.meta["closures"])
    assert set(closures) == {"in_sound", "seen", "repaired", "repaired_at"}
    assert closures["repaired"] == len(closures["repaired_at"]) <= closures["in_sound"] - closures["seen"]
    assert json.loads(made.take.meta["phrases"]) and made.take.meta["audio_sha256"]
    assert made.take.meta["source"] == "act.mp4"
    assert [fraction for fraction, _ in stages] == sorted(fraction for fraction, _ in stages)
    assert {"tracking", "analysing speech", "done"} >= {stage for _, stage in stages} > {"tracking"}


def test_it_can_be_left_as_seen(film: Path) -> None:
    made = film_take(film, TrackOptions(sound=False))
    assert made.contacts is None and "closures" not in made.take.meta
    assert made.take.meta["film_has_sound"] == "true"


def test_a_part_of_the_film_and_another_rate(film: Path) -> None:
    made = film_take(film, TrackOptions(fps=Fraction(50), begin=Fraction(2, 5), end=Fraction(4, 5)))
    assert made.track.frames == 10
    assert (made.take.start, made.take.fps, made.take.frames) == (pytest.approx(0.4), 50, 20)


def test_of_a_part_only_the_sound_around_it_is_listened_to(film: Path, monkeypatch) -> None:
    from mien import film_take as module

    heard, recognise_phones = [], module.recognise_phones
    monkeypatch.setattr(
        module, "recognise_phones", lambda speech, **rest: heard.append(speech) or recognise_phones(speech, **rest)
    )
    monkeypatch.setattr(module, "MARGIN", 0.04)
    whole = film_take(film)
    part = film_take(film, TrackOptions(end=Fraction(2, 25)))
    lengths = [float(speech.duration) for speech in heard]
    assert lengths[1] == pytest.approx(0.12, abs=0.011) and lengths[1] < lengths[0]
    assert part.take.meta["audio_sha256"] == whole.take.meta["audio_sha256"]
    spoken = json.loads(part.take.meta["phrases"])
    assert all(0 <= begin < end <= 0.13 for begin, end in spoken)
    times = json.loads(part.take.meta["closures"])["repaired_at"]
    assert all(0 <= at <= 0.08 for at in times)


def test_a_part_of_a_film_beyond_the_limit_is_listened_to(film: Path) -> None:
    made = film_take(film, TrackOptions(begin=Fraction(1, 2), end=Fraction(1)), limit_s=1)
    assert made.contacts is not None and made.take.duration == pytest.approx(1)


def test_a_film_without_sound_is_a_take_all_the_same(tmp_path: Path) -> None:
    made = film_take(write_pictures(tmp_path / "silent.mp4", [face()] * 5))
    assert (made.take.frames, made.take.meta["film_has_sound"]) == (5, "false")


def test_a_sound_that_cannot_be_read_is_noted(film: Path, monkeypatch) -> None:
    from mien import film_take as module
    from mien.audio.speech import SpeechError

    def damaged(*_, **__):
        raise SpeechError("the sound 'film.mp4' is damaged.")

    monkeypatch.setattr(module, "read_speech", damaged)
    made = film_take(film)
    (note,) = json.loads(made.take.meta["notes"])
    assert note.endswith("the sound 'film.mp4' is damaged.") and made.contacts is None


def test_a_film_beyond_the_limit_is_refused(film: Path) -> None:
    with pytest.raises(VideoError, match="more than the limit of 1 s"):
        film_take(film, limit_s=1)
