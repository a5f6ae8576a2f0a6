# SPDX-License-Identifier: GPL-3.0-or-later
from dataclasses import replace

import numpy as np
import pytest
from dub_voices import FRAME, spoken
from mien.engines.personatalk.lip_map import fit_lip_map
from mien.engines.personatalk.lip_motion import (
    above_neighbours,
    own_rest,
    plan_mouth,
    speaker_of,
    spoken_mouth,
    unhurried_mouth,
    with_posture,
)
from mien.engines.personatalk.mouth_space import mouth_space
from mien.engines.personatalk.options import DubOptions
from talkers import talker


@pytest.fixture
def spoken_lips():
    film = spoken()
    return film, fit_lip_map(film.voice, film.times, film.mouth, film.speaker.opening, FRAME)


def planned(spoken_lips, options: DubOptions | None = None, own: bool = True) -> np.ndarray:
    film, lip_map = spoken_lips
    return plan_mouth(film.voice, film.times, FRAME, film.speaker, lip_map if own else None, options or DubOptions())


@pytest.mark.parametrize("own", [True, False])
def test_lips_meet_in_contacts_and_rest_in_silence(spoken_lips, own: bool) -> None:
    film, _ = spoken_lips
    mouth = planned(spoken_lips, own=own)
    gap = film.speaker.gap(mouth)
    assert gap[(film.times > 2.0) & (film.times < 2.06)].max() < film.speaker.closed + 0.005
    silent = (film.times > 5.12) & (film.times < 5.9)
    np.testing.assert_allclose(mouth[silent], np.tile(film.speaker.rest, (silent.sum(), 1)), atol=1e-9)
    assert gap[film.times < 1.9].std() > 0.02


def test_a_contact_between_two_pictures_is_seen(spoken_lips) -> None:
    film, lip_map = spoken_lips
    short = replace(film.voice, shut=np.array([[3.051, 3.056]]))
    mouth = plan_mouth(short, film.times, FRAME, film.speaker, lip_map, DubOptions())
    near = np.abs(film.times - 3.03) < 0.06
    assert film.speaker.gap(mouth)[near].min() < film.speaker.closed + 1e-6


def test_gains_of_all_motion_and_of_the_opening(spoken_lips) -> None:
    film, _ = spoken_lips
    gaps = [
        film.speaker.gap(planned(spoken_lips, DubOptions(opening=o)))[:40] - film.speaker.closed for o in (0, 0.5, 1)
    ]
    assert np.abs(gaps[0]).max() < 1e-9 and 0.4 < gaps[1].sum() / gaps[2].sum() < 0.7
    still = planned(spoken_lips, DubOptions(strength=0))
    np.testing.assert_allclose(still, np.tile(film.speaker.rest, (len(still), 1)), atol=1e-9)


def test_nothing_that_the_speaker_never_did(spoken_lips) -> None:
    film, lip_map = spoken_lips
    mouth = spoken_mouth(film.voice, film.times, film.speaker, lip_map, DubOptions(strength=2, opening=2))
    assert (mouth >= film.speaker.lowest - 1e-9).all() and (mouth <= film.speaker.highest + 1e-9).all()


ONE_SHOT = np.zeros(300, int)


def test_no_flash_between_two_contacts(spoken_lips) -> None:
    film, _ = spoken_lips
    speaker = replace(film.speaker, sharpest=0.03)
    gap = np.array([0.01, 0.01, 0.01, 0.13, 0.02, 0.01, 0.01, *[0.05] * 6, 0.07, *[0.05] * 6])
    shot = ONE_SHOT[: len(gap)]
    mouth = speaker.with_gap(np.tile(speaker.rest, (len(gap), 1)), gap)
    found = speaker.gap(unhurried_mouth(mouth, shot, speaker))
    assert found[3] == pytest.approx((0.01 + 0.02) / 2 + 0.03, abs=1e-3)
    np.testing.assert_allclose(np.delete(found, 3), np.delete(gap, 3), atol=1e-9)
    for same in (unhurried_mouth(mouth, shot, film.speaker), unhurried_mouth(mouth, np.arange(len(gap)), speaker)):
        np.testing.assert_allclose(same, mouth, atol=1e-9)


def test_a_plan_turns_no_more_sharply_than_the_speaker(spoken_lips) -> None:
    film, _ = spoken_lips
    speaker = replace(film.speaker, sharpest=0.01)
    mouth = planned(spoken_lips)
    was, now = speaker.gap(mouth), speaker.gap(unhurried_mouth(mouth, ONE_SHOT, speaker))
    assert above_neighbours(was).max() > 0.015 and above_neighbours(now).max() < 0.011
    assert (now <= was + 1e-9).all() and now.min() >= was.min() - 1e-9


@pytest.mark.parametrize("count", [0, 1, 2])
def test_a_few_frames_have_no_turns(spoken_lips, count: int) -> None:
    film, _ = spoken_lips
    speaker = replace(film.speaker, sharpest=0.01)
    found = unhurried_mouth(film.mouth[:count], ONE_SHOT[:count], speaker)
    np.testing.assert_allclose(found, film.mouth[:count], atol=1e-9)


def test_after_the_voice_the_mouth_rests(spoken_lips) -> None:
    film, lip_map = spoken_lips
    later = film.voice.seconds + np.arange(1, 20) * FRAME
    mouth = plan_mouth(film.voice, later, FRAME, film.speaker, lip_map, DubOptions())
    np.testing.assert_allclose(mouth, np.tile(film.speaker.rest, (19, 1)), atol=1e-9)


def test_pauses_of_both_are_found(spoken_lips) -> None:
    film, _ = spoken_lips
    resting = np.tile(film.speaker.rest, (len(film.times), 1))
    both = own_rest(resting, planned(spoken_lips), film.speaker, film.voice, film.times)
    assert both[(film.times > 5.2) & (film.times < 5.85)].all() and not both[film.times < 4.9].any()
    assert not own_rest(resting + 0.1, planned(spoken_lips), film.speaker, film.voice, film.times).any()


def test_a_speaker_of_a_film() -> None:
    film = talker(60)
    space = mouth_space(film.shapes, film.learnt)
    mouth = space.coefficients(film.shapes.shapes)
    speaker = speaker_of(space, mouth)
    assert np.corrcoef(speaker.gap(mouth), film.shapes.gap)[0, 1] > 0.98
    wide = speaker.with_gap(mouth, np.full(60, 0.15))
    np.testing.assert_allclose(speaker.gap(wide), 0.15, atol=1e-9)
    assert abs(speaker.gap(speaker.rest[None])[0] - speaker.closed) < 1e-9


def test_a_posture_moves_parted_lips_and_does_not_part_shut_ones(spoken_lips) -> None:
    film, _ = spoken_lips
    posture = np.zeros_like(film.mouth)
    posture[:, :2] = 0.01, 0.02
    turned = with_posture(film.mouth, posture, film.speaker)
    was, now = film.speaker.gap(film.mouth), film.speaker.gap(turned)
    shut, parted = was <= film.speaker.closed, was > film.speaker.closed + 0.05
    assert shut.any() and parted.any()
    np.testing.assert_allclose(now[shut], was[shut], atol=1e-9)
    np.testing.assert_allclose(now[parted], was[parted] + 0.02, atol=1e-9)
    np.testing.assert_allclose(turned[:, 1], film.mouth[:, 1] + 0.02, atol=1e-9)
