# SPDX-License-Identifier: GPL-3.0-or-later
"""Joint rotations to places, and places of wrists to joint rotations."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from scipy.spatial.transform import Rotation

from mien.body.skeleton import FINGERS, JOINTS, PARENTS, REST, finger_joints

POLE = np.array([0.28, -1.0, -0.5])  # where the left elbow points: aside, down, a little back
STRAIGHT = 0.985  # of an arm's length at most: an arm that is stretched out quite looks broken
HAND_BEND = np.radians(50.0)  # of the wrist at most
TWIST_TO_FOREARM = 0.7  # of the hand's turn about the forearm: it is the forearm that pronates


def forward(
    joints: np.ndarray, names: Sequence[str] = JOINTS, rest: Mapping[str, np.ndarray] = REST
) -> tuple[dict[str, np.ndarray], dict[str, Rotation]]:
    """(places (F, 3) in metres, turns from rest (F,)) of every joint, by joints (F, J, 3): rotation vectors of `names`
    in the body's axes at rest, each on top of its parent's. A joint that is not named stays as it is at rest."""
    frames = len(joints)
    rows = {name: i for i, name in enumerate(names)}
    places: dict[str, np.ndarray] = {}
    turns: dict[str, Rotation] = {}
    for name in JOINTS:  # parents come first
        own = joints[:, rows[name]] if name in rows else np.zeros((frames, 3))
        turn, parent = Rotation.from_rotvec(np.asarray(own, float)), PARENTS[name]
        if parent is None:
            places[name], turns[name] = np.tile(rest[name], (frames, 1)), turn
        else:
            places[name] = places[parent] + turns[parent].apply(rest[name] - rest[parent])
            turns[name] = turns[parent] * turn
    return places, turns


def palm_normal(side: str) -> np.ndarray:
    """(3,) out of the palm, at rest."""
    wrist = REST[f"{side}_hand"]
    across = np.cross(REST[f"{side}_index_proximal"] - wrist, REST[f"{side}_little_proximal"] - wrist)
    return _unit(across if side == "right" else -across)


def reach(
    side: str, shoulder: np.ndarray, chest: Rotation, wrist: np.ndarray, hand: np.ndarray, palm: np.ndarray
) -> dict[str, np.ndarray]:
    """Rotation vectors (F, 3) of upper arm, lower arm and hand that bring the wrist to its goal.

    shoulder (F, 3) metres, where the upper arm begins; chest (F,): the turn of the joint it hangs on; wrist (F, 3) the
    goal; hand, palm (F, 3): where hand and palm are to look. Frames follow each other. A goal beyond the
    arm's length is approached.
    """
    names = [f"{side}_{part}" for part in ("upper_arm", "lower_arm", "hand")]
    upper, lower, end = (REST[name] for name in names)
    length, forearm = np.linalg.norm(lower - upper), np.linalg.norm(end - lower)
    away = wrist - shoulder
    distance = np.clip(np.linalg.norm(away, axis=1), abs(length - forearm) + 0.02, STRAIGHT * (length + forearm))
    along = _unit(away)
    pole = POLE * ([1, 1, 1] if side == "left" else [-1, 1, 1])
    aside = _unit(pole - (along @ pole)[:, None] * along)
    cosine = (length**2 + distance**2 - forearm**2) / (2 * length * distance)
    bend = np.arccos(np.clip(cosine, -1, 1))[:, None]
    elbow = length * (np.cos(bend) * along + np.sin(bend) * aside)
    to_wrist = distance[:, None] * along - elbow
    hinge = _unit(np.cross(elbow, to_wrist))
    rest_upper, rest_lower = lower - upper, end - lower
    rest_hinge = _unit(np.cross(rest_upper, rest_lower))
    upper_turn = _between(rest_upper, rest_hinge, elbow, hinge)
    lower_turn = _between(rest_lower, rest_hinge, to_wrist, hinge)
    rest_hand = REST[f"{side}_middle_proximal"] - end
    hand_turn = _between(rest_hand, palm_normal(side), hand, palm)
    local = lower_turn.inv() * hand_turn
    # What the hand turns about the forearm is the forearm's; the rest the wrist's, within its limit.
    axis = _unit(rest_lower)
    twist = TWIST_TO_FOREARM * np.unwrap(_twist(local, axis))
    lower_turn = lower_turn * Rotation.from_rotvec(twist[:, None] * axis)
    bent = (lower_turn.inv() * hand_turn).as_rotvec()
    size = np.linalg.norm(bent, axis=1, keepdims=True)
    bent *= np.minimum(1, HAND_BEND / np.maximum(size, 1e-9))
    return {
        names[0]: (chest.inv() * upper_turn).as_rotvec(),
        names[1]: (upper_turn.inv() * lower_turn).as_rotvec(),
        names[2]: bent,
    }


def curl(side: str, amounts: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Rotation vectors (F, 3) of the joints of fingers that curl towards the palm by radians (F,) at each joint."""
    normal, found = palm_normal(side), {}
    for finger in FINGERS:
        joints = finger_joints(side, finger)
        direction = _unit(REST[joints[-1]] - REST[joints[0]])
        axis = _unit(np.cross(direction, normal))
        for joint in joints:
            found[joint] = amounts[finger][:, None] * axis
    return found


def _between(rest_along: np.ndarray, rest_up: np.ndarray, along: np.ndarray, up: np.ndarray) -> Rotation:
    """The turns (F,) that take one pair of directions (3,) to others (F, 3); `along` exactly, `up` as nearly as can
    be."""
    return Rotation.from_matrix(_frame(along, up) @ _frame(rest_along[None], rest_up[None])[0].T)


def _frame(along: np.ndarray, up: np.ndarray) -> np.ndarray:
    """(F, 3, 3) whose columns are right-handed and orthogonal, the first along."""
    x = _unit(along)
    y = _unit(up - (up * x).sum(-1, keepdims=True) * x)
    return np.stack([x, y, np.cross(x, y)], -1)


def _twist(turn: Rotation, axis: np.ndarray) -> np.ndarray:
    """(F,) radians of a turn about an axis (swing-twist)."""
    quaternion = turn.as_quat()
    angle = 2 * np.arctan2(quaternion[:, :3] @ axis, quaternion[:, 3])
    return (angle + np.pi) % (2 * np.pi) - np.pi


def _unit(values: np.ndarray) -> np.ndarray:
    return values / np.maximum(np.linalg.norm(values, axis=-1, keepdims=True), 1e-9)
