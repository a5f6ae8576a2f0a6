# SPDX-License-Identifier: GPL-3.0-or-later
"""The default head's mouth follows a curve."""

import numpy as np
import pytest
from mien.channels import ARKIT, INDEX
from mien.engines.articulation.lips.curve import LipCurve
from mien.engines.articulation.lips.steering import (
    JAW,
    MouthTargets,
    follow,
    jaw_drop,
    mouth_targets,
    width_gains,
)
from mien.engines.articulation.styles import STYLES
from mien.heads.default import load_head
from mien.heads.lip_aperture import ceiling, lip_aperture
from mien.speech_analysis.track import PhoneTrack

FRAMES = 300
TRACK = PhoneTrack.from_segments([("AH", FRAMES / 100)])
NONE = np.zeros((FRAMES, len(ARKIT)))
MOUTH = [i for i, name in enumerate(ARKIT) if name.startswith(("mouth", "jaw"))]


def moving(seed: int, low: float, high: float) -> np.ndarray:
    """(T,) between two values, no faster than lips."""
    rng = np.random.default_rng(seed)
    return np.interp(np.arange(FRAMES), np.arange(0, FRAMES + 10, 10), rng.uniform(low, high, FRAMES // 10 + 1))


def speaking(seed: int) -> np.ndarray:
    weights = np.zeros((FRAMES, len(ARKIT)))
    for i, channel in enumerate(("jawOpen", "mouthFunnel", "mouthPucker", "mouthLowerDownLeft", "mouthLowerDownRight")):
        weights[:, INDEX[channel]] = moving(seed + i, 0, 0.4)
    return weights


@pytest.mark.parametrize("seed", range(3))
def test_jaw_width_and_aperture_are_those_of_the_targets(seed: int) -> None:
    targets = MouthTargets(moving(seed, 0.001, 0.018), moving(seed + 9, -0.006, 0.005), moving(seed + 19, 0.02, 0.3))
    weights = speaking(seed)
    follow(weights, targets, NONE, TRACK, lip_aperture())
    assert np.abs(lip_aperture().of(weights) - targets.aperture).max() < 0.001
    assert np.abs(lip_aperture().of(weights) - targets.aperture).mean() < 0.0001
    assert weights.min() >= 0 and weights.max() <= 1
    assert not np.any(weights[:, INDEX["mouthClose"]] > ceiling(weights) + 1e-9)
    lower = weights[:, JAW] - targets.jaw  # never higher than the target but for smoothing; lower where lips ask for it
    assert lower.min() > -0.05
    free = targets.aperture < 0.0013 + 0.0345 * targets.jaw  # the jaw alone parts the lips as far
    assert np.abs(lower[free]).max() < 0.05
    assert np.corrcoef(weights @ width_gains(), targets.width)[0, 1] > 0.8


def test_an_emotion_stays_in_the_mouth() -> None:
    targets = MouthTargets(np.full(FRAMES, 0.006), np.zeros(FRAMES), np.full(FRAMES, 0.1))
    emotion = NONE.copy()
    emotion[:, [INDEX["mouthSmileLeft"], INDEX["mouthSmileRight"]]] = 0.5
    emotion[:, JAW] = 0.1
    plain, smiling = speaking(0), speaking(0) + emotion
    follow(plain, targets, NONE, TRACK, lip_aperture())
    follow(smiling, targets, emotion, TRACK, lip_aperture())
    added = (smiling - plain).mean(0)
    assert added[INDEX["mouthSmileLeft"]] > 0.45
    assert added[JAW] == pytest.approx(0.1, abs=0.02)
    assert (lip_aperture().of(smiling) - lip_aperture().of(plain)).mean() > 0.002  # as far as its jaw parts the lips


def test_gains_set_how_far_the_mouth_goes_and_a_resting_one_is_shut() -> None:
    curve = LipCurve(*(np.sin(np.arange(FRAMES) / 8 + phase) for phase in (0, 1, 2)))
    ones, neutral = np.ones(FRAMES), lip_aperture().neutral
    plain, half, none = (
        mouth_targets(curve, gain * 1.3 * ones, gain * 1.1 * ones, STYLES["default"], 0 * ones, neutral)
        for gain in (1, 0.5, 0)
    )
    assert (half.aperture - neutral) == pytest.approx((plain.aperture - neutral) / 2)
    assert half.jaw == pytest.approx(plain.jaw / 2) and half.width == pytest.approx(plain.width / 2)
    rested = mouth_targets(curve, 1.3 * ones, 1.1 * ones, STYLES["default"], ones, neutral)
    for still in (none, rested):
        assert still.aperture == pytest.approx(neutral) and not still.jaw.any() and not still.width.any()


def test_gains_of_width_and_jaw_are_the_heads_own() -> None:
    head = load_head()
    weights = np.zeros((1, len(ARKIT)))
    weights[0, [INDEX["mouthStretchLeft"], INDEX["mouthStretchRight"]]] = 1
    points = (head.vertices + np.tensordot(weights[0], head.deltas[head.order(ARKIT)], 1))[head.landmarks]
    rest = head.vertices[head.landmarks]
    wider = np.linalg.norm(points[48] - points[54]) - np.linalg.norm(rest[48] - rest[54])
    assert float(weights[0] @ width_gains()) == pytest.approx(wider, abs=0.0005)
    assert 0.025 < jaw_drop() < 0.040
