# SPDX-License-Identifier: GPL-3.0-or-later
"""From sampled motion to a take: whatever was sampled, every rule holds."""

from fractions import Fraction

import numpy as np
import pytest
from mien.audio.speech import Speech
from mien.channels import INDEX
from mien.direction import Direction
from mien.engines.articulation.animate import early
from mien.engines.articulation.constraints import holds
from mien.engines.neural.motion_space import GAZE, SIZE
from mien.engines.neural.postprocess import lopsided, postprocess
from mien.heads.lip_aperture import lip_aperture
from mien.speech_analysis.prosody import analyse_prosody
from mien.speech_analysis.track import PhoneTrack

TRACK = PhoneTrack.from_segments([
    ("SIL", 0.4), ("M", 0.09), ("AA", 0.16), ("P", 0.1), ("IY", 0.15), ("B", 0.08), ("UW", 0.2), ("S", 0.12),
    ("SIL", 0.7),
])  # fmt: skip
DURATION = Fraction(2)
PROSODY = analyse_prosody(Speech.from_samples(np.sin(np.arange(32000) / 16).astype(np.float32) * 0.2))
LIDS = [INDEX["eyeBlinkLeft"], INDEX["eyeBlinkRight"]]


def take(motion: np.ndarray, **fields):
    return postprocess(motion, TRACK, PROSODY, Direction.from_json(fields), DURATION)


def motion(seed: int = 0) -> np.ndarray:
    """(51, 57): anything, but no faster than a face."""
    rng = np.random.default_rng(seed)
    keys, at = rng.uniform(0, 0.6, (14, SIZE)), np.arange(51) / 4
    return np.stack([np.interp(at, np.arange(14), column) for column in keys.T], 1).astype(np.float32)


@pytest.mark.parametrize("seed", range(5))
def test_lips_meet_on_p_b_and_m_and_in_silence_whatever_was_sampled(seed: int) -> None:
    result = take(motion(seed))
    gap = 1000 * lip_aperture().of(result.weights.astype(float))
    marks = [mark for mark in holds(early(TRACK)) if mark.phone in "PBM"]
    assert len(marks) == 3
    assert all(gap[mark.begin : mark.end + 1].max() <= 0.5 for mark in marks)
    assert gap[-20:].max() <= 1.4  # the neutral face has 1.3 mm
    assert len(result.mouth_holds) == len(holds(early(TRACK)))


def test_blinks_are_those_of_the_rules_whatever_was_sampled() -> None:
    sampled = np.zeros((51, SIZE), np.float32)
    still = take(sampled, seed=3)
    sampled[24:27, LIDS] = [[0.4], [0.6], [0.3]]
    blinking = take(sampled, seed=3)
    np.testing.assert_allclose(blinking.weights[:, LIDS], still.weights[:, LIDS], atol=1e-3)
    holds_of_seeds = [take(sampled, seed=seed).eye_holds for seed in range(8)]
    assert sum(each is not None for each in holds_of_seeds) >= 4
    for seed, each in enumerate(holds_of_seeds):
        lids = take(sampled, seed=seed).weights[:, LIDS]
        for begin, _ in () if each is None else each:
            assert lids[round(begin * 100)].min() > 0.9


def test_without_blinks_the_lids_stay_as_they_were_around() -> None:
    sampled = np.zeros((51, SIZE), np.float32)
    sampled[:, LIDS] = 0.1
    sampled[24:27, LIDS] = 0.8
    result = take(sampled, blinks=0)
    np.testing.assert_allclose(result.weights[20:180, LIDS], 0.1, atol=0.02)
    assert result.eye_holds is None


def test_chance_moves_brows_lids_and_corners_and_is_off_without_temperature() -> None:
    sampled = np.full((51, SIZE), 0.2, np.float32)
    one, other = take(sampled, seed=1), take(sampled, seed=2)
    for name in ("browInnerUp", "browOuterUpLeft", "eyeWideLeft", "mouthSmileLeft"):
        assert np.abs(one.channel(name) - other.channel(name)).max() > 0.02, name
    assert np.abs(one.channel("browDownLeft") - one.channel("browDownRight")).max() > 0.005
    certain = [take(sampled, seed=seed, temperature=0) for seed in (1, 2)]
    assert np.array_equal(certain[0].weights, certain[1].weights)
    assert np.ptp(take(sampled, brows=0).channel("browOuterUpLeft")) < 1e-3


