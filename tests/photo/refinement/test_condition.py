# SPDX-License-Identifier: GPL-3.0-or-later
"""What the network is told: nothing of a photo at rest, and of a mirror image the other side."""

import numpy as np
from mien.channels import INDEX
from mien.heads.default import rotation_matrix
from mien.photo.refinement.condition import GAZE, SIZE, TURN, condition_of, mirrored
from mien.photo.refinement.crop import Moment


def moment(weights: np.ndarray, turn: tuple[float, float, float], gaze: tuple[float, float]) -> Moment:
    return Moment(np.zeros((468, 3)), weights, rotation_matrix(np.array(turn)), np.array(gaze))


def test_rest_is_told_as_zeros() -> None:
    told = condition_of(moment(np.zeros(52), (0, 0, 0), (0, 0)))
    assert told.shape == (SIZE,) and not told.any()


def test_a_mirror_image_turns_the_other_way() -> None:
    left, right = np.zeros(52), np.zeros(52)
    left[INDEX["mouthSmileLeft"]] = right[INDEX["mouthSmileRight"]] = 0.5
    told = mirrored(condition_of(moment(left, (0.1, 0.2, 0), (0.05, 0.1))))
    wanted = condition_of(moment(right, (0.1, -0.2, 0), (0.05, -0.1)))
    assert np.allclose(told, wanted, atol=1e-6)
    assert told[TURN].any() and told[GAZE].any()
