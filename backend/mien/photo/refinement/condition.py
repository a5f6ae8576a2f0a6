# SPDX-License-Identifier: GPL-3.0-or-later
"""What the network is told of a moment: the channels beyond the photo's own, the turn of the head, the gaze."""

from __future__ import annotations

import numpy as np
from scipy.spatial.transform import Rotation

from mien.channels import ARKIT, INDEX, other_side
from mien.photo.refinement.crop import Moment

SIZE = len(ARKIT) + 3 + 2
TURN, GAZE = slice(len(ARKIT), len(ARKIT) + 3), slice(len(ARKIT) + 3, SIZE)
TURN_UNIT, GAZE_UNIT = 0.2, 0.15  # radians
_MIRRORED = np.array([INDEX[other_side(name)] for name in ARKIT])
_SIGNS = np.array([1, -1, -1, 1, -1], np.float32)  # of a mirror image: turns about x, y, z; pitch, yaw of the gaze


def condition_of(moment: Moment) -> np.ndarray:
    """(SIZE,) float32."""
    turn = Rotation.from_matrix(moment.turn).as_rotvec() / TURN_UNIT
    return np.concatenate([moment.weights, turn, np.asarray(moment.gaze) / GAZE_UNIT]).astype(np.float32)


def mirrored(conditions: np.ndarray) -> np.ndarray:
    """(..., SIZE) those of the mirror images."""
    out = np.concatenate([conditions[..., _MIRRORED], conditions[..., TURN.start :] * _SIGNS], -1)
    return out.astype(np.float32)
