# SPDX-License-Identifier: GPL-3.0-or-later
"""How far a photo's hands can be moved before the picture shows what no camera saw.

Limits are those at which people looked at the warp and saw it whole: .6 shoulder widths, 60 degrees of a forearm.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from mien.body_tracking.body import SIDES, TrackedBody
from mien.body_tracking.pose import LEFT_EAR, NOSE, RIGHT_EAR, SHOULDERS, WRISTS

WHOLE = 0.45  # shoulder widths that a hand moves at most: clean to there, usable to .6
# The same for hands with a thing, on each other, on a table, cut by the picture's edge: so little that nothing behind
# them is seen, and they go with the clothes around them.
HELD, JOINED, RESTING, CUT = 0.08, 0.08, 0.06, 0.03
RAISED = 0.45  # shoulder widths below the shoulders, above which a hand is in the air
MARGIN = 0.02  # of the picture at its border, where a hand counts as cut
TURN = np.radians(20.0)  # of a hand against its forearm


@dataclass(frozen=True)
class Reach:
    """Shoulder widths that a hand may go up, down, to the person's left and right, and in all; radians of its turn.
    `why`: "" for a hand that is free; `seen`: whether it may move at all; `joined`: to the other hand; `resting`: on a
    table; `layered`: whether it moves so far that the picture behind it is seen."""

    up: float
    down: float
    left: float
    right: float
    most: float
    turn: float
    why: str
    seen: bool = True
    joined: bool = False
    resting: bool = False
    layered: bool = True

    def clamp(self, shifts: np.ndarray) -> np.ndarray:
        """(F, 2) shifts x, y in shoulder widths, drawn softly into the reach."""
        if not self.seen:
            return np.zeros_like(shifts)
        x, y = shifts[:, 0], shifts[:, 1]
        x = np.where(x > 0, _soft(x, self.left), _soft(x, self.right))
        y = np.where(y > 0, _soft(y, self.down), _soft(y, self.up))
        soft = np.stack([x, y], 1)
        length = np.linalg.norm(soft, axis=1, keepdims=True)
        return soft * _soft(length, self.most) / np.maximum(length, 1e-9)


UNSEEN = Reach(0, 0, 0, 0, 0, 0, "its hand is not in the picture", seen=False, layered=False)


def reach_of(body: TrackedBody) -> dict[str, Reach]:
    """The reach of both hands of a picture."""
    joined = _joined(body)
    return {side: _reach(body, side, i, joined) for i, side in enumerate(SIDES)}


def _reach(body: TrackedBody, side: str, i: int, joined: bool) -> Reach:
    hand = body.hands[side]
    if hand is None:
        return UNSEEN
    height, width = body.mask.shape
    points = hand.points[:, :2]
    unit = max(body.shoulder_width, 1.0)
    shoulder = body.points[SHOULDERS[i], :2]
    middle = body.points[list(SHOULDERS), 0].mean()
    low, high = points.min(0), points.max(0)
    edge = MARGIN * max(height, width)
    cut = bool((low < edge).any() or high[0] > width - edge or high[1] > height - edge)
    wrist_low = float(points[:, 1].mean() - shoulder[1]) / unit
    resting = wrist_low > RAISED and side not in body.in_air and _nothing_below(body, hand.points)
    most, turn, why = WHOLE, TURN, ""
    if joined:
        most, turn, why = JOINED, 0.0, "it holds the other hand"
    if not hand.reliable:
        most, turn, why = min(most, HELD), turn / 2, "its fingers cannot be told; it may hold something"
    if resting:
        most, turn, why = min(most, RESTING), 0.0, "it rests on something"
    if cut:
        most, turn, why = min(most, CUT), 0.0, "the picture's edge cuts it"
    towards_middle = abs(float(body.points[WRISTS[i], 0]) - middle) / unit + 0.1
    rightmost, leftmost = (width - high[0]) / unit - 0.03, low[0] / unit - 0.03
    if side == "left":
        sideways = (rightmost, min(leftmost, towards_middle))
    else:
        sideways = (min(rightmost, towards_middle), leftmost)
    up = (float(points[0, 1]) - float(shoulder[1]) + 0.25 * unit) / unit
    face = _face_box(body)
    apart = (low[0] - face[1] if side == "left" else face[0] - high[0]) / unit - 0.06
    if apart > 0.06:
        sideways = (sideways[0], min(sideways[1], apart)) if side == "left" else (min(sideways[0], apart), sideways[1])
    else:
        up = min(up, (low[1] - face[2]) / unit)
    down = 0.02 if resting or cut else (height - high[1]) / unit - 0.03
    bound = [float(np.clip(value, 0.02, most)) for value in (up, down, *sideways)]
    return Reach(*bound, most=most, turn=turn, why=why, joined=joined, resting=resting, layered=not why)


def _face_box(body: TrackedBody) -> tuple[float, float, float]:
    """(left, right, lower end) of the face, pixels."""
    ears = body.points[[LEFT_EAR, RIGHT_EAR], :2]
    nose, mouth = body.points[NOSE, :2], body.points[[9, 10], :2].mean(0)
    half = max(float(np.linalg.norm(ears[0] - ears[1])) / 2, 1.5 * float(np.linalg.norm(mouth - nose)))
    middle = float(ears[:, 0].mean() + nose[0]) / 2
    return middle - 1.1 * half, middle + 1.1 * half, float(mouth[1] + 1.2 * (mouth[1] - nose[1]))


def _nothing_below(body: TrackedBody, points: np.ndarray) -> bool:
    """Whether what is under a hand is no part of the person: a table, mostly."""
    height = body.mask.shape[0]
    palm = float(np.linalg.norm(points[9, :2] - points[0, :2]))
    columns = slice(max(0, int(points[:, 0].min())), int(points[:, 0].max()) + 1)
    start = int(points[:, 1].max() + 0.4 * palm)
    below = body.mask[start : start + max(2, int(palm)), columns]
    return start >= height or below.size == 0 or float(below.mean()) < 0.5


def _joined(body: TrackedBody) -> bool:
    left, right = body.hands["left"], body.hands["right"]
    if left is None or right is None:
        return False
    apart = np.linalg.norm(left.points[:, None, :2] - right.points[None, :, :2], axis=2).min()
    return bool(apart < 0.35 * max(left.palm, right.palm))


def _soft(values: np.ndarray, limit: float) -> np.ndarray:
    """Almost the value itself up to half of the limit, and never beyond the limit."""
    start = limit / 2
    size = np.abs(values)
    over = np.maximum(size - start, 0) / max(limit - start, 1e-9)
    return np.sign(values) * np.where(size <= start, size, start + (limit - start) * np.tanh(over))
