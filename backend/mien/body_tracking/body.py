# SPDX-License-Identifier: GPL-3.0-or-later
"""MAIN PATH of the room: a picture -> the body that is seen in it, with its hands and its mask."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from mien.body_tracking.detector import PoseDetector
from mien.body_tracking.hand import PRESENT, Hand, HandNetwork
from mien.body_tracking.hand_support import in_the_air
from mien.body_tracking.pose import ELBOWS, INDICES, NOSE, PINKIES, SHOULDERS, WRISTS, Pose, PoseNetwork
from mien.face_tracking.region import Region

SIDES = ("left", "right")  # the person's own
FOUND = 0.5  # presence of a body
READINGS = 11  # of a still, from crops a little apart: their noise is 2 % of the shoulders' width
APART, GROWN, TURNED = 0.01, 0.02, 0.02
GROWTH = (0.7, 1.4)  # of the region over the first one, beyond which the person is looked for anew
MOUTH = 9, 10  # points of the pose
AT_WRIST = 0.6  # of the hand's region between the hand's wrist and the pose's, beyond which it is another hand


@dataclass(frozen=True, eq=False)
class TrackedBody:
    """points (33, 3) pixels and visibility (33,) of the pose; hands by side, None where there is none in the picture;
    mask (H, W) float32 0..1; in_air: the sides of hands that surely are on nothing, of a still."""

    points: np.ndarray
    visibility: np.ndarray
    hands: dict[str, Hand | None]
    mask: np.ndarray
    in_air: frozenset[str] = frozenset()

    @property
    def shoulder_width(self) -> float:
        """Pixels."""
        left, right = self.points[list(SHOULDERS), :2]
        return float(np.linalg.norm(left - right))


class BodyTracker:
    """Bodies in pictures. Not for two threads at once."""

    def __init__(self) -> None:
        self._detector, self._pose, self._hand = PoseDetector(), PoseNetwork(), HandNetwork()
        self._first: Region | None = None
        self._next: Region | None = None

    def still(self, picture: np.ndarray, face: np.ndarray | None = None) -> TrackedBody | None:
        """The body in picture (H, W, 3) uint8 by many readings; None where there is nobody. face (2,) pixels: of
        several people the one whose nose is nearest to it; else the one with the largest face."""
        regions = self._detector(picture)
        if not regions:
            return None
        poses = [self._pose(picture, region, mask=False) for region in (regions if face is not None else regions[:1])]
        first = min(poses, key=lambda each: 0.0 if face is None else float(np.hypot(*(each.points[NOSE, :2] - face))))
        pose = self._pose(picture, first.following)
        if pose.presence < FOUND:
            return None
        random = np.random.default_rng(0)
        region, points, masks = pose.following, [pose.points], [pose.mask]
        for _ in range(READINGS - 1):
            dx, dy, size, angle = random.normal(0, 1, 4) * [APART * region.width, APART * region.width, GROWN, TURNED]
            side = region.width * (1 + size)
            read = self._pose(picture, Region(region.x + dx, region.y + dy, side, side, region.angle + angle))
            points.append(read.points)
            masks.append(read.mask)
        pose = replace(pose, points=np.median(points, 0), mask=np.mean(masks, 0).astype(np.float32))
        body = self._with_hands(picture, pose)
        mouth = body.points[list(MOUTH), 1].mean()
        return replace(body, in_air=frozenset(
            side for side, hand in body.hands.items()
            if hand is not None and in_the_air(picture, body.mask, hand.points, hand.palm, float(mouth))
        ))  # fmt: skip

    def follow(self, picture: np.ndarray) -> TrackedBody | None:
        """The body in the next picture (H, W, 3) uint8 of a film; None where there is nobody."""
        pose = None if self._next is None else self._pose(picture, self._next)
        if pose is None or pose.presence < FOUND or not self._held(pose):
            regions = self._detector(picture)
            self._first = self._next = None
            if not regions:
                return None
            pose = self._pose(picture, self._pose(picture, regions[0], mask=False).following)
            self._first = pose.following
            if pose.presence < FOUND:
                return None
        self._next = pose.following
        return self._with_hands(picture, pose)

    def _held(self, pose: Pose) -> bool:
        assert self._first is not None
        low, high = GROWTH
        return low < pose.following.width / self._first.width < high

    def _with_hands(self, picture: np.ndarray, pose: Pose) -> TrackedBody:
        hands = {side: self._hand_of(picture, pose.points, i) for i, side in enumerate(SIDES)}
        left, right = hands["left"], hands["right"]
        if left is not None and right is not None:
            # Joined hands may be read as one and the same: the one that looks less like its side goes.
            apart = np.linalg.norm(left.points[:, :2] - right.points[:, :2], axis=1).mean()
            if apart < 0.25 * max(left.palm, right.palm):
                hands["left" if 1 - left.right < right.right else "right"] = None
        return TrackedBody(pose.points, pose.visibility, hands, pose.mask)

    def _hand_of(self, picture: np.ndarray, points: np.ndarray, i: int) -> Hand | None:
        """The hand at a wrist that is inside the picture, if there is one of that side."""
        wrist, pinky, index = points[[WRISTS[i], PINKIES[i], INDICES[i]], :2]
        forearm = float(np.linalg.norm(wrist - points[ELBOWS[i], :2]))
        height, width = picture.shape[:2]
        if not (0 <= wrist[0] < width and 0 <= wrist[1] < height):
            return None
        hand = self._hand.at_pose(picture, wrist, pinky, index)
        reach = max(forearm, 2 * hand.palm) * AT_WRIST
        if hand.presence < PRESENT or np.linalg.norm(hand.points[0, :2] - wrist) > reach:
            return None
        looks = hand.right if SIDES[i] == "right" else 1 - hand.right
        return hand if looks > 0.3 else None
