# SPDX-License-Identifier: GPL-3.0-or-later
"""A body's motion laid onto the body of a photo: key points (F, 50, 2) that the photo can show."""

from __future__ import annotations

import numpy as np

from mien.body_tracking.body import SIDES, TrackedBody
from mien.engines.diffted.key_points import (
    ASIDE,
    COUNT,
    BodyMotion,
    index,
    limb,
    rest_points,
    rows,
    turned,
    unit,
)  # fmt: skip
from mien.engines.diffted.reach import Reach, reach_of
from mien.heads.default import rotation_matrix

SWAY, LIFT, BOW, ROLL = 0.1, 0.06, 0.05, np.radians(5.0)  # most of the chest sideways, of shoulders, chest, their roll
ELBOW_SHARE = 0.3  # of a hand's way that its elbow goes along
UPPER_TURN, FOREARM_TURN = np.radians(14.0), np.radians(50.0)
UPPER_LENGTH, FOREARM_LENGTH = (0.88, 1.12), (0.7, 1.3)  # foreshortening of a bone over the photo's own
TORSO_TO_HAND = 0.5  # of the chest's sway that a hand takes
HAND_FOLLOWS = 0.55  # of the forearm's turn that a hand keeps


def key_points(motion: BodyMotion, body: TrackedBody, amount: float = 1.0) -> np.ndarray:
    """(F, 50, 2) pixels: what the body of a photo does for a motion.

    amount: of hands and torso, 0 for none. Hands stay within their reach; bones turn and shorten no more than the photo
    can show.
    """
    rest, reaches, width = rest_points(body), reach_of(body), body.shoulder_width
    points = np.tile(rest, (motion.frames, 1, 1))
    torso = _torso(points, rest, motion, width, amount)
    shifts = _hand_shifts(motion, reaches, amount)
    for i, side in enumerate(SIDES):
        _arm(points, rest, side, shifts[side] * width + TORSO_TO_HAND * torso,
             amount * motion.hands[:, i], reaches[side], width)  # fmt: skip
    _head(points, rest, motion)
    return points


def chest_frame(points: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(middle of the shoulders (..., 2), unit vector (..., 2) from the right to the left one)."""
    left, right = points[..., index("torso", "left_shoulder"), :], points[..., index("torso", "right_shoulder"), :]
    return (left + right) / 2, unit(left - right)


def _torso(points: np.ndarray, rest: np.ndarray, motion: BodyMotion, width: float, amount: float) -> np.ndarray:
    """Moves torso, neck and head of points; returns (F, 2) pixels that the chest moves."""
    chest = amount * motion.chest
    shift = np.stack([SWAY * np.tanh(chest[:, 0] / SWAY), BOW * np.tanh(chest[:, 1] / BOW)], 1) * width
    roll = ROLL * np.tanh(amount * motion.roll / ROLL)
    middle, _ = chest_frame(rest)
    turn = np.stack([np.cos(roll), -np.sin(roll), np.sin(roll), np.cos(roll)], 1).reshape(-1, 2, 2)
    upper = [*range(COUNT)][: rows("torso").stop - 2]  # all but hips and arms
    points[:, upper] = np.einsum("fab,nb->fna", turn, rest[upper] - middle) + middle + shift[:, None]
    for i, side in enumerate(SIDES):
        lift = amount * (motion.shoulders[:, i, 1] - motion.chest[:, 1])
        points[:, index("torso", f"{side}_shoulder"), 1] += LIFT * np.tanh(lift / LIFT) * width
    return shift


def _hand_shifts(motion: BodyMotion, reaches: dict[str, Reach], amount: float) -> dict[str, np.ndarray]:
    shifts = {side: amount * motion.wrists[:, i, :2] for i, side in enumerate(SIDES)}
    if all(reach.joined for reach in reaches.values()):
        both = (shifts["left"] + shifts["right"]) / 2
        least = min((reaches[side].clamp(both) for side in SIDES), key=lambda clamped: float(np.abs(clamped).sum()))
        return dict.fromkeys(SIDES, least)
    return {side: reaches[side].clamp(shifts[side]) for side in SIDES}


def _arm(points: np.ndarray, rest: np.ndarray, side: str, shift: np.ndarray, turn: np.ndarray, reach: Reach,
         width: float) -> None:  # fmt: skip
    """Two bones whose end moves by shift (F, 2) pixels, or by as much of it as they can."""
    upper, lower, hand = (rows(f"{side}_{part}") for part in ("upper_arm", "forearm", "hand"))
    shoulder, elbow, wrist = rest[upper.start], rest[upper.start + 2], rest[lower.start + 2]
    root = points[:, index("torso", f"{side}_shoulder")]
    carried = (root - shoulder) * 0.5
    low, high = np.zeros(len(points)), np.ones(len(points))

    def placed(share: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        way = shift * share[:, None]
        return elbow + carried + ELBOW_SHARE * way, wrist + (way if reach.seen else carried + ELBOW_SHARE * way)

    def possible(share: np.ndarray) -> np.ndarray:
        elbows, wrists = placed(share)
        return _within(elbow - shoulder, elbows - root, UPPER_TURN, UPPER_LENGTH) & _within(
            wrist - elbow, wrists - elbows, FOREARM_TURN, FOREARM_LENGTH
        )

    whole = possible(high)
    for _ in range(12):
        middle = (low + high) / 2
        fits = possible(middle)
        low, high = np.where(fits, middle, low), np.where(fits, high, middle)
    elbows, wrists = placed(np.where(whole, 1.0, low))
    points[:, upper] = limb(root, elbows, ASIDE * width)
    points[:, lower] = limb(elbows, wrists, ASIDE * width)
    angle = HAND_FOLLOWS * turned(wrist - elbow, wrists - elbows)
    if reach.turn > 0:
        angle = angle + reach.turn * np.tanh(turn / reach.turn)
    elif reach.seen:
        angle = np.zeros_like(angle)
    turns = np.stack([np.cos(angle), -np.sin(angle), np.sin(angle), np.cos(angle)], 1).reshape(-1, 2, 2)
    points[:, hand] = np.einsum("fab,nb->fna", turns, rest[hand] - wrist) + wrists[:, None]


def _within(rest: np.ndarray, now: np.ndarray, most: float, length: tuple[float, float]) -> np.ndarray:
    ratio = np.linalg.norm(now, axis=1) / max(float(np.linalg.norm(rest)), 1e-9)
    return (np.abs(turned(rest, now)) <= most) & (ratio >= length[0]) & (ratio <= length[1])


def _head(points: np.ndarray, rest: np.ndarray, motion: BodyMotion) -> None:
    """Turns head and jaw about the neck: a ball as deep as the ears are wide."""
    pivot = rest[index("neck", "root")]
    both = slice(rows("head").start, rows("jaw").stop)
    ears = rest[[index("head", "left_ear"), index("head", "right_ear")]]
    radius = max(float(np.linalg.norm(ears[0] - ears[1])) / 2, 1.0)
    away = rest[both] - ears.mean(0)
    front = np.sqrt(np.maximum(radius**2 - np.minimum((away**2).sum(1), radius**2), 0))  # towards the camera
    solid = np.c_[rest[both] - pivot, front] * [1, -1, 1]
    turned = np.stack([solid @ rotation_matrix(angles).T for angles in motion.head])
    points[:, both] += (turned - solid)[..., :2] * [1, -1]
