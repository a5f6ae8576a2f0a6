# SPDX-License-Identifier: GPL-3.0-or-later
"""Poses: weights that are weights, turns within what a photo shows, sequences that go on from frame to frame."""

import numpy as np
from mien.channels import INDEX
from mien.numeric.random_streams import stream
from mien.training.refinement.poses import MOST_TURN, Pose, photo_pose, random_moments


def test_moments_are_weights_and_small_turns() -> None:
    moments = random_moments(stream(0, "test"), 60, in_sequence=False)
    weights = np.array([moment.weights for moment in moments])
    assert weights.min() >= 0 and weights.max() <= 1
    assert (np.abs([moment.turn for moment in moments]) <= MOST_TURN).all()
    assert (weights[:, INDEX["eyeBlinkLeft"]] == 1).any() and weights[:, INDEX["jawOpen"]].max() > 0.3


def test_a_sequence_moves_by_small_steps() -> None:
    loose, tied = (
        np.array([moment.weights for moment in random_moments(stream(1, "test"), 24, in_sequence=flag)])
        for flag in (False, True)
    )
    assert len(tied) == 24
    assert np.abs(np.diff(tied, axis=0)).max() < 0.5 * np.abs(np.diff(loose, axis=0)).max()


def test_a_photo_looks_into_the_lens_with_open_eyes() -> None:
    for number in range(12):
        pose = photo_pose(stream(number, "test"))
        assert not pose.gaze.any() and pose.weights[INDEX["eyeBlinkLeft"]] == 0


def test_a_look_aside_is_a_shape_of_both_eyes() -> None:
    looking = Pose(np.zeros(52), np.zeros(3), np.array([0.0, 0.12])).with_look
    shown = {name for name, row in INDEX.items() if looking[row] > 0}
    assert shown == {"eyeLookOutLeft", "eyeLookInRight"}
