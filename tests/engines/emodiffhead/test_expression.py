# SPDX-License-Identifier: GPL-3.0-or-later
"""Faces of emotions, mixes, poses and their course."""

import numpy as np
import pytest
from mien.channels import INDEX, columns
from mien.direction import BEND, EMOTIONS, Direction
from mien.engines.articulation.emotion.mixes import OFFSET, ONSET
from mien.engines.articulation.emotion.profiles import PROFILES
from mien.engines.emodiffhead.expression import course, directed, faces, matched


def test_the_faces_are_those_of_the_rules() -> None:
    channels = faces(0)
    assert channels.shape == (8, 52) and not channels[0].any()
    for name, face in zip(EMOTIONS[1:], channels[1:], strict=True):
        if name == "contempt":  # on one side or the other
            continue
        wanted = np.zeros(52)
        for channel, value in PROFILES[name].face.items():
            wanted[columns(channel)] = value
        np.testing.assert_allclose(face, wanted)


def test_contempt_is_on_one_side_that_the_seed_says() -> None:
    left, right = INDEX["mouthDimpleLeft"], INDEX["mouthDimpleRight"]
    sides = [faces(seed)[-1, [left, right]].argmax() for seed in range(20)]
    assert 0 < sum(sides) < 20
    assert all(faces(seed)[-1, [left, right]].min() == 0 for seed in range(20))


@pytest.mark.parametrize("name", EMOTIONS[1:])
def test_half_an_emotion_is_half_its_face(name: str) -> None:
    half_strong = BEND * 0.5 / (1 + BEND - 0.5)  # the intensity whose strength is a half
    whole, half = (
        directed(Direction.from_json({"emotion": name, "intensity": level}), 5) for level in (1.0, half_strong)
    )
    np.testing.assert_allclose(whole, np.tile(faces(0)[EMOTIONS.index(name)], (5, 1)), atol=1e-6)
    np.testing.assert_allclose(half, whole / 2, atol=1e-6)


def test_a_mix_is_the_sum_of_its_parts() -> None:
    happy, angry, both = (
        directed(Direction.from_json({"emotion": emotion}), 5)
        for emotion in ({"happy": 0.6}, {"angry": 0.3}, {"happy": 0.6, "angry": 0.3})
    )
    np.testing.assert_allclose(both, happy + angry, atol=1e-6)


def test_a_pose_may_be_matched_as_it_is() -> None:
    pose = np.random.default_rng(0).uniform(0, 1, 52)
    channels = matched(pose, np.linspace(0, 1, 100))
    np.testing.assert_allclose(channels, np.linspace(0, 1, 100)[:, None] * pose)


def test_a_face_takes_its_time_to_come_and_to_go() -> None:
    level = np.zeros((150, 1))
    level[25:75] = 1
    for onset, offset in ((ONSET, OFFSET), (1.0, 0.2)):
        channels = course(level, onset, offset)[:, 0]
        rising = np.flatnonzero((channels > 0.1) & (channels < 0.9) & (np.arange(150) < 75))
        falling = np.flatnonzero((channels > 0.1) & (channels < 0.9) & (np.arange(150) >= 75))
        assert len(rising) == pytest.approx(0.8 * onset * 25, abs=2)
        assert len(falling) == pytest.approx(0.8 * offset * 25, abs=2)
        assert (
            channels.min() >= 0
            and channels.max() == pytest.approx(1)
            and channels[:20].max() == 0 == channels[-20:].max()
        )


def test_what_is_slow_enough_or_may_be_at_once_is_left_as_it_is() -> None:
    slow, sudden = np.linspace(0, 1, 100)[:, None], np.repeat([0.0, 1.0], 50)[:, None]
    np.testing.assert_array_equal(course(slow, ONSET, OFFSET), slow)
    np.testing.assert_array_equal(course(sudden, 0.0, 0.0), sudden)
    both = course(np.concatenate([slow, sudden], 1), ONSET, OFFSET)
    np.testing.assert_array_equal(both[:, :1], slow)
    assert course(np.ones((1, 3)), ONSET, OFFSET).shape == (1, 3)
