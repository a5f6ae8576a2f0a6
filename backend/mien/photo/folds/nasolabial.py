# SPDX-License-Identifier: GPL-3.0-or-later
"""The fold that a smile makes from the wing of the nose obliquely down and outwards to beside the corner of the mouth.

Its place is that of the smiling face, carried back to the photo; its light is what people's skin has there: the mean of
both sides of two people, their calm pictures laid over those in which they smile (log of linear luminance). The fold
is darkest midway, steep towards the cheek that bulges over it, and runs out gently towards the lip.
"""

from __future__ import annotations

import numpy as np
from scipy.interpolate import CubicSpline, LinearNDInterpolator
from scipy.ndimage import gaussian_filter
from scipy.spatial import KDTree

from mien.face_tracking.landmark_indices import OUTER_LIPS
from mien.numeric.smoothstep import smoothstep
from mien.photo.eyes import polygon, window
from mien.photo.fit import FittedFace
from mien.photo.folds.smile_folds import LINES
from mien.photo.head_landmarks import landmarks_on

MOUTH = 13  # landmark
STEPS = 200  # of a line
ROOM = 0.32  # of the eye distance around a line that is looked at
EVEN = 0.02  # of the eye distance, over which the motion of the skin is even
# How dark the fold is along its line, and across it, outwards positive, in eye distances.
ALONG = ((0.0, 0.0), (0.12, 0.20), (0.25, 0.36), (0.38, 0.46), (0.5, 0.43), (0.62, 0.28), (0.75, 0.10), (0.87, 0.0))
ACROSS = (
    (-0.17, 0.0), (-0.12, 0.25), (-0.08, 0.36), (-0.05, 0.48), (-0.025, 0.72), (0.0, 1.0), (0.012, 1.0), (0.03, 0.72),
    (0.045, 0.42), (0.06, 0.18), (0.08, 0.0), (0.10, -0.10), (0.14, -0.08), (0.18, 0.0),
)  # fmt: skip
GAMMA = 2.2  # of the picture that is shaded
SHARP = 0.008  # of the eye distance: the fold is round
LIPS = (0.0, 0.05)  # of the eye distance from the lips, over which the fold's shade begins


class NasolabialFold:
    """Of one side, "Left" or "Right". line (N, 2) pixels of the photo, whose channels are own (52,) in the order of the
    head; `light` is what it does to the skin."""

    def __init__(self, face: FittedFace, own: np.ndarray, side: str) -> None:
        smile = own.copy()
        smile[face.head.channels.index(f"mouthSmile{side}")] = 1
        self._face = face
        self._rest, self._smiling = (
            face.warp(landmarks_on(face.posed(weights)))[:, :2].astype(float) for weights in (own, smile)
        )
        self._chain = list(LINES[side])
        self.line = _curve(self._rest[self._chain])

    def light(self, shape: tuple[int, ...]) -> tuple[slice, slice, np.ndarray]:
        """(rows, columns, (h, w) factors of the skin's light): the part of a picture of this shape that it is in."""
        eyes = self._face.eye_distance
        rows, columns, low = window(self.line, ROOM * eyes, shape)
        size = rows.stop - rows.start, columns.stop - columns.start
        y, x = np.mgrid[: size[0], : size[1]] + 0.5
        places = np.stack([x + low[0], y + low[1]], -1)
        moves = LinearNDInterpolator(self._rest, self._smiling - self._rest, fill_value=0.0)(places)
        places += gaussian_filter(moves, (EVEN * eyes, EVEN * eyes, 0))
        along, across = self._within(places.reshape(-1, 2))
        dark = np.interp(along, *np.transpose(ALONG)) * np.interp(across, *np.transpose(ACROSS))
        dark = gaussian_filter(dark.reshape(size), SHARP * eyes)
        lips = polygon(self._face.points[list(OUTER_LIPS), :2], low, size)
        off = smoothstep(gaussian_filter(lips, LIPS[1] * eyes / 2), 0.35, 0.02) * (1 - lips)
        return rows, columns, np.exp(-dark * off / GAMMA)

    def _within(self, places: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """((N,) 0..1 along the line in the smiling face, (N,) eye distances outwards from it) of places (N, 2)."""
        line = _curve(self._smiling[self._chain])
        away, nearest = KDTree(line).query(places)
        tangents = np.gradient(line, axis=0)
        normals = np.stack([tangents[:, 1], -tangents[:, 0]], 1)
        normals *= np.sign(((line - self._smiling[MOUTH]) * normals).sum(1))[:, None]
        outwards = np.sign(((places - line[nearest]) * normals[nearest]).sum(1))
        return np.asarray(nearest / (len(line) - 1)), np.asarray(outwards * away / self._face.eye_distance)


def _curve(points: np.ndarray) -> np.ndarray:
    """(STEPS, 2) evenly along a smooth line through points (N, 2)."""
    run = np.r_[0, np.cumsum(np.linalg.norm(np.diff(points, axis=0), axis=1))]
    return CubicSpline(run, points)(np.linspace(0, run[-1], STEPS))
