# SPDX-License-Identifier: GPL-3.0-or-later
"""From sound to landmarks and to takes by them, with a network that has learnt nothing."""

from pathlib import Path

import numpy as np
import pytest
from kfusion import weights
from lip_contacts import track_of
from mien.direction import Direction
from mien.engines.articulation.animate import early
from mien.engines.articulation.constraints import holds
from mien.engines.kfusion.generate import generate, landmarks, motion_of
from mien.engines.kfusion.landmark_space import face_of, numbers_of
from mien.heads.default import load_head
from mien.heads.identity import load_identity
from mien.heads.landmark_fitting import CLOSED_GAP
from mien.heads.landmark_track import default_rest
from mien.speech_analysis.prosody import analyse_prosody
from voices import NAMES, voice

SPEECH = voice(NAMES[0])
ANALYSIS = track_of(NAMES[0]), analyse_prosody(SPEECH)


def test_channels_come_back_from_their_landmarks() -> None:
    motion = np.zeros((30, 57), np.float32)
    motion[:, 24] = np.linspace(0, 0.5, 30)  # jawOpen
    motion[:, 54], motion[:, 56] = 0.1, -0.2
    head = load_head()
    back = motion_of(numbers_of(motion, face_of(head)), default_rest())
    assert np.abs(back - motion)[:, :52].max() < 0.15
    assert np.corrcoef(back[:, 24], motion[:, 24])[0, 1] > 0.99
    np.testing.assert_array_equal(back[:, 52:], motion[:, 52:])


@pytest.mark.parametrize("fps", [25, 60])
def test_lips_meet_on_the_landmarks_of_another_face(tmp_path: Path, fps: int) -> None:
    rest = face_of(load_identity("woman_a").head).rest
    track = landmarks(SPEECH, Direction(), rest, 4, fps, analysis=ANALYSIS, weights=weights(tmp_path))
    assert track.fps == fps and track.duration == SPEECH.duration and track.info["seed"] == "4"
    np.testing.assert_array_equal(track.rest, rest)
    gaps = track.lip_gap.max(1)
    for hold in holds(early(ANALYSIS[0])):
        if hold.phone in "PBM":
            assert gaps[np.abs(track.times - (hold.begin + hold.end) / 200).argmin()] <= CLOSED_GAP
    assert track.lip_gap.min() > 0


def test_takes_differ_by_seed_and_are_as_long_as_the_sound(tmp_path: Path) -> None:
    directions = [Direction(seed=seed) for seed in (1, 2)]
    one, two = generate(SPEECH, *ANALYSIS, directions, weights=weights(tmp_path))
    assert one.duration == SPEECH.duration and one.fps == 100
    assert np.abs(one.head_rotation - two.head_rotation).max() > 1e-4
    again = generate(SPEECH, *ANALYSIS, directions[:1], weights=weights(tmp_path))[0]
    np.testing.assert_allclose(again.weights, one.weights, atol=1e-5)
