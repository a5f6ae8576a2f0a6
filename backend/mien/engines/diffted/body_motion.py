# SPDX-License-Identifier: GPL-3.0-or-later
"""The joints of a take as motion in a picture: where wrists and chest go, in shoulder widths of the body."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from mien.body.kinematics import forward
from mien.body.skeleton import REST
from mien.body_tracking.body import SIDES
from mien.engines.diffted.key_points import BodyMotion, turned
from mien.face_tracking.head_pose import PICTURE_AXES

SLOW = 0.15  # shoulder widths a second, below which a hand is at rest
FEWEST = 5  # frames at rest, from which their middle is where a hand rests


def body_motion(joints: np.ndarray, names: Sequence[str], head_rotation: np.ndarray, fps: float) -> BodyMotion:
    """The motion of joints (F, J, 3) of the default body: rotation vectors of `names` about the rest pose, each on top
    of its parent's. head_rotation (F, 3) of the take. A joint that is not among the names stays as it is at rest."""
    places, _ = forward(joints, names)
    shoulders = np.stack([places[f"{side}_upper_arm"] for side in SIDES], 1)
    width = float(np.linalg.norm(np.subtract(REST["left_upper_arm"], REST["right_upper_arm"])))
    shown = {name: at * PICTURE_AXES / width for name, at in places.items()}
    chest = shoulders.mean(1) * PICTURE_AXES / width
    chest_rest = chest - _rest_of(chest, fps)
    line = (shoulders[:, 0] - shoulders[:, 1]) * PICTURE_AXES
    roll = np.arctan2(line[:, 1], line[:, 0])
    wrists, hands, lifts = [], [], []
    for side in SIDES:
        wrist = shown[f"{side}_hand"]
        moved = wrist - _rest_of(wrist, fps)
        wrists.append(moved - 0.5 * chest_rest)  # the photo's chest takes its hands along by half, too
        # A palm's turn in the picture, without what the forearm did already.
        knuckle = shown.get(f"{side}_middle_proximal", wrist)
        palm = (knuckle - wrist)[:, :2]
        forearm = (wrist - shown[f"{side}_lower_arm"])[:, :2]
        bent = np.unwrap(turned(forearm, palm))
        hands.append(bent - np.median(bent))
        shoulder = shown[f"{side}_upper_arm"]
        lifts.append(shoulder - _rest_of(shoulder, fps))
    return BodyMotion(
        wrists=np.stack(wrists, 1),
        shoulders=np.stack(lifts, 1),
        chest=chest_rest,
        roll=roll - np.median(roll),
        hands=np.stack(hands, 1),
        head=np.asarray(head_rotation, float),
    )


def _rest_of(path: np.ndarray, fps: float) -> np.ndarray:
    """(3,) where a point (F, 3), in shoulder widths, is when it does nothing: the middle of its slow frames."""
    if len(path) < 2:
        return path.mean(0)
    speed = np.linalg.norm(np.gradient(path, axis=0), axis=1) * fps
    slow = path[speed < SLOW]
    return np.median(slow if len(slow) >= FEWEST else path, 0)