def test_what_a_network_learnt_of_lopsidedness_is_not_added_again() -> None:
    t = np.arange(1000) / 100
    drawn, half, whole = np.zeros((3, 1000, 52))
    drawn[:, INDEX["mouthSmileLeft"]] = 0.1 + 0.1 * np.sin(t)
    drawn[:, INDEX["mouthSmileRight"]] = 0.1 - 0.1 * np.sin(t)
    half[:, INDEX["mouthSmileLeft"]] = 0.5 + 0.1 * np.cos(t)
    whole[:, INDEX["mouthSmileRight"]] = 0.5 + 0.3 * np.cos(t)
    left, right = INDEX["mouthSmileLeft"], INDEX["mouthSmileRight"]
    for sampled, share in ((0 * half, 1.0), (half, np.sqrt(0.75)), (whole, 0.0)):
        result = lopsided(drawn, sampled)
        np.testing.assert_allclose(result[:, left] - result[:, right], share * 0.2 * np.sin(t), atol=0.02)
        np.testing.assert_allclose(result[:, left] + result[:, right], 0.2)


def test_a_brow_that_an_animator_holds_is_left_alone() -> None:
    sampled = np.full((51, SIZE), 0.2, np.float32)
    result = take(sampled, seed=2, held={"browInnerUp": [[[0.9, 0.2], [1.2, 0.2]]]})
    inner = result.channel("browInnerUp")
    np.testing.assert_allclose(inner[90:120], 0.2, atol=1e-3)
    brows = [i for name, i in INDEX.items() if name.startswith("brow")]
    assert np.ptp(result.weights[:, brows], 0).max() > 0.02 and np.ptp(result.weights[90:120, brows], 0).max() < 1e-3


def test_head_and_gaze_are_off_when_they_are_off() -> None:
    result = take(motion(), head=0, gaze=0)
    assert not result.head_rotation.any() and not result.gaze.any()
    looks = [i for name, i in INDEX.items() if name.startswith("eyeLook")]
    assert not result.weights[:, looks].any()


def test_the_eyes_look_where_the_gaze_says() -> None:
    result = take(motion(3))
    left = result.weights[:, INDEX["eyeLookOutLeft"]] - result.weights[:, INDEX["eyeLookInLeft"]]
    np.testing.assert_allclose(left, np.clip(result.gaze[:, 1] / np.deg2rad(30), -1, 1), atol=1e-4)


@pytest.mark.parametrize("seconds", [Fraction(1, 100), Fraction(1, 25), Fraction(7, 100)])
def test_the_shortest_sounds_give_a_take(seconds: Fraction) -> None:
    frames = int(seconds * 100)
    track = PhoneTrack.from_segments([("SIL", float(seconds))])
    prosody = analyse_prosody(Speech.from_samples(np.zeros(frames * 160, np.float32)))
    result = postprocess(np.zeros((2, SIZE), np.float32), track, prosody, Direction(), seconds)
    assert result.frames == frames


def test_the_eyes_are_those_of_the_rules_whatever_was_sampled_and_held_ones_stay() -> None:
    sampled = np.zeros((51, SIZE), np.float32)
    one, other = (take(sampled, seed=seed).gaze for seed in (1, 2))
    assert np.degrees(np.abs(one - other)).max() > 1
    sampled[:, GAZE] = 0.2
    np.testing.assert_array_equal(take(sampled, seed=1).gaze, one)
    held = take(sampled, seed=1, held={"gazeYaw": [[[0.9, 0.2], [1.1, 0.2]]]}).gaze
    np.testing.assert_allclose(held[90:111, 1], 0.2, atol=1e-5)
