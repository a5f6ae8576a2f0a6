# SPDX-License-Identifier: GPL-3.0-or-later
"""The person in a picture, with BlazePose's detector: where the pose network is to look.

Bazarevsky et al. 2020, BlazePose; the constants are those of MediaPipe's pose_detection graphs.
"""

from __future__ import annotations

import numpy as np

from mien.body_tracking.networks import load_network
from mien.face_tracking.region import Region
from mien.nn.single_shot import anchor_centres, letterboxed, merged, probabilities

SIDE = 224  # pixels of the network's square input
GRIDS = ((28, 2), (14, 2), (7, 6))  # cells a side, anchors a cell
SCORE = 0.5
OVERLAP = 0.3  # of boxes that are one person
MARGIN = 1.25  # the region over twice the distance from the hips to the point that says size


class PoseDetector:
    """Finds people. Not for two threads at once."""

    def __init__(self) -> None:
        self._network = load_network("pose_detection")
        self._anchors = anchor_centres(GRIDS)

    def __call__(self, picture: np.ndarray) -> list[Region]:
        """The regions of the people in picture (H, W, 3) uint8, the one with the largest face first."""
        height, width = picture.shape[:2]
        side = max(height, width)
        values, logits = self._network(letterboxed(picture, SIDE, picture.shape)[None])
        scores = probabilities(logits[0, :, 0])
        kept = np.flatnonzero(scores >= SCORE)
        points = values[0, kept].astype(float).reshape(-1, 6, 2) / SIDE
        sizes = points[:, 1].copy()
        points = points + self._anchors[kept, None]
        points[:, 1] = sizes
        corners = np.stack([points[:, 0] - sizes / 2, points[:, 0] + sizes / 2], 1)
        found = []
        for mean, _ in merged(points, corners, scores[kept], OVERLAP):
            hips, reach = mean[2:4] * side + [(width - side) / 2, (height - side) / 2]
            found.append((float(mean[1].prod()), region_of(hips, reach)))
        return [region for _, region in sorted(found, key=lambda pair: -pair[0])]


def region_of(centre: np.ndarray, reach: np.ndarray, margin: float = MARGIN) -> Region:
    """The square about centre (2,) with reach (2,) upwards from it at its border, times the margin."""
    dx, dy = reach - centre
    side = 2 * float(np.hypot(dx, dy)) * margin
    return Region(float(centre[0]), float(centre[1]), side, side, float(np.pi / 2 - np.arctan2(-dy, dx)))
