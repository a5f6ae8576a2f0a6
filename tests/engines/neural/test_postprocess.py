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
from mien.engines.neural.motion_space import SIZE
from mien.engines.neural.postprocess import postprocess
from mien.heads.lip_aperture import lip_aperture
from mien.speech_analysis.prosody import listen_to_prosody
from mien.speech_analysis.track import PhoneTrack

TRACK = PhoneTrack.from_segments([
    ("SIL", 0.4), ("M", 0.09), ("AA", 0.16), ("P", 0.1), ("IY", 0.15), ("B", 0.08), ("UW", 0.2), ("S", 0.12),
    ("SIL", 0.7),
])  # fmt: skip
DURATION = Fraction(2)
PROSODY = listen_to_prosody(Speech.from_samples(np.sin(np.arange(32000) / 16).astype(np.float32) * 0.2))
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


def test_a_half_hearted_blink_becomes_a_blink() -> None:
    sampled = np.zeros((51, SIZE), np.float32)
    sampled[24:27, LIDS] = [[0.4], [0.6], [0.3]]
    result = take(sampled)
    lids = result.weights[:, LIDS]
    assert lids.max() == pytest.approx(1.0, abs=0.01) and len(result.eye_holds) == 1
    begin, end = result.eye_holds[0]
    assert begin <= 1.0 <= end + 0.05
    assert lids[:70].max() < 0.1 and lids[150:].max() < 0.1


def test_without_blinks_the_lids_stay_as_they_were_around() -> None:
    sampled = np.zeros((51, SIZE), np.float32)
    sampled[:, LIDS] = 0.1
    sampled[24:27, LIDS] = 0.8
    result = take(sampled, blinks=0)
    np.testing.assert_allclose(result.weights[20:180, LIDS], 0.1, atol=0.02)
    assert result.eye_holds is None


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
    prosody = listen_to_prosody(Speech.from_samples(np.zeros(frames * 160, np.float32)))
    result = postprocess(np.zeros((2, SIZE), np.float32), track, prosody, Direction(), seconds)
    assert result.frames == frames
