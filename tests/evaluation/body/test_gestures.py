# SPDX-License-Identifier: GPL-3.0-or-later
import numpy as np
import pytest
from mien.body.skeleton import REST
from mien.engines.diffted.arm_paths import arm_paths
from mien.engines.diffted.gestures import NAMES, Gestures
from mien.engines.diffted.hand_motion import HandMotion
from mien.evaluation import EvaluationError
from mien.evaluation.body.gestures import (
    FPS,
    HEAD,
    cells,
    collisions,
    consistency,
    evaluate,
    motion_beats,
    movements,
    near,
    seam_jerk,
)
from voices import SHIPPED


def test_two_voices_are_measured(tmp_path) -> None:
    other = tmp_path / "other.wav"
    other.write_bytes(SHIPPED.read_bytes())
    scores = evaluate([SHIPPED, other], 1, 1.0, lambda done, stage: None)
    assert scores.voices == 2 and 0 <= scores.shuffled <= 1 and 0 <= scores.own <= 1
    assert scores.diversity > 0 and scores.inside == 0 and 0 < scores.rest < 1
    assert all(len(row) == len(HEAD) for row in cells(scores))


def test_one_voice_is_too_few() -> None:
    with pytest.raises(EvaluationError, match="two are needed"):
        evaluate([SHIPPED], 1, 1.0, lambda done, stage: None)


def test_consistency_is_one_where_beats_meet_and_falls_with_their_distance() -> None:
    beats = np.array([1.0, 2.0])
    assert consistency(beats, beats) == 1 and consistency(beats, np.zeros(0)) == 0
    assert 1 > consistency(beats, beats + 0.05) > consistency(beats, beats + 0.2) > 0


def test_a_hand_that_stops_is_a_beat_and_a_movement() -> None:
    wrist = np.zeros((50, 2, 3))
    wrist[:, 0, 1] = np.interp(np.arange(50), [10, 20], [0, 0.8])  # .8 shoulder widths in .4 s
    (beat,) = motion_beats(wrist)
    assert abs(beat - 20 / FPS) < 0.09
    ((seconds, size),) = movements(wrist[:, 0])
    assert 0.3 < seconds < 0.55 and size == pytest.approx(0.8, abs=0.1)
    assert movements(wrist[:, 1]) == []


def test_near_a_span() -> None:
    spans = np.array([[1.0, 1.2]])
    assert near(0.95, spans) and near(1.1, spans) and not near(1.5, spans) and not near(1.0, np.zeros((0, 2)))


def test_an_arm_folded_into_the_belly_is_noticed() -> None:
    joints = np.zeros((1, len(NAMES), 3), np.float32)
    assert not collisions(Gestures(joints, NAMES, ())).any()
    axis = REST["left_lower_arm"] - REST["left_upper_arm"]
    joints[0, NAMES.index("left_lower_arm")] = 1.6 * axis / np.linalg.norm(axis)
    joints[0, NAMES.index("left_upper_arm")] = (0, 0, -0.5)
    assert collisions(Gestures(joints, NAMES, ())).any()


def test_a_corner_at_a_seam_is_jerk_there() -> None:
    t = np.arange(100) / FPS
    smooth = np.repeat(np.stack([t**3, t, t], 1)[:, None], 2, axis=1)
    cornered = smooth + np.where(t >= 2, 0.1, 0.0)[:, None, None]
    assert seam_jerk([(smooth, ())]) is None
    assert seam_jerk([(smooth, (2.0,)), (smooth, ())]) == pytest.approx(1)
    assert seam_jerk([(cornered, (2.0,))]) > 1.5


def test_the_hands_of_another_mover_are_measured(tmp_path) -> None:
    other = tmp_path / "other.wav"
    other.write_bytes(SHIPPED.read_bytes())

    def still(track, prosody, direction, clock) -> HandMotion:
        return HandMotion(arm_paths([], clock, 0.0, "none", np.random.default_rng(0)), (), seams=(4.8,))

    scores = evaluate([SHIPPED, other], 1, 1.0, lambda done, stage: None, still)
    assert scores.a_minute == scores.stressed == scores.own == 0 and scores.rest == 1
    assert scores.seam_jerk is not None
