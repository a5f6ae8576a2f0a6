# SPDX-License-Identifier: GPL-3.0-or-later
import numpy as np
import pytest
from dub_voices import FRAME, Spoken, spoken
from mien.engines.personatalk.learnt_speaker import LearntSpeaker
from mien.engines.personatalk.speaking_style import learn_style
from mien.evaluation.films.dub_motion import FOLDS, cross_validated, motion_scores


def scores(noise: float):
    film = spoken(late=2 * FRAME, noise=noise, seconds=16)
    learnt = film.times < 12.8
    return motion_scores(film.mouth, learnt, ~learnt, film.times, FRAME, film.voice, who(film, learnt))


def who(film: Spoken, learnt: np.ndarray) -> LearntSpeaker:
    style = learn_style(film.mouth, learnt, film.times, FRAME, film.voice, film.speaker)
    return LearntSpeaker(film.speaker, style, np.zeros_like(film.mouth))


def test_a_mouth_that_follows_its_sound() -> None:
    found = scores(0.2)
    assert found.learnt and found.r > 0.85 and found.error < 0.8 and 0.8 < found.gain < 1.2
    assert abs(found.late - 2) < 1 and found.shift_error < 1 and found.style < 0.5
    assert 0 < found.closed <= 1 and 0 < found.truly_closed <= 1


def test_a_mouth_that_does_not() -> None:
    found = scores(20.0)
    assert found.r < 0.5 and np.isfinite(found.style)


def test_each_part_is_held_out_once() -> None:
    film = spoken(late=2 * FRAME, noise=0.2, seconds=16)
    usable = np.arange(len(film.times)) >= 40
    seen = []

    def face(learnt: np.ndarray):
        seen.append(learnt)
        return film.mouth, who(film, learnt)

    found = cross_validated(usable, film.times, FRAME, film.voice, face)
    held_out = np.array([~learnt & usable for learnt in seen])
    assert len(seen) == FOLDS and not any((learnt & ~usable).any() for learnt in seen)
    assert held_out.any(0)[usable].all() and (held_out.sum(0) <= 2).all()  # neighbours of two parts are in both
    assert found.learnt and found.r > 0.85 and 0.8 < found.gain < 1.2


def test_a_speaker_without_a_style_has_no_scores() -> None:
    film = spoken(seconds=4)
    deaf = LearntSpeaker(film.speaker, None, np.zeros_like(film.mouth))
    with pytest.raises(ValueError, match="without the sound"):
        motion_scores(film.mouth, film.times < 3, film.times > 3, film.times, FRAME, film.voice, deaf)


def test_a_film_without_a_face_has_no_scores() -> None:
    film = spoken(late=0, noise=0.2, seconds=4)
    with pytest.raises(ValueError, match="no part"):
        cross_validated(np.zeros(len(film.times), bool), film.times, FRAME, film.voice, lambda learnt: None)
