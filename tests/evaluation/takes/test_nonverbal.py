# SPDX-License-Identifier: GPL-3.0-or-later
"""What makes a face look alive: each statistic on takes that have a known one."""

from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from mien.audio.speech import SpeechError
from mien.channels import ARKIT, columns
from mien.engines.articulation.blinks import LIDS, blink
from mien.engines.base import no_progress
from mien.evaluation import EvaluationError
from mien.evaluation.takes.nonverbal import EngineNonverbal, evaluate_nonverbal, for_page, nonverbal, people, shares
from mien.take import Take

FRAMES = 1000  # at 100 frames a second
T = np.arange(FRAMES) / 100


def take(rotation: np.ndarray | None = None, gaze: np.ndarray | None = None, **weights: np.ndarray) -> Take:
    """Ten seconds; channels by name, both sides, angles in radians."""
    face = np.zeros((FRAMES, len(ARKIT)), np.float32)
    for name, values in weights.items():
        face[:, columns(name)] = np.asarray(values)[:, None]
    return Take(
        fps=Fraction(100), duration=Fraction(10), channels=ARKIT, weights=face,
        head_rotation=np.zeros((FRAMES, 3), np.float32) if rotation is None else rotation.astype(np.float32),
        gaze=np.zeros((FRAMES, 2), np.float32) if gaze is None else gaze.astype(np.float32),
    )  # fmt: skip


def test_a_still_face_has_no_nonverbal_motion() -> None:
    still = nonverbal(take())
    assert set(still) == {row.key for row in people()}
    assert still["blinks"] == still["brow_raises"] == still["gaze_shifts"] == still["head_pitch"] == 0
    assert still["lip_gap_mean"] == pytest.approx(1.5, abs=0.02) and still["lips_shut"] == 100
    assert still["head_still"] == 100 and np.isnan(still["gaze_head"]) and np.isnan(still["blink_duration"])


def test_blinks_are_counted_with_their_duration_and_depth() -> None:
    shut = np.zeros((FRAMES, len(ARKIT)))
    for second in (1, 3, 5, 8):
        shut = np.maximum(shut, blink(FRAMES, second, 0.1, 0.05, 0.2)[0][:, None] * np.isin(np.arange(52), LIDS))
    blinking = nonverbal(take(eyeBlink=shut[:, LIDS[0]]))
    assert blinking["blinks"] == pytest.approx(24)
    assert 0.15 < blinking["blink_duration"] < 0.4
    assert 0.6 < blinking["blink_depth"] <= 1.05
    assert blinking["brow_sd"] < 0.1


def test_brows_that_rise_and_lean_are_measured() -> None:
    bump = np.sum([np.exp(-(((T - at) / 0.2) ** 2)) for at in (1, 3, 5, 7, 9)], axis=0)
    raised = nonverbal(take(browInnerUp=bump, browOuterUp=bump))
    assert raised["brow_raises"] == pytest.approx(30) and raised["brow_side_share"] < 0.1
    assert raised["brow_range"] > 2 * raised["brow_sd"] > 0
    assert nonverbal(take(browOuterUpLeft=bump))["brow_side_share"] > 0.5


def test_head_and_gaze_are_in_degrees_and_hertz() -> None:
    slow, fast = np.radians(10) * np.sin(np.pi * T / 2), np.radians(1) * np.sin(2 * np.pi * 3 * T)
    rotation = np.stack([slow, slow, fast], 1)
    moved = nonverbal(take(rotation, np.stack([0 * T, -slow], 1)))
    assert moved["head_pitch"] == pytest.approx(20, rel=0.05) and moved["head_roll"] == pytest.approx(2, rel=0.1)
    assert moved["gaze_head"] == pytest.approx(-1, abs=1e-3)
    assert moved["gaze_yaw"] == pytest.approx(10 / np.sqrt(2), rel=0.05)
    assert moved["gaze_shifts"] == 0
    jumps = np.radians(10) * (np.floor(T / 2) % 2)
    assert nonverbal(take(rotation, np.stack([0 * T, jumps], 1)))["gaze_shifts"] == pytest.approx(24)
    calm = nonverbal(take(np.stack([slow, slow, 0 * T], 1)))
    assert calm["head_fast_power"] < 1 < nonverbal(take(np.stack([fast] * 3, 1)))["head_fast_power"]


def test_lips_jaw_and_width_are_in_eye_distances() -> None:
    opened = nonverbal(take(jawOpen=0.1 * (1 - np.cos(2 * np.pi * T))))
    assert opened["jaw_range"] == pytest.approx(100 * 0.2 * 0.033 / 0.0861, rel=0.1)
    assert opened["lip_gap_p95"] == pytest.approx(1.5 + 100 * 0.2 * 0.0365 / 0.0861, rel=0.1)
    wide = nonverbal(take(mouthStretch=0.5 * (np.sin(2 * np.pi * T) > 0)))
    assert wide["width_sd"] == pytest.approx(100 * 0.25 * 0.0104 / 0.0861, rel=0.15)
    assert nonverbal(take(mouthSmileLeft=0.5 * (np.sin(T) > 0)))["corner_height_sides"] > 0.5


def test_shares_count_rows_within_peoples_quartiles() -> None:
    medians = {row.key: row.median for row in people()}
    assert shares(medians) == (1.0, None)  # the 10th and 90th percentiles are not known
    off = {key: value + (1000 if i % 2 else 0) for i, (key, value) in enumerate(medians.items())}
    assert shares(off)[0] == pytest.approx(0.5)
    page = for_page([EngineNonverbal("someone", medians, *shares(medians))])
    assert "| lip gap p95 % | 17.7 [14.6, 19.1] | 17.7 * |" in page and "| 100 % |" in page


def test_what_cannot_be_measured_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SpeechError, match="there are no .wav files"):
        evaluate_nonverbal(tmp_path, ["articulation"], no_progress)
    with pytest.raises(EvaluationError, match="moves another head"):
        evaluate_nonverbal(tmp_path, ["probtalk3d-published"], no_progress)


def test_an_engine_is_measured_on_a_folder_of_sounds(recording_folder: Path) -> None:
    (result,) = evaluate_nonverbal(recording_folder, ["articulation"], no_progress, voices=1, seeds=(1,))
    assert result.engine == "articulation" and 0 < result.within_quartiles < 1
    assert all(np.isfinite(result.medians[row.key]) for row in people() if row.key.startswith(("lip", "jaw", "head")))


@pytest.fixture
def recording_folder() -> Path:
    from voices import SHIPPED

    return SHIPPED.parent
