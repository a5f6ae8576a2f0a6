# SPDX-License-Identifier: GPL-3.0-or-later
"""Where wrists go, how hands look and how fingers curl, over time, for a plan of strokes.

Places are in shoulder widths from the middle of the shoulders: x to the body's left, y up, z to the front. Hands move
by minimum jerk (Flash and Hogan 1985) from place to place, on a slight arc; the stroke begins while the preparation
still goes on, and the two add up (Flash and Henis 1991), so that a hand turns around without a stop.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.spatial.transform import Rotation, Slerp

from mien.body.skeleton import FINGERS, SIDES
from mien.engines.diffted.strokes import BEAT, DEICTIC, FRAME, PALM, Stroke

REST_PLACE = np.array([0.44, -0.88, 0.74])  # of the left wrist: before the belly, hands beside each other
REST_HAND, REST_PALM = np.array([-0.28, -0.3, 0.9]), np.array([-0.8, -0.6, 0.0])
CENTRE = np.array([0.47, -0.64, 0.92])  # of the left hand's gesture space
REACH = np.array([0.12, 0.13, 0.08])  # of the places within it that strokes begin at
LOWEST, NEAREST = -1.0, 0.6  # y, and z from the chest: no hand goes into the body
FROM_MIDDLE = 0.3  # x that each hand keeps on its own side: hands do not go through each other
FOLLOWS = 0.3  # of a stroke that the other hand makes along
ARC = 0.12  # of a way's length, aside of it
OVERLAP = 0.45  # of a stroke's length, in which its preparation still goes on
# The hand that goes with the other: s that it is late, of the size, and shoulder widths that its places are elsewhere
LAG, SMALLER, ELSEWHERE = (0.03, 0.12), (0.75, 1.0), 0.05
# hand and palm directions of the left hand, and radians that each finger joint curls
LOOKS = {
    "rest": (REST_HAND, REST_PALM),
    BEAT: (np.array([-0.35, 0.25, 0.9]), np.array([-0.8, -0.45, 0.1])),
    PALM: (np.array([0.25, 0.1, 0.95]), np.array([-0.35, 0.9, 0.1])),
    FRAME: (np.array([-0.1, 0.3, 0.95]), np.array([-0.98, 0.0, 0.1])),
    DEICTIC: (np.array([0.15, 0.05, 1.0]), np.array([-0.5, -0.8, 0.0])),
}
RELAXED = {"thumb": 0.12, "index": 0.28, "middle": 0.36, "ring": 0.42, "little": 0.46}
CURLS = {
    "rest": RELAXED,
    BEAT: {"thumb": 0.15, "index": 0.2, "middle": 0.3, "ring": 0.38, "little": 0.42},
    PALM: {"thumb": -0.05, "index": 0.06, "middle": 0.09, "ring": 0.13, "little": 0.16},
    FRAME: {"thumb": -0.05, "index": 0.12, "middle": 0.14, "ring": 0.17, "little": 0.2},
    DEICTIC: {"thumb": 0.2, "index": 0.03, "middle": 0.85, "ring": 0.95, "little": 0.95},
}


@dataclass(frozen=True, eq=False)
class ArmPath:
    """Of one arm, T moments: wrist (T, 3); hand, palm (T, 3): where they look; curls: radians (T,) by finger."""

    wrist: np.ndarray
    hand: np.ndarray
    palm: np.ndarray
    curls: dict[str, np.ndarray]


def arm_paths(
    strokes: list[Stroke], times: np.ndarray, scale: float, hands: str, rng: np.random.Generator
) -> dict[str, ArmPath]:
    """By side. times (T,) seconds; scale: of every stroke's size, and of how far hands leave their rest; 0: they
    stay."""
    draws = rng.uniform(-1, 1, (len(strokes), 6))
    rest_shift = rng.normal(0, 1, (2, 3)) * [0.05, 0.04, 0.03]
    follower = min(SIDES, key=lambda side: sum(stroke.hands == side for stroke in strokes))
    differences = _differences(len(strokes), rng)
    return {
        side: _path(
            side, strokes, draws, differences if side == follower else None, times, scale, hands in ("both", side),
            REST_PLACE + rest_shift[i],
        )
        for i, side in enumerate(SIDES)
    }  # fmt: skip


@dataclass(frozen=True, eq=False)
class _Differences:
    """Of the hand that follows the other, by stroke: seconds late (N,), share of the size (N,), places (N, 3) aside."""

    late: np.ndarray
    smaller: np.ndarray
    aside: np.ndarray


def _differences(count: int, rng: np.random.Generator) -> _Differences:
    return _Differences(
        rng.uniform(*LAG, count), rng.uniform(*SMALLER, count), ELSEWHERE * rng.normal(0, 1, (count, 3))
    )


def _path(
    side: str, strokes: list[Stroke], draws: np.ndarray, differences: _Differences | None, times: np.ndarray,
    scale: float, moves: bool, rest: np.ndarray,
) -> ArmPath:  # fmt: skip
    """In the left hand's terms, mirrored at the end for the right."""
    wrist = np.tile(rest, (len(times), 1))
    look = np.tile(_frame("rest").as_quat(), (len(times), 1))
    curls = {finger: np.full(len(times), RELAXED[finger]) for finger in FINGERS}
    place, kind = rest, "rest"
    for i, (stroke, draw) in enumerate(zip(strokes, draws, strict=True)):
        share = (1.0 if stroke.hands in ("both", side) else FOLLOWS) * moves * min(scale, 1.5)
        if share == 0:
            continue
        own = stroke.kind if share > FOLLOWS * 1.5 else "rest"
        late, aside = 0.0, np.zeros(3)
        if differences is not None and stroke.hands != side:
            late, aside = differences.late[i], differences.aside[i]
            share *= differences.smaller[i]
        first, last = (rest + min(share, 1.0) * (goal + aside - rest) for goal in _goals(stroke, draw, share))
        together = OVERLAP * (stroke.end - stroke.start)
        for begin, end, turned, goal, shape in (
            (stroke.begin, stroke.start + together, stroke.start, first, own),
            (stroke.start, stroke.end, stroke.end, last, own),
            (stroke.leave, stroke.home, stroke.home, rest, "rest"),
        ):
            if turned - begin < 1e-6:
                continue
            _move(wrist, times - late, begin, end, goal - place, draw[5])
            _turn(look, curls, times - late, begin, turned, kind, shape)
            place, kind = goal, shape
    wrist[:, 0] = np.maximum(wrist[:, 0], FROM_MIDDLE)
    wrist[:, 1] = np.maximum(wrist[:, 1], LOWEST)
    wrist[:, 2] = np.maximum(wrist[:, 2], NEAREST)
    mirror = np.array([1.0, 1, 1] if side == "left" else [-1.0, 1, 1])
    turned = Rotation.from_quat(look).as_matrix()
    return ArmPath(wrist * mirror, turned[:, :, 0] * mirror, turned[:, :, 1] * mirror, curls)


