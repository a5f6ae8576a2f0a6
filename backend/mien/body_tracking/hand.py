# SPDX-License-Identifier: GPL-3.0-or-later
"""21 points of a hand, looked for where the pose says that it is.

Zhang et al. 2020, MediaPipe Hands; regions as in MediaPipe's holistic hand graphs.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from mien.body_tracking.networks import load_network
from mien.face_tracking.region import Region

SIDE, RECROP_SIDE = 224, 256
WRIST, MIDDLE_KNUCKLE = 0, 9
PALM = (0, 1, 2, 3, 5, 6, 9, 10, 13, 14, 17, 18)  # the points that the hand's own region is made of
FROM_POSE, OWN, SHIFT = 2.7, 2.0, -0.1  # sizes of regions; how far they are moved towards the fingers
Z_SCALE = 0.4
PRESENT = 0.5
AGREEMENT = 0.15  # of the palm between two crops, from which the fingers are unknown (presence says nothing of that)


@dataclass(frozen=True, eq=False)
class Hand:
    """points (21, 3) pixels; presence 0..1; right: how much it looks like a right hand, 0..1; disagreement: mean
    distance of two readings, in palms (wrist to the middle finger's knuckle)."""

    points: np.ndarray
    presence: float
    right: float
    disagreement: float

    @property
    def palm(self) -> float:
        """Pixels from the wrist to the middle finger's knuckle."""
        return float(np.linalg.norm(self.points[MIDDLE_KNUCKLE, :2] - self.points[WRIST, :2]))

    @property
    def reliable(self) -> bool:
        """Whether the fingers are where the points say."""
        return self.presence >= PRESENT and self.disagreement <= AGREEMENT


class HandNetwork:
    """Hands of a pose. Not for two threads at once."""

    def __init__(self) -> None:
        self._network = load_network("hand_landmark_full")
        self._recrop = load_network("hand_recrop")

    def at_pose(self, picture: np.ndarray, wrist: np.ndarray, pinky: np.ndarray, index: np.ndarray) -> Hand:
        """The hand of picture (H, W, 3) uint8 at three points (2,) of the pose. Its presence says whether there is
        one."""
        middle = (2 * index + pinky) / 3
        first = _moved(_region(wrist, middle, middle, 2 * float(np.linalg.norm(middle - wrist)) * FROM_POSE))
        two = self._recrop(first.crop(picture, RECROP_SIDE)[None])[0].reshape(2, 2) / RECROP_SIDE
        centre, reach = first.to_picture(two.astype(float))
        second = _moved(_region(centre, reach, centre, 2 * float(np.linalg.norm(reach - centre))))
        hand = self.read(picture, second)
        return self.checked(picture, hand) if hand.presence >= PRESENT else hand

    def checked(self, picture: np.ndarray, hand: Hand) -> Hand:
        """The hand read again from its own region, and from another one, for the disagreement of both."""
        region = own_region(hand.points)
        one = self.read(picture, region)
        other = self.read(picture, Region(region.x + 0.04 * region.width, region.y - 0.03 * region.height,
                                          region.width * 1.08, region.height * 1.08, region.angle + 0.1))  # fmt: skip
        apart = np.linalg.norm(one.points[:, :2] - other.points[:, :2], axis=1).mean()
        return replace(one, disagreement=float(apart / max(one.palm, 1e-6)))

    def read(self, picture: np.ndarray, region: Region) -> Hand:
        """The hand in a region, as it is."""
        points, presence, right, _ = self._network(region.crop(picture, SIDE)[None])
        rows = points.reshape(21, 3).astype(float) / SIDE
        places = np.concatenate([region.to_picture(rows[:, :2]), rows[:, 2:] * region.width * Z_SCALE], 1)
        return Hand(places, float(presence.ravel()[0]), float(right.ravel()[0]), np.inf)


def own_region(points: np.ndarray) -> Region:
    """The region of a hand from its points (21, 2+)."""
    palm = points[list(PALM), :2]
    towards = ((points[5, :2] + points[13, :2]) / 2 + points[9, :2]) / 2
    angle = _angle(points[WRIST, :2], towards)
    turn = np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
    turned = palm @ turn.T
    low, high = turned.min(0), turned.max(0)
    centre = (low + high) / 2 @ turn
    # The shift is a part of the box's own height, before it is grown to a square.
    height = float(high[1] - low[1])
    side = float((high - low).max()) * OWN
    x, y = centre + SHIFT * height * np.array([-np.sin(angle), np.cos(angle)])
    return Region(float(x), float(y), side, side, angle)


def _region(start: np.ndarray, end: np.ndarray, centre: np.ndarray, side: float) -> Region:
    return Region(float(centre[0]), float(centre[1]), side, side, _angle(start, end))


def _moved(region: Region) -> Region:
    x = region.x - region.height * SHIFT * np.sin(region.angle)
    y = region.y + region.height * SHIFT * np.cos(region.angle)
    return replace(region, x=float(x), y=float(y))


def _angle(start: np.ndarray, end: np.ndarray) -> float:
    dx, dy = end - start
    return float(np.pi / 2 - np.arctan2(-dy, dx))
