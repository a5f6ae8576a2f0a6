# SPDX-License-Identifier: GPL-3.0-or-later
"""The default head as hair sees it: the distance of its surface from a middle of the skull, without ears, smooth."""

from __future__ import annotations

import numpy as np
from mien.heads.default import Head

MIDDLE = np.array([0.0, 0.155, 0.03])  # metres; every point of scalp, cheeks and nape is seen from here
AXIS_Z = 0.035  # the vertical axis from which azimuths are taken
EARS = ((0.0735, 0.088, 0.012), (1.0, 0.160, 0.058))  # |x|, y, z: from, to
# Height of the hairline (metres) by azimuth (degrees from the front): forehead, temple, before the ear, over it,
# down behind it, nape.
HAIRLINE = (
    (0, 18, 32, 46, 60, 72, 80, 88, 98, 103, 108, 113, 120, 142, 180),
    (0.200, 0.200, 0.197, 0.187, 0.173, 0.155, 0.136, 0.150, 0.164, 0.160, 0.140, 0.118, 0.102, 0.090, 0.084),
)
RECEDED = (
    (0, 18, 32, 46, 60, 72, 80, 88, 98, 103, 108, 113, 120, 142, 180),
    (0.226, 0.231, 0.229, 0.216, 0.196, 0.168, 0.138, 0.150, 0.164, 0.160, 0.140, 0.118, 0.102, 0.090, 0.084),
)


class Skull:
    """Directions are unit vectors (..., 3) from MIDDLE, distances metres."""

    def __init__(self, head: Head) -> None:
        from scipy.interpolate import RBFInterpolator

        points = head.vertices[without_ears(head)].astype(float)
        points = points[points[:, 1] > 0.004]
        offset = points - MIDDLE
        distance = np.linalg.norm(offset, axis=1)
        ways = offset / distance[:, None]
        # The outermost vertex of each small cone: nostrils and the mouth lie deeper.
        cells = np.round(ways * 25).astype(int)
        _, cell = np.unique(cells, axis=0, return_inverse=True)
        order = np.lexsort((-distance, cell.ravel()))
        first = order[np.unique(cell.ravel()[order], return_index=True)[1]]
        self._radius = RBFInterpolator(ways[first], distance[first], neighbors=24, smoothing=1e-4)

    def radius(self, ways: np.ndarray) -> np.ndarray:
        return self._radius(ways.reshape(-1, 3)).reshape(ways.shape[:-1])

    def at(self, ways: np.ndarray, height: np.ndarray | float = 0.0) -> np.ndarray:
        """(..., 3) the point `height` metres above the surface."""
        return MIDDLE + ways * (self.radius(ways) + height)[..., None]


def without_ears(head: Head) -> np.ndarray:
    """Vertices of the skin but for the ears'."""
    skin = np.unique(head.quads[head.quad_part == head.parts.index("skin")])
    points = head.vertices[skin]
    side = np.abs(points[:, 0])
    low, high = EARS
    ear = (side > low[0]) & (points[:, 1] > low[1]) & (points[:, 1] < high[1])
    ear &= (points[:, 2] > low[2]) & (points[:, 2] < high[2])
    return skin[~ear]


def beside_hair(head: Head) -> np.ndarray:
    """Vertices of the skin of scalp, temples, the sides of the cheeks and the neck."""
    skin = without_ears(head)
    points = head.vertices[skin]
    return skin[((azimuth(points) > 55) | (points[:, 1] > 0.17)) & (points[:, 1] > 0.02)].astype(np.int32)


def azimuth(points: np.ndarray) -> np.ndarray:
    """(...,) degrees from the front, 0..180, alike on both sides."""
    return np.degrees(np.arctan2(np.abs(points[..., 0]), points[..., 2] - AXIS_Z))


def above_hairline(points: np.ndarray, line: tuple = HAIRLINE) -> np.ndarray:
    """(...,) metres above the hairline, negative below."""
    return points[..., 1] - np.interp(azimuth(points), *line)


def directions(count: int, generator: np.random.Generator) -> np.ndarray:
    """(count, 3) unit vectors spread evenly over the sphere, each a little off its place."""
    i = np.arange(count) + 0.5
    y, turn = 1 - 2 * i / count, np.pi * (1 + 5**0.5) * i
    ring = np.sqrt(1 - y * y)
    ways = np.stack([ring * np.cos(turn), y, ring * np.sin(turn)], 1)
    ways += generator.normal(0, 0.7 / np.sqrt(count), ways.shape)
    return ways / np.linalg.norm(ways, axis=1, keepdims=True)
