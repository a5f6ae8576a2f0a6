# SPDX-License-Identifier: GPL-3.0-or-later
"""What a performance does of its own accord: within people's range, another manner to each seed, none where none is
asked for."""

from __future__ import annotations

import numpy as np
import pytest
from mien.channels import INDEX
from mien.direction import Direction
from mien.engines.articulation.eyelids import eyelids
from mien.engines.articulation.manner import Manner, manner
from mien.engines.articulation.mouth_corners import mouth_corners
from mien.engines.articulation.nonverbal_motion import NonverbalMotion
from mien.engines.articulation.smooth_noise import wander, waves
from mien.numeric.random_streams import stream
from mien.speech_analysis.prosody import Prosody
from mien.speech_analysis.track import RATE, PhoneTrack
from scipy.signal import welch

FRAMES = 5 * 60 * RATE


def nonverbal(seconds: float = 60, **direction: object) -> NonverbalMotion:
    """Phrases of 3 s with an accent in each, made of numbers alone."""
    phones = [("SIL", 0.4), *([("M", 0.1), ("AA", 2.8), ("SIL", 0.6)] * round(seconds / 3.5))]
    track = PhoneTrack.from_segments(phones)
    t = np.arange(len(track)) / RATE
    voiced = track.posteriors[:, 0] < 0.5
    level = np.where(voiced, -25.0, -70.0)
    pitch = 80 + 5 * np.exp(-(((t % 3.5 - 1.5) / 0.08) ** 2))
    return NonverbalMotion(track, Prosody(level, level, level, pitch, voiced), Direction.from_json(direction), {})


def test_a_wandering_has_the_deviation_and_the_speed_it_says_and_no_tremor() -> None:
    noise = wander(FRAMES, 0.4, stream(0, "noise"))
    assert noise.std() == pytest.approx(1, abs=0.15)
    assert np.diff(noise).std() * RATE == pytest.approx(2 * np.pi * 0.4, rel=0.15)
    frequency, power = welch(noise, RATE, nperseg=2000)
    assert power[frequency > 2].sum() < 0.01 * power.sum()


def test_waves_vary_within_seconds_as_they_do_within_minutes() -> None:
    noise = waves(FRAMES, 0.06, 0.5, stream(0, "noise"))
    assert noise.std() == pytest.approx(1, abs=0.02) and np.abs(noise).max() < 3.5
    deviations = noise[: 12 * RATE * (FRAMES // (12 * RATE))].reshape(-1, 12 * RATE).std(1)
    assert deviations.min() > 0.6 and deviations.max() < 1.4


def test_seeds_have_manners_within_the_range_of_people_and_none_without_temperature() -> None:
    manners = [manner(seed, 1.0) for seed in range(200)]
    for name in ("head", "nods", "brows", "blinks", "gaze", "lids", "corners", "asymmetry"):
        amounts = np.array([getattr(each, name) for each in manners])
        assert 0.5 < amounts.min() < 0.85 and 1.2 < amounts.max() < 2
        assert np.median(amounts) == pytest.approx(1, abs=0.1)
    rates = np.array([each.blinks for each in manners])
    assert abs(np.corrcoef(rates, [each.brows for each in manners])[0, 1]) < 0.2
    assert manner(1, 0.0) == manner(2, 0.0) == Manner()


def test_lids_and_corners_wander_and_never_as_a_mirror_image() -> None:
    lids = eyelids(FRAMES, 1.0, 1.0, stream(0, "lids"))
    corners = mouth_corners(FRAMES, 1.0, 1.0, stream(0, "corners"))
    for added, name in ((lids, "eyeWide"), (lids, "eyeBlink"), (corners, "mouthSmile"), (corners, "mouthFrown")):
        left, right = added[:, INDEX[f"{name}Left"]], added[:, INDEX[f"{name}Right"]]
        assert 0.02 < left.max() < 0.5 and left.min() == 0
        assert 0.2 < np.corrcoef(left, right)[0, 1] < 0.99
    mirrored = mouth_corners(FRAMES, 1.0, 0.0, stream(0, "corners"))
    assert np.array_equal(mirrored[:, INDEX["mouthSmileLeft"]], mirrored[:, INDEX["mouthSmileRight"]])
    assert not mirrored[:, INDEX["mouthLeft"]].any()


def test_an_emotion_stills_the_corners_of_the_mouth() -> None:
    calm, sad = nonverbal(seed=1), nonverbal(seed=1)
    sad.levels = {"sad": np.ones(sad.frames)}
    np.testing.assert_allclose(sad.corners(), 0.4 * calm.corners(), atol=1e-12)


def test_nothing_moves_where_nothing_shall() -> None:
    still = nonverbal(brows=0, blinks=0)
    nothing = np.zeros((still.frames, 52))
    assert not still.brows(nothing).any() and not still.lids().any()
    added, shut = still.blinks([])
    assert not added.any() and shut == []


def test_without_temperature_seeds_agree_and_nothing_wanders() -> None:
    one, other = nonverbal(seed=1, temperature=0), nonverbal(seed=2, temperature=0)
    nothing = np.zeros((one.frames, 52))
    assert not one.corners().any() and not one.lids().any()
    assert one.brows(nothing).any() and np.array_equal(one.brows(nothing), other.brows(nothing))
    assert np.array_equal(one.blinks([])[0], other.blinks([])[0])


def test_eyes_blink_as_often_as_peoples_and_more_when_asked() -> None:
    rates = np.array([len(nonverbal(seed=seed).blinks([])[1]) for seed in range(12)])
    assert 16 <= np.median(rates) <= 42 and rates.std() > 1
    assert len(nonverbal(seed=1, blinks=2).blinks([])[1]) > 1.3 * len(nonverbal(seed=1, blinks=0.8).blinks([])[1])
