# SPDX-License-Identifier: GPL-3.0-or-later
"""FaceTracks without a film: the canonical face before the camera, with whatever scores a test wants."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
from mien.face_tracking.blendshapes import CHANNELS
from mien.face_tracking.bundle import canonical_face
from mien.face_tracking.head_pose import PICTURE_AXES
from mien.face_tracking.landmark_indices import LEFT_EYE_CORNERS, LOWER_LIP, RIGHT_EYE_CORNERS, UPPER_LIP
from mien.face_tracking.track import FaceTrack
from mien.heads.default import rotation_matrix

SCALE = 15.0  # pixels a cm
RATE = Fraction(25)


def track(
    frames: int,
    tracked: np.ndarray | None = None,
    aperture: np.ndarray | float = 0.0,
    rotation: np.ndarray | None = None,
    **scores: np.ndarray | float,
) -> FaceTrack:
    """25 pictures a second. aperture (N,): of the lips, in eye distances; rotation (N, 3): as in a Take; scores by
    channel, 0 for all others."""
    tracked = np.ones(frames, bool) if tracked is None else tracked
    values = np.zeros((frames, len(CHANNELS)), np.float32)
    for name, value in scores.items():
        values[:, CHANNELS.index(name)] = value
    points = np.stack([_points(g) for g in np.broadcast_to(aperture, frames)])
    if rotation is not None:
        points = np.stack([_turned(p, r) for p, r in zip(points, rotation, strict=True)])
    points = points * SCALE + [320, 240, 0]
    return FaceTrack(
        width=640,
        height=480,
        times=tuple(i / RATE for i in range(frames)),
        length=frames / RATE,
        start=Fraction(0),
        rate=RATE,
        tracked=tracked,
        shot=np.zeros(frames, np.int32),
        presence=tracked.astype(np.float32),
        points=(points * tracked[:, None, None]).astype(np.float32),
        scores=values * tracked[:, None],
        channels=CHANNELS,
        meta={"source": "drawn", "notes": "[]"},
    )


def _points(aperture: float) -> np.ndarray:
    """(478, 3) cm in a picture's axes, the lips `aperture` eye distances apart."""
    face = canonical_face().points * PICTURE_AXES
    middle = (face[UPPER_LIP] + face[LOWER_LIP]) / 2
    half = aperture * np.linalg.norm(face[RIGHT_EYE_CORNERS[0], :2] - face[LEFT_EYE_CORNERS[0], :2]) / 2
    face[UPPER_LIP], face[LOWER_LIP] = middle - [0, half, 0], middle + [0, half, 0]
    irises = [np.repeat(face[list(corners)].mean(0)[None], 5, 0) for corners in (RIGHT_EYE_CORNERS, LEFT_EYE_CORNERS)]
    return np.concatenate([face, *irises])


def _turned(points: np.ndarray, rotation: np.ndarray) -> np.ndarray:
    matrix = PICTURE_AXES[:, None] * rotation_matrix(rotation) * PICTURE_AXES
    return points @ matrix.T
