# SPDX-License-Identifier: GPL-3.0-or-later
import numpy as np
from dub_voices import FRAME, spoken
from mien.evaluation.films.dub_motion import motion_scores


def scores(noise: float):
    film = spoken(late=2 * FRAME, noise=noise, seconds=16)
    learnt = film.times < 12.8
    return motion_scores(film.mouth, learnt, ~learnt, film.times, FRAME, film.voice, film.speaker)


def test_a_mouth_that_follows_its_sound() -> None:
    found = scores(0.2)
    assert found.learnt and found.r > 0.85 and found.error < 0.8 and 0.8 < found.gain < 1.2
    assert abs(found.late - 2) < 1 and found.shift_error < 1 and found.style < 0.5
    assert 0 < found.closed <= 1 and 0 < found.truly_closed <= 1


def test_a_mouth_that_does_not() -> None:
    found = scores(20.0)
    assert found.r < 0.5 and np.isfinite(found.style)
