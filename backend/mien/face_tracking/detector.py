# SPDX-License-Identifier: GPL-3.0-or-later
"""Faces in a picture, with BlazeFace (short range): boxes and six key points each.

Bazarevsky et al. 2019, BlazeFace; the constants are those of MediaPipe's face_detector_graph.cc.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from mien.face_tracking.region import Region
from mien.nn.single_shot import anchor_centres, letterboxed, merged, probabilities
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
        self._anchors = anchor_centres(GRIDS)

    def __call__(self, picture: np.ndarray) -> list[Detection]:
        """The faces of picture (H, W, 3) uint8, the largest first."""
        height, width = picture.shape[:2]
        side = max(height, width)
        step = max(1, side // (4 * SIDE))  # a large picture is thinned first: 8K would be copied whole
        regressors, logits = self._network(letterboxed(picture[::step, ::step], SIDE, picture.shape)[None])
        scores = probabilities(logits[0, :, 0])
        kept = np.flatnonzero(scores >= SCORE)
        values = regressors[0, kept].astype(float).reshape(-1, 8, 2) / SIDE
        points = values + self._anchors[kept, None]
        centre, size = points[:, 0], values[:, 1]
        points[:, 0], points[:, 1] = centre - size / 2, centre + size / 2
        points = points * side + [(width - side) / 2, (height - side) / 2]  # the letterbox undone
        clusters = merged(points, points[:, :2], scores[kept], OVERLAP)
        faces = [Detection(mean[:2].ravel(), mean[2:], score) for mean, score in clusters]
        return sorted(faces, key=lambda face: -face.area)
