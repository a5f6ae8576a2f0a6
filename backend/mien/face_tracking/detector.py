# SPDX-License-Identifier: GPL-3.0-or-later
"""Faces in a picture, with BlazeFace (short range): boxes and six key points each.

Bazarevsky et al. 2019, BlazeFace; the constants are those of MediaPipe's face_detector_graph.cc.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from PIL import Image

from mien.face_tracking.region import Region
from mien.nn.tflite import TfliteNetwork

SIDE = 128  # pixels of the network's square input
GRIDS = ((16, 2), (8, 6))  # cells a side, anchors a cell
SCORE = 0.5  # below it there is no face
OVERLAP = 0.3  # intersection over union from which two boxes are one face


@dataclass(frozen=True, eq=False)
class Detection:
    """A face: box (4,) x0, y0, x1, y1 and points (6, 2) in pixels; `score` 0..1.

    points: eye at the picture's left, the other eye, nose tip, mouth, both ears.
    """

    box: np.ndarray
    points: np.ndarray
    score: float

    @property
    def region(self) -> Region:
        return Region.around_detection(self.box, self.points[:2])

    @property
    def area(self) -> float:
        return float(np.prod(self.box[2:] - self.box[:2]))


class FaceDetector:
    """`model`: the bytes of face_detector.tflite."""

    def __init__(self, model: bytes) -> None:
        self._network = TfliteNetwork(model)
        self._anchors = _anchors()

    def __call__(self, picture: np.ndarray) -> list[Detection]:
        """The faces of picture (H, W, 3) uint8, the largest first."""
        height, width = picture.shape[:2]
        side = max(height, width)
        regressors, logits = self._network(_letterboxed(picture)[None])
        scores = 1 / (1 + np.exp(-np.clip(logits[0, :, 0].astype(float), -100, 100)))
        kept = np.flatnonzero(scores >= SCORE)
        values = regressors[0, kept].astype(float).reshape(-1, 8, 2) / SIDE
        points = values + self._anchors[kept, None]
        centre, size = points[:, 0], values[:, 1]
        points[:, 0], points[:, 1] = centre - size / 2, centre + size / 2
        points = points * side + [(width - side) / 2, (height - side) / 2]  # the letterbox undone
        faces = [Detection(mean[:2].ravel(), mean[2:], score) for mean, score in _merged(points, scores[kept])]
        return sorted(faces, key=lambda face: -face.area)


def _anchors() -> np.ndarray:
    """(896, 2) centres in parts of the square."""
    centres = []
    for cells, anchors in GRIDS:
        rows, columns = np.divmod(np.arange(cells * cells), cells)
        centres.append(np.repeat((np.stack([columns, rows], 1) + 0.5) / cells, anchors, 0))
    return np.concatenate(centres)


def _letterboxed(picture: np.ndarray) -> np.ndarray:
    """(128, 128, 3) in -1..1: the whole picture in the middle of a square, black around it."""
    height, width = picture.shape[:2]
    side = max(height, width)
    step = max(1, side // (4 * SIDE))  # a large picture is thinned first: 8K would be copied whole
    thin = Image.fromarray(np.ascontiguousarray(picture[::step, ::step]))
    across, down = (max(1, round(SIDE * n / side)) for n in (width, height))
    square = np.zeros((SIDE, SIDE, 3), np.float32)
    left, top = (SIDE - across) // 2, (SIDE - down) // 2
    square[top : top + down, left : left + across] = np.asarray(thin.resize((across, down), Image.Resampling.BILINEAR))
    return square / np.float32(127.5) - 1


def _merged(points: np.ndarray, scores: np.ndarray) -> list[tuple[np.ndarray, float]]:
    """Weighted non-maximum suppression: (mean points (8, 2), best score) of each cluster."""
    left = list(np.argsort(-scores))
    faces = []
    while left:
        best = left[0]
        near = [i for i in left if _overlap(points[best, :2], points[i, :2]) > OVERLAP] or [best]
        weights = scores[near] / scores[near].sum()
        faces.append((np.tensordot(weights, points[near], 1), float(scores[best])))
        left = [i for i in left if i not in near]
    return faces


def _overlap(one: np.ndarray, other: np.ndarray) -> float:
    """Intersection over union of two boxes (2, 2): corners."""
    inner = np.clip(np.minimum(one[1], other[1]) - np.maximum(one[0], other[0]), 0, None).prod()
    union = (one[1] - one[0]).prod() + (other[1] - other[0]).prod() - inner
    return float(inner / union) if union > 0 else 0.0