def _goals(stroke: Stroke, draw: np.ndarray, share: float) -> tuple[np.ndarray, np.ndarray]:
    """Where a stroke begins and ends."""
    middle = CENTRE + REACH * [draw[0], stroke.height, draw[1]]
    aside, size = 0.5 + 0.5 * stroke.side, stroke.size * max(share, 0.6)
    way = {
        BEAT: np.array([0.35 * draw[2], -1.0, 0.35 + 0.2 * draw[3]]),
        PALM: np.array([0.75 * aside + 0.2, -0.25 + 0.35 * draw[2], 0.75]),
        FRAME: np.array([1.0, 0.15 * draw[2], 0.1]),
        DEICTIC: np.array([0.8 * aside, 0.35 + 0.2 * draw[2], 0.8]),
    }[stroke.kind]
    way = way / np.linalg.norm(way) * size
    # a beat falls from above its place, the others go out from it
    return (
        (middle - 0.6 * way, middle + 0.4 * way) if stroke.kind == BEAT else (middle - 0.35 * way, middle + 0.65 * way)
    )


def _move(wrist: np.ndarray, times: np.ndarray, begin: float, end: float, way: np.ndarray, bow: float) -> None:
    """Adds a way (3,) that is gone from begin to end."""
    share = _minimum_jerk((times - begin) / (end - begin))[:, None]
    aside = np.cross(way, [0.0, 0.0, 1.0])
    lift = np.array([0.0, 0.5, 0.5]) * np.linalg.norm(way)
    wrist += share * way + ARC * 4 * share * (1 - share) * (bow * aside + lift)


def _turn(
    look: np.ndarray, curls: dict[str, np.ndarray], times: np.ndarray, begin: float, end: float, before: str,
    after: str,
) -> None:  # fmt: skip
    within, later = (times >= begin) & (times < end), times >= end
    share = _minimum_jerk((times[within] - begin) / (end - begin))
    ends = Rotation.concatenate([_frame(before), _frame(after)])
    if within.any():
        look[within] = Slerp([0, 1], ends)(share).as_quat()
    look[later] = ends[1].as_quat()
    for finger, values in curls.items():
        one, other = CURLS[before][finger], CURLS[after][finger]
        values[within], values[later] = one + share * (other - one), other


def _frame(look: str) -> Rotation:
    """Of a hand: x along it, y out of the palm."""
    hand, palm = LOOKS[look]
    x = hand / np.linalg.norm(hand)
    y = palm - (palm @ x) * x
    y /= np.linalg.norm(y)
    return Rotation.from_matrix(np.stack([x, y, np.cross(x, y)], 1))


def _minimum_jerk(share: np.ndarray) -> np.ndarray:
    x = np.clip(share, 0, 1)
    return np.clip(x**3 * (10 - 15 * x + 6 * x**2), 0, 1)
