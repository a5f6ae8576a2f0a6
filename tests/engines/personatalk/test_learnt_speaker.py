# SPDX-License-Identifier: GPL-3.0-or-later
import numpy as np
import pytest
from dub_voices import FRAME, spoken
from mien.engines.personatalk.learnt_speaker import OwnSound, learn_speaker
from mien.engines.personatalk.lip_motion import spoken_mouth
from mien.engines.personatalk.mouth_space import MouthSpace, mouth_space
from mien.engines.personatalk.options import DubOptions
from scipy.ndimage import gaussian_filter1d
from talkers import talker


@pytest.fixture(scope="module")
def space() -> MouthSpace:
    made = talker(60)
    return mouth_space(made.shapes, made.learnt)


def nodding(space: MouthSpace, leak: float):
    """A film whose head turns slowly, and whose mouth as it is tracked turns with it."""
    film = spoken(late=2 * FRAME, seconds=16)
    rng = np.random.default_rng(1)
    turn = gaussian_filter1d(rng.normal(size=(len(film.times), 3)), 40, axis=0)
    turn *= 0.1 / turn.std(0)
    mouth = film.mouth + leak * turn @ rng.normal(0, 1, (3, 12))
    return mouth, turn, OwnSound(film.voice, film.times, FRAME, film.times >= 0)


def test_what_the_turn_does_is_told_from_what_is_said(space: MouthSpace) -> None:
    mouth, turn, sound = nodding(space, 0.3)
    learnt = sound.times < 11
    who = learn_speaker(space, mouth, turn, learnt, sound)
    assert who.style is not None and who.style.lip_map is not None and who.posture.shape == mouth.shape
    said = spoken_mouth(sound.voice, sound.times + who.style.offset.late, who.speaker, who.style.lip_map, DubOptions())
    left = np.linalg.norm((said + who.posture - mouth)[~learnt], axis=1).mean()
    assert left < 0.8 * np.linalg.norm((said - mouth)[~learnt], axis=1).mean()


def test_without_a_sound_there_is_no_style(space: MouthSpace) -> None:
    mouth, turn, sound = nodding(space, 0.3)
    who = learn_speaker(space, mouth, turn, sound.within, None)
    assert who.style is None
    assert np.linalg.norm(mouth - mouth.mean(0) - who.posture) < 0.9 * np.linalg.norm(mouth - mouth.mean(0))


def test_a_mouth_that_does_not_follow_its_sound_has_no_map(space: MouthSpace) -> None:
    mouth, turn, sound = nodding(space, 0.0)
    noise = 0.02 * np.random.default_rng(2).normal(size=mouth.shape)
    who = learn_speaker(space, noise, turn, sound.within, sound)
    assert who.style is not None and who.style.lip_map is None and np.isfinite(who.posture).all()
