# SPDX-License-Identifier: GPL-3.0-or-later
"""The key points of a half-length picture: ten groups of five, (T, 50, 2) as in DiffTED, each a named part of the body.

Hogue et al. 2024, DiffTED; in the thin-plate-spline motion model a group is one spline of five points.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from mien.body_tracking.body import SIDES, TrackedBody
from mien.body_tracking.pose import ELBOWS, HIPS, LEFT_EAR, NOSE, RIGHT_EAR, SHOULDERS, WRISTS

LIMB = ("start", "middle", "end", "outer", "inner")
HAND = ("wrist", "palm", "middle_knuckle", "index_knuckle", "pinky_knuckle")
GROUPS = {
    "head": ("nose", "left_eye", "right_eye", "left_ear", "right_ear"),
    "jaw": ("mouth", "left_mouth", "right_mouth", "chin", "throat"),
    "neck": ("top", "middle", "root", "left", "right"),
    "torso": ("chest", "left_shoulder", "right_shoulder", "left_hip", "right_hip"),
    "left_upper_arm": LIMB,
    "right_upper_arm": LIMB,
    "left_forearm": LIMB,
    "right_forearm": LIMB,
    "left_hand": HAND,
    "right_hand": HAND,
}
COUNT = 50
ASIDE = 0.14  # of the shoulders' width from a limb's bone to the points beside it
HAND_POINTS = (0, 9, 5, 17)  # of a tracked hand: wrist and the knuckles of middle finger, index and pinky
PALM = 0.2  # of the shoulders' width, from the wrist to the knuckles of a hand that is not seen


def index(group: str, point: str) -> int:
    """Which of the 50 rows a named point is."""
    return 5 * list(GROUPS).index(group) + GROUPS[group].index(point)


def rows(group: str) -> slice:
    """The five rows of a group."""
    first = 5 * list(GROUPS).index(group)
    return slice(first, first + 5)


def rest_points(body: TrackedBody) -> np.ndarray:
    """(50, 2) pixels: the key points of a picture as it is. A hand that is not seen goes on straight from its
    forearm."""
    pose = body.points[:, :2]
    points = np.zeros((COUNT, 2))
    width = body.shoulder_width
    left, right = pose[list(SHOULDERS)]
    chest, hips = (left + right) / 2, pose[list(HIPS)].mean(0)
    ears = (pose[LEFT_EAR] + pose[RIGHT_EAR]) / 2
    points[rows("head")] = pose[[NOSE, 2, 5, LEFT_EAR, RIGHT_EAR]]
    mouth = pose[[9, 10]].mean(0)
    chin = mouth + (mouth - pose[NOSE])
    points[rows("jaw")] = [mouth, pose[9], pose[10], chin, (chin + chest) / 2]
    across = (left - right) * 0.2
    points[rows("neck")] = [ears, (ears + chest) / 2, chest, chest + across, chest - across]
    points[rows("torso")] = [chest + (hips - chest) / 3, left, right, pose[HIPS[0]], pose[HIPS[1]]]
    for i, side in enumerate(SIDES):
        hand = body.hands[side]
        shoulder, elbow = pose[SHOULDERS[i]], pose[ELBOWS[i]]
        wrist = pose[WRISTS[i]] if hand is None else hand.points[0, :2]
        points[rows(f"{side}_upper_arm")] = limb(shoulder, elbow, ASIDE * width)
        points[rows(f"{side}_forearm")] = limb(elbow, wrist, ASIDE * width)
        if hand is None:
            along = unit(wrist - elbow) * PALM * width
            beside = np.array([-along[1], along[0]]) * 0.4
            four = np.stack([wrist, wrist + along, wrist + along + beside, wrist + along - beside])
        else:
            four = hand.points[list(HAND_POINTS), :2]
        points[rows(f"{side}_hand")] = [four[0], four.mean(0), four[1], four[2], four[3]]
    return points


def limb(start: np.ndarray, end: np.ndarray, aside: float | np.ndarray) -> np.ndarray:
    """(..., 5, 2): the points of a limb from start (..., 2) to end (..., 2), the last two at a distance from it."""
    middle = (start + end) / 2
    along = unit(end - start)
    across = np.stack([-along[..., 1], along[..., 0]], -1) * aside
    return np.stack([start, middle, end, middle + across, middle - across], -2)


def unit(vectors: np.ndarray) -> np.ndarray:
    """The vectors (..., 2) at length 1."""
    return vectors / np.maximum(np.linalg.norm(vectors, axis=-1, keepdims=True), 1e-9)


def normalised(points: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """(..., 50, 2) in -1..1 over the picture of size (width, height), from pixels: the paper's key points."""
    return points / np.asarray(size, float) * 2 - 1


def pixels(points: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """The inverse of `normalised`."""
    return (points + 1) / 2 * np.asarray(size, float)


@dataclass(frozen=True, eq=False)
class BodyMotion:
    """What a body does about its rest, F frames, in shoulder widths of its own; pictures' axes: x to the person's left,
    y down, z away.

    wrists (F, 2, 3) and shoulders (F, 2, 3): left, right; chest (F, 3): the middle of the shoulders, roll (F,) radians
    of their line, clockwise as seen; hands (F, 2): radians that the palms turn in the picture, clockwise as seen;
    head (F, 3): pitch, yaw, roll of the take.
    """

    wrists: np.ndarray
    shoulders: np.ndarray
    chest: np.ndarray
    roll: np.ndarray
    hands: np.ndarray
    head: np.ndarray

    @property
    def frames(self) -> int:
        return len(self.chest)


def turned(start: np.ndarray, end: np.ndarray) -> np.ndarray:
    """(F,) radians from start (2,) or (F, 2) to end (F, 2), clockwise as seen."""
    cross = start[..., 0] * end[:, 1] - start[..., 1] * end[:, 0]
    return np.arctan2(cross, (start * end).sum(1))


def still_motion(head_rotation: np.ndarray) -> BodyMotion:
    """The motion of a body that stays at rest under a head's rotation (F, 3)."""
    frames = len(head_rotation)
    return BodyMotion(
        np.zeros((frames, 2, 3)), np.zeros((frames, 2, 3)), np.zeros((frames, 3)), np.zeros(frames),
        np.zeros((frames, 2)), np.asarray(head_rotation, float),
    )  # fmt: skip
