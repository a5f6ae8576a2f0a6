# SPDX-License-Identifier: GPL-3.0-or-later
"""The rotated rectangle of a picture that the landmark network looks at.

Coordinates of pictures here are continuous: the first pixel spans 0..1, so its centre is at 0.5.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from PIL import Image

from mien.face_tracking.landmark_indices import OUTER_EYE_CORNERS

MARGIN = 1.5  # the region over the face's own box (MediaPipe face_landmarks_detector_graph.cc)


@dataclass(frozen=True)
class Region:
    """Centre, width and height in pixels; `angle` in radians, positive turns x towards y (clockwise as seen)."""

    x: float
    y: float
    width: float
    height: float
    angle: float

    @classmethod
    def around_detection(cls, box: np.ndarray, eyes: np.ndarray) -> Region:
        """box (4,) x0, y0, x1, y1; eyes (2, 2): the eye at the picture's left, the other one."""
        x0, y0, x1, y1 = map(float, box)
        return cls((x0 + x1) / 2, (y0 + y1) / 2, MARGIN * (x1 - x0), MARGIN * (y1 - y0), _angle(*eyes))

    @classmethod
    def around_landmarks(cls, points: np.ndarray) -> Region:
        """The region of the next frame from the landmarks (478, 2+) of this one: a square."""
        low, high = points[:, :2].min(0), points[:, :2].max(0)
        side = MARGIN * float((high - low).max())
        x, y = map(float, (low + high) / 2)
        left, right = OUTER_EYE_CORNERS
        return cls(x, y, side, side, _angle(points[left, :2], points[right, :2]))

    def crop(self, picture: np.ndarray, size: int) -> np.ndarray:
        """(size, size, 3) float32 in 0..1 of picture (H, W, 3) uint8, bilinear; outside, its edge goes on."""
        axes = self._axes() / size  # pixels of the picture for one of the crop
        start = self.to_picture(np.zeros((1, 2)))[0]
        corners = self.to_picture(np.array([[0.0, 0.0], [1.0, 0.0], [0.0, 1.0], [1.0, 1.0]]))
        low = np.floor(corners.min(0)).astype(int) - 2
        high = np.ceil(corners.max(0)).astype(int) + 2
        part = _with_edge(picture, low, high)
        # A face much larger than the crop is averaged down first: a bilinear reading alone would skip pixels.
        shrink = max(1, int(min(self.width, self.height) / size))
        image = Image.fromarray(part)
        if shrink > 1:
            image = image.reduce(shrink)
        a, d = axes[:, 0] / shrink
        b, e = axes[:, 1] / shrink
        c, f = (start - low) / shrink
        crop = image.transform((size, size), Image.Transform.AFFINE, (a, b, c, d, e, f), Image.Resampling.BILINEAR)
        return np.asarray(crop, np.float32) / np.float32(255)

    def to_picture(self, points: np.ndarray) -> np.ndarray:
        """(n, 2) in pixels of the picture for points (n, 2) in parts (0..1) of the region."""
        return (points - 0.5) @ self._axes().T + [self.x, self.y]

    def _axes(self) -> np.ndarray:
        """(2, 2): columns are the region's width and height as vectors in the picture."""
        cos, sin = np.cos(self.angle), np.sin(self.angle)
        return np.array([[cos * self.width, -sin * self.height], [sin * self.width, cos * self.height]])


def _angle(left: np.ndarray, right: np.ndarray) -> float:
    return float(np.arctan2(right[1] - left[1], right[0] - left[0]))


def _with_edge(picture: np.ndarray, low: np.ndarray, high: np.ndarray) -> np.ndarray:
    """Pixels low..high (x, y) of the picture; beyond its edge the edge's own pixels go on."""
    height, width = picture.shape[:2]
    columns = slice(*np.clip([low[0], high[0]], 0, width))
    rows = slice(*np.clip([low[1], high[1]], 0, height))
    if columns.stop - columns.start == high[0] - low[0] and rows.stop - rows.start == high[1] - low[1]:
        return np.ascontiguousarray(picture[rows, columns])
    across = np.clip(np.arange(low[0], high[0]), 0, width - 1)
    down = np.clip(np.arange(low[1], high[1]), 0, height - 1)
    return picture[down[:, None], across[None, :]]
