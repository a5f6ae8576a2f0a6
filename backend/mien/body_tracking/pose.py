# SPDX-License-Identifier: GPL-3.0-or-later
"""33 points of a body in a region of a picture, and which pixels of it are the person, with BlazePose (full)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from PIL import Image

from mien.body_tracking.detector import region_of
from mien.body_tracking.networks import load_network
from mien.face_tracking.region import Region

SIDE, HEAT_SIDE = 256, 64  # pixels of the network's input, cells of its heat maps
POINTS = 33
NOSE = 0
LEFT_EAR, RIGHT_EAR = 7, 8
SHOULDERS, ELBOWS, WRISTS, HIPS = (11, 12), (13, 14), (15, 16), (23, 24)  # left, right
PINKIES, INDICES = (17, 18), (19, 20)
KERNEL, HEAT_LEAST = 7, 0.5  # cells around a point that refine it; of their largest value


@dataclass(frozen=True, eq=False)
class Pose:
    """points (33, 3) pixels, z negative towards the camera, 0 at the hips; visibility (33,) 0..1; presence 0..1 of a
    body at all; region: where it was seen; following: where the next picture is to be looked at; mask (H, W) float32
    0..1: the person."""

    points: np.ndarray
    visibility: np.ndarray
    presence: float
    region: Region
    following: Region
    mask: np.ndarray


class PoseNetwork:
    """Points and mask of one body. Not for two threads at once."""

    def __init__(self) -> None:
        self._network = load_network("pose_landmark_full")

    def __call__(self, picture: np.ndarray, region: Region, mask: bool = True) -> Pose:
        """The pose in a region of picture (H, W, 3) uint8. Without `mask` it is all zeros."""
        values, flag, logits, heat, _ = self._network(region.crop(picture, SIDE)[None])
        rows = values.reshape(39, 5).astype(float)
        places = rows[:, :2] / SIDE
        _refine(places, heat[0])
        points = np.concatenate([region.to_picture(places), rows[:, 2:3] / SIDE * region.width], 1)
        visibility = 1 / (1 + np.exp(-np.clip(rows[:POINTS, 3], -60, 60)))
        following = region_of(points[33, :2], points[34, :2])
        seen = _mask(logits[0, :, :, 0], region, picture.shape[:2]) if mask else np.zeros(picture.shape[:2], np.float32)
        return Pose(points[:POINTS], visibility, float(flag.ravel()[0]), region, following, seen)


def _refine(places: np.ndarray, heat: np.ndarray) -> None:
    """Moves places (39, 2), in parts of the region, to the middles of their heat maps (64, 64, 39)."""
    reach = KERNEL // 2
    for i, (x, y) in enumerate(places * HEAT_SIDE):
        column, row = int(x), int(y)
        if not (0 <= column < HEAT_SIDE and 0 <= row < HEAT_SIDE):
            continue
        columns = np.arange(max(0, column - reach), min(HEAT_SIDE, column + reach + 1))
        rows = np.arange(max(0, row - reach), min(HEAT_SIDE, row + reach + 1))
        share = 1 / (1 + np.exp(-heat[rows[:, None], columns, i].astype(float)))
        if share.max() >= HEAT_LEAST:
            total = share.sum()
            places[i] = (share.sum(0) @ columns / total / HEAT_SIDE, share.sum(1) @ rows / total / HEAT_SIDE)


def _mask(logits: np.ndarray, region: Region, size: tuple[int, ...]) -> np.ndarray:
    """(H, W) float32: the mask of the region, in the picture."""
    height, width = size
    start, right, down = region.to_picture(np.array([[0.0, 0.0], [1.0, 0.0], [0.0, 1.0]]))
    axes = np.linalg.inv(np.stack([right - start, down - start], 1) / SIDE)
    offset = -axes @ start
    share = Image.fromarray((1 / (1 + np.exp(-np.clip(logits, -60, 60)))).astype(np.float32))
    matrix = (axes[0, 0], axes[0, 1], offset[0], axes[1, 0], axes[1, 1], offset[1])
    return np.asarray(share.transform((width, height), Image.Transform.AFFINE, matrix, Image.Resampling.BILINEAR))
