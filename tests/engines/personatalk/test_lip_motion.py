# SPDX-License-Identifier: GPL-3.0-or-later
from dataclasses import replace

import numpy as np
import pytest
from dub_voices import FRAME, spoken
from mien.engines.personatalk.lip_map import fit_lip_map
from mien.engines.personatalk.lip_motion import own_rest, plan_mouth, speaker_of, spoken_mouth
from mien.engines.personatalk.mouth_space import mouth_space
from mien.engines.personatalk.options import DubOptions
from talkers import talker


@pytest.fixture
def made():
    film = spoken()
    return film, fit_lip_map(film.voice, film.times, film.mouth, film.speaker.opening, FRAME)


def planned(made, options: DubOptions | None = None, own: bool = True) -> np.ndarray:
    film, lip_map = made
    return plan_mouth(film.voice, film.times, FRAME, film.speaker, lip_map if own else None, options or DubOptions())


@pytest.mark.parametrize("own", [True, False])
def test_lips_meet_in_contacts_and_rest_in_silence(made, own: bool) -> None:
    film, _ = made
    mouth = planned(made, own=own)
    gap = film.speaker.gap(mouth)
    assert gap[(film.times > 2.0) & (film.times < 2.06)].max() < film.speaker.closed + 0.005
    silent = (film.times > 5.12) & (film.times < 5.9)
    np.testing.assert_allclose(mouth[silent], np.tile(film.speaker.rest, (silent.sum(), 1)), atol=1e-9)
    assert gap[film.times < 1.9].std() > 0.02


def test_a_contact_between_two_pictures_is_seen(made) -> None:
    film, lip_map = made
    short = replace(film.voice, shut=np.array([[3.051, 3.056]]))
    mouth = plan_mouth(short, film.times, FRAME, film.speaker, lip_map, DubOptions())
    near = np.abs(film.times - 3.03) < 0.06
    assert film.speaker.gap(mouth)[near].min() < film.speaker.closed + 1e-6


def test_gains_of_all_motion_and_of_the_opening(made) -> None:
    film, _ = made
    gaps = [film.speaker.gap(planned(made, DubOptions(opening=o)))[:40] - film.speaker.closed for o in (0, 0.5, 1)]
    assert np.abs(gaps[0]).max() < 1e-9 and 0.4 < gaps[1].sum() / gaps[2].sum() < 0.7
    still = planned(made, DubOptions(strength=0))
    np.testing.assert_allclose(still, np.tile(film.speaker.rest, (len(still), 1)), atol=1e-9)


def test_nothing_that_the_speaker_never_did(made) -> None:
    film, lip_map = made
    mouth = spoken_mouth(film.voice, film.times, film.speaker, lip_map, DubOptions(strength=2, opening=2))
    assert (mouth >= film.speaker.lowest - 1e-9).all() and (mouth <= film.speaker.highest + 1e-9).all()


def test_after_the_voice_the_mouth_rests(made) -> None:
    film, lip_map = made
    later = film.voice.seconds + np.arange(1, 20) * FRAME
    mouth = plan_mouth(film.voice, later, FRAME, film.speaker, lip_map, DubOptions())
    np.testing.assert_allclose(mouth, np.tile(film.speaker.rest, (19, 1)), atol=1e-9)


def test_pauses_of_both_are_found(made) -> None:
    film, _ = made
    resting = np.tile(film.speaker.rest, (len(film.times), 1))
    both = own_rest(resting, planned(made), film.speaker, film.voice, film.times)
    assert both[(film.times > 5.2) & (film.times < 5.85)].all() and not both[film.times < 4.9].any()
    assert not own_rest(resting + 0.1, planned(made), film.speaker, film.voice, film.times).any()


def test_a_speaker_of_a_film() -> None:
    film = talker(60)
    space = mouth_space(film.shapes, film.learnt)
    mouth = space.coefficients(film.shapes.shapes)
    speaker = speaker_of(space, mouth)
    assert np.corrcoef(speaker.gap(mouth), film.shapes.gap)[0, 1] > 0.98
    wide = speaker.with_gap(mouth, np.full(60, 0.15))
    np.testing.assert_allclose(speaker.gap(wide), 0.15, atol=1e-9)
    assert abs(speaker.gap(speaker.rest[None])[0] - speaker.closed) < 1e-9
