# SPDX-License-Identifier: GPL-3.0-or-later
"""The person in a picture, with BlazePose's detector: where the pose network is to look.

Bazarevsky et al. 2020, BlazePose; the constants are those of MediaPipe's pose_detection graphs.
"""

from __future__ import annotations

import numpy as np
from PIL import Image

from mien.body_tracking.networks import load_network
from mien.face_tracking.region import Region

SIDE = 224  # pixels of the network's square input
GRIDS = ((28, 2), (14, 2), (7, 6))  # cells a side, anchors a cell
SCORE = 0.5
OVERLAP = 0.3  # of boxes that are one person
MARGIN = 1.25  # the region over twice the distance from the hips to the point that says size


class PoseDetector:
    """Finds people. Not for two threads at once."""

    def __init__(self) -> None:
        self._network = load_network("pose_detection")
        self._anchors = _anchors()

    def __call__(self, picture: np.ndarray) -> list[Region]:
        """The regions of the people in picture (H, W, 3) uint8, the one with the largest face first."""
        height, width = picture.shape[:2]
        side = max(height, width)
        values, logits = self._network(_letterboxed(picture)[None])
        scores = 1 / (1 + np.exp(-np.clip(logits[0, :, 0].astype(float), -100, 100)))
        kept = np.flatnonzero(scores >= SCORE)
        points = values[0, kept].astype(float).reshape(-1, 6, 2) / SIDE
        sizes = points[:, 1].copy()
        points = points + self._anchors[kept, None]
        points[:, 1] = sizes
        found = []
        left = list(np.argsort(-scores[kept]))
        while left:
            best = left[0]
            near = [i for i in left if _overlap(points[best], points[i]) > OVERLAP] or [best]
            share = scores[kept][near]
            mean = np.tensordot(share / share.sum(), points[near], 1)
            hips, reach = mean[2:4] * side + [(width - side) / 2, (height - side) / 2]
            found.append((float(mean[1].prod()), region_of(hips, reach)))
            left = [i for i in left if i not in near]
        return [region for _, region in sorted(found, key=lambda pair: -pair[0])]


def region_of(centre: np.ndarray, reach: np.ndarray, margin: float = MARGIN) -> Region:
    """The square about centre (2,) with reach (2,) upwards from it at its border, times the margin."""
    dx, dy = reach - centre
    side = 2 * float(np.hypot(dx, dy)) * margin
    return Region(float(centre[0]), float(centre[1]), side, side, float(np.pi / 2 - np.arctan2(-dy, dx)))


def _anchors() -> np.ndarray:
    """(2254, 2) centres in parts of the square."""
    centres = []
    for cells, anchors in GRIDS:
        rows, columns = np.divmod(np.arange(cells * cells), cells)
        centres.append(np.repeat((np.stack([columns, rows], 1) + 0.5) / cells, anchors, 0))
    return np.concatenate(centres)


def _letterboxed(picture: np.ndarray) -> np.ndarray:
    """(224, 224, 3) in -1..1: the whole picture in the middle of a square, black around it."""
    height, width = picture.shape[:2]
    side = max(height, width)
    across, down = (max(1, round(SIDE * n / side)) for n in (width, height))
    small = Image.fromarray(np.ascontiguousarray(picture)).resize((across, down), Image.Resampling.BILINEAR)
    square = np.zeros((SIDE, SIDE, 3), np.float32)
    left, top = (SIDE - across) // 2, (SIDE - down) // 2
    square[top : top + down, left : left + across] = np.asarray(small)
    return square / np.float32(127.5) - 1


def _overlap(one: np.ndarray, other: np.ndarray) -> float:
    """Intersection over union of two boxes: centre and size are the first rows."""
    low = np.maximum(one[0] - one[1] / 2, other[0] - other[1] / 2)
    high = np.minimum(one[0] + one[1] / 2, other[0] + other[1] / 2)
    inner = np.clip(high - low, 0, None).prod()
    union = one[1].prod() + other[1].prod() - inner
    return float(inner / union) if union > 0 else 0.0
