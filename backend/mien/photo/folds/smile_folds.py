# SPDX-License-Identifier: GPL-3.0-or-later
"""The folds of a photo's smile, from the wings of the nose past the corners of the mouth, which soften as it goes."""

from __future__ import annotations

import numpy as np
from scipy.ndimage import gaussian_filter
from scipy.spatial import KDTree

from mien.face_tracking.landmark_indices import OUTER_LIPS
from mien.numeric.smoothstep import smoothstep
from mien.photo.eyes import polygon, window
from mien.photo.fit import FittedFace
from mien.photo.light import NOSTRILS

LINES = {"Right": (129, 203, 206, 216, 212, 202), "Left": (358, 423, 426, 436, 432, 422)}  # landmarks along a fold
NEAR, FAR = 0.10, 0.18  # of the eye distance from the line, over which a fold's neighbourhood ends
FINE, COARSE = 0.012, 0.10  # of the eye distance: shading between these scales is the fold
SOFTENED = 0.9  # of that shading
GONE = 0.5  # share of the smile's release at which its fold is as soft as it gets
LEAST_SMILE = 0.2  # of a photo's own smile, under which it has no fold to lose


class Folds:
    """share (N,) is how much of the softened fold each of N vertices shows; softened is painted into an image."""

    def __init__(self, face: FittedFace, own: np.ndarray, rest: np.ndarray) -> None:
        self._face = face
        self._smiles = {side: face.head.order([f"mouthSmile{side}"])[0] for side in LINES}
        self._own = {side: float(own[column]) for side, column in self._smiles.items()}
        self._near = {side: _nearness(face, side, rest[:, :2]) for side in LINES}
        self._count = len(rest)

    @property
    def any(self) -> bool:
        """Whether the photo smiles."""
        return max(self._own.values()) >= LEAST_SMILE

    def share(self, weights: np.ndarray) -> np.ndarray:
        """(N,) 0..1 for weights (52,) in the order of the head."""
        out = np.zeros(self._count, np.float32)
        for side, column in self._smiles.items():
            own = self._own[side]
            if own >= LEAST_SMILE:
                released = np.clip((own - weights[column]) / own / GONE, 0, 1)
                out = np.maximum(out, released * self._near[side])
        return out

    def soften(self, picture: np.ndarray) -> None:
        """Draws softened folds into picture (H, W, 3 or 4) uint8, a photo, in place."""
        face, eyes = self._face, self._face.eye_distance
        for side, line in LINES.items():
            if self._own[side] < LEAST_SMILE:
                continue
            points = face.points[list(line), :2]
            rows, columns, low = window(points, (FAR + 2 * COARSE) * eyes, picture.shape)
            part = picture[rows, columns, :3].astype(np.float32)
            size = part.shape[:2]
            skin = 1 - polygon(face.points[list(OUTER_LIPS), :2], low, size)
            nose = face.points[list(NOSTRILS), :2]
            y, x = np.mgrid[: size[0], : size[1]] + 0.5
            grid = np.stack([x + low[0], y + low[1]], -1).reshape(-1, 2)
            skin *= KDTree(nose).query(grid)[0].reshape(size) > 0.035 * eyes
            skin = (gaussian_filter(skin, max(1.0, 0.012 * eyes)) > 0.97).astype(np.float32)
            fine, coarse = (_mean(part, skin, scale * eyes) for scale in (FINE, COARSE))
            near = (_nearness(face, side, grid).reshape(size) * gaussian_filter(skin, 0.02 * eyes))[..., None]
            darker = (coarse - fine) * (coarse > fine).all(2, keepdims=True)
            softened = part + SOFTENED * near * gaussian_filter(darker, (0.7, 0.7, 0))
            picture[rows, columns, :3] = (np.clip(softened, 0, 255) + 0.5).astype(np.uint8)


def _nearness(face: FittedFace, side: str, places: np.ndarray) -> np.ndarray:
    """(N,) 0..1: how near places (N, 2) pixels are to the fold's line."""
    points = face.points[list(LINES[side]), :2]
    steps = np.linspace(0, len(points) - 1, 40)
    line = np.stack([np.interp(steps, np.arange(len(points)), points[:, axis]) for axis in (0, 1)], 1)
    away = KDTree(line).query(places)[0] / face.eye_distance
    return smoothstep(away, FAR, NEAR).astype(np.float32)


def _mean(part: np.ndarray, known: np.ndarray, spread: float) -> np.ndarray:
    """(h, w, 3): the mean of what is known around each pixel."""
    weight = gaussian_filter(known, spread)[..., None]
    return gaussian_filter(part * known[..., None], (spread, spread, 0)) / np.maximum(weight, 1e-3)
