# SPDX-License-Identifier: GPL-3.0-or-later
"""When the lips touch and when the lids are shut: what a take must show at any frame rate."""

from __future__ import annotations

import numpy as np

from mien.channels import ARKIT, INDEX, sides
from mien.face_tracking.landmark_indices import LOWER_LIP, OUTER_EYE_CORNERS, UPPER_LIP
from mien.face_tracking.track import FaceTrack
from mien.numeric.mask_runs import runs

# Parts of the distance of the outer eye corners: up to the first the inner lips touch (the landmarks of closed lips
# never fall together), from the second on they are open.
TOUCH, OPEN = 0.015, 0.03
# The lip aperture of the default head in the same unit: at rest, of the whole jawOpen, and what each channel adds at
# 1 (of both sides). Other heads with ARKit's shapes are near enough.
REST_APERTURE, JAW_APERTURE = 0.015, 0.426
CONTACT = 0.0035  # aperture of lips that meet: 0.3 mm, as the engines close them
APERTURE = {
    "mouthFunnel": 0.142, "mouthLowerDown": 0.076, "mouthUpperUp": 0.073, "mouthShrugUpper": 0.048,
    "mouthSmile": -0.008, "mouthPress": -0.011, "mouthPucker": -0.015, "mouthRollLower": -0.024,
    "mouthRollUpper": -0.064, "mouthShrugLower": -0.07,
}  # fmt: skip
SOON = 0.25  # of the way from OPEN to TOUCH, over which mouthClose comes in
JAW_CHANGE = 0.3  # of the weight at most: beyond, the landmarks are wrong
SHUT = 0.7  # mean blink weight of shut lids
OPENERS = [i for i, name in enumerate(ARKIT) if name.startswith(("mouthLowerDown", "mouthUpperUp"))]
OPENED = np.array([APERTURE[ARKIT[i].removesuffix("Left").removesuffix("Right")] / 2 for i in OPENERS])


def lip_aperture(track: FaceTrack) -> np.ndarray:
    """(N,) distance of the inner lips over that of the outer eye corners, both with the head's turn taken out; 0 where
    the face was not found."""
    points = track.pose.without_pose(track.points[:, [UPPER_LIP, LOWER_LIP, *OUTER_EYE_CORNERS]])[..., :2]
    upper, lower, left, right = np.moveaxis(points, 1, 0)
    eyes = np.maximum(np.linalg.norm(left - right, axis=1), 1e-9)
    return np.where(track.tracked, np.linalg.norm(upper - lower, axis=1) / eyes, 0.0)


def fit_lips(weights: np.ndarray, aperture: np.ndarray) -> np.ndarray:
    """weights (N, 52) whose lips are as far apart as aperture (N,), measured, says.

    The networks score the jaw of a speaker low and hardly give mouthClose. So the jaw takes up what the other channels
    leave of the aperture; where they alone open the lips further, they are made weaker; and where the lips meet
    mouthClose holds them together in front of a jaw that may stay open, and closes what parts them at rest.
    """
    weights = weights.copy()
    jaw, close = INDEX["jawOpen"], INDEX["mouthClose"]
    closed = np.clip((OPEN - aperture) / (OPEN - TOUCH), 0, 1)
    weights[:, OPENERS] *= (1 - closed)[:, None]
    left = np.clip((aperture - _shown(weights)) / JAW_APERTURE, -JAW_CHANGE, JAW_CHANGE)
    weights[:, jaw] = np.clip(weights[:, jaw] + left * (1 - closed), 0, 1)
    parted = weights[:, OPENERS] @ OPENED
    excess = np.clip(_shown(weights) - aperture, 0, parted) * (weights[:, jaw] == 0)
    weights[:, OPENERS] *= (1 - excess / np.maximum(parted, 1e-9))[:, None]
    goal = CONTACT + (1 - closed) * (OPEN - CONTACT)
    together = np.clip((_shown(weights) - goal) / JAW_APERTURE, 0, weights[:, jaw] + REST_APERTURE / JAW_APERTURE)
    weights[:, close] = np.minimum(closed / SOON, 1) * together
    return weights


def _shown(weights: np.ndarray) -> np.ndarray:
    """(N,) the aperture of weights (N, 52) before mouthClose."""
    channels = sum(amount * weights[:, INDEX[side]] / 2 for name, amount in APERTURE.items() for side in _both(name))
    return REST_APERTURE + channels + JAW_APERTURE * weights[:, INDEX["jawOpen"]]


def _both(name: str) -> tuple[str, str]:
    pair = sides(name)
    return (pair[0], pair[-1])


def holds(mask: np.ndarray, times: np.ndarray) -> np.ndarray:
    """(H, 2) float32 first and last of times (N,) of each run of mask (N,)."""
    return np.array([(times[begin], times[end - 1]) for begin, end in runs(mask)], np.float32).reshape(-1, 2)
