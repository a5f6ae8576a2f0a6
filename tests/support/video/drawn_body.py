# SPDX-License-Identifier: GPL-3.0-or-later
"""A half-length figure drawn in flat colours, with the body that a tracker would find in it."""

from __future__ import annotations

import numpy as np
from mien.body_tracking.body import TrackedBody
from mien.body_tracking.hand import Hand
from PIL import Image, ImageDraw

WIDTH, HEIGHT = 240, 260
SKIN, CLOTH, WALL = (214, 160, 130), (60, 70, 110), (200, 205, 190)
PLACES = {  # pose points, pixels; the person's left is the picture's right
    0: (120, 60), 2: (127, 54), 5: (113, 54), 7: (138, 58), 8: (102, 58), 9: (126, 74), 10: (114, 74),
    11: (165, 110), 12: (75, 110), 13: (196, 175), 14: (44, 175), 15: (176, 120), 16: (64, 120),
    17: (190, 100), 18: (50, 100), 19: (182, 98), 20: (58, 98), 23: (150, 262), 24: (90, 262),
}  # fmt: skip
HAND_AT = {"left": (205, 130), "right": (35, 130)}


def hand_points(wrist: tuple[float, float], size: float = 20.0) -> np.ndarray:
    """(21, 3): an open hand whose fingers point up from the wrist."""
    points = np.zeros((21, 3))
    points[0, :2] = wrist
    for finger in range(5):
        x = wrist[0] + (finger - 2) * 0.28 * size
        start = 0.5 if finger in (0, 4) else 1.0
        for joint in range(4):
            points[1 + 4 * finger + joint, :2] = (x, wrist[1] - size * (start + 0.25 * joint))
    points[9, :2] = (wrist[0], wrist[1] - size)
    return points


def drawn_body(**hands: Hand | None) -> TrackedBody:
    """The body of `picture`; hands by side replace its own."""
    points = np.zeros((33, 3))
    for i, place in PLACES.items():
        points[i, :2] = place
    for side, wrist, pinky, index in (("left", 15, 17, 19), ("right", 16, 18, 20)):
        points[[wrist, pinky, index], :2] = [HAND_AT[side], *[np.add(HAND_AT[side], (dx, -20)) for dx in (4, -4)]]
    own = {side: Hand(hand_points(at), 0.99, 1.0 if side == "right" else 0.0, 0.03) for side, at in HAND_AT.items()}
    return TrackedBody(points, np.ones(33), {**own, **hands}, matte())


def picture() -> np.ndarray:
    """(260, 240, 3) uint8."""
    image = Image.new("RGB", (WIDTH, HEIGHT), WALL)
    _person(ImageDraw.Draw(image), SKIN, CLOTH)
    grain = np.random.default_rng(0).integers(-4, 5, (HEIGHT, WIDTH, 1))
    return np.clip(np.asarray(image).astype(int) + grain, 0, 255).astype(np.uint8)


def matte() -> np.ndarray:
    """(260, 240) float32: 1 at the person."""
    image = Image.new("L", (WIDTH, HEIGHT))
    _person(ImageDraw.Draw(image), 255, 255)
    return np.asarray(image, np.float32) / 255


def _person(draw: ImageDraw.ImageDraw, skin, cloth) -> None:
    draw.polygon([(70, 105), (170, 105), (160, 260), (80, 260)], fill=cloth)
    draw.rectangle([108, 80, 132, 110], fill=skin)
    draw.ellipse([98, 25, 142, 92], fill=skin)
    for side, shoulder, elbow in (("left", 11, 13), ("right", 12, 14)):
        wrist = HAND_AT[side]
        draw.line([PLACES[shoulder], PLACES[elbow]], fill=cloth, width=24)
        draw.ellipse([PLACES[elbow][0] - 12, PLACES[elbow][1] - 12, PLACES[elbow][0] + 12, PLACES[elbow][1] + 12],
                     fill=cloth)  # fmt: skip
        draw.line([PLACES[elbow], wrist], fill=cloth, width=20)
        points = hand_points(wrist)[:, :2]
        draw.polygon([tuple(points[i]) for i in (0, 1, 5, 9, 13, 17)], fill=skin)
        for finger in range(5):
            draw.line([tuple(points[0]), *map(tuple, points[1 + 4 * finger : 5 + 4 * finger])], fill=skin, width=5)


def with_face(face: np.ndarray) -> np.ndarray:
    """The picture, twice as large, with a face (H, W, 3) uint8 before its head: something that a face tracker finds."""
    large = np.asarray(Image.fromarray(picture()).resize((2 * WIDTH, 2 * HEIGHT), Image.Resampling.BICUBIC)).copy()
    side = 140
    small = np.asarray(Image.fromarray(face).resize((side, side), Image.Resampling.LANCZOS))
    top, left = 50, 240 - side // 2
    large[top : top + side, left : left + side] = small
    return large


def larger(body: TrackedBody, scale: float = 2.0) -> TrackedBody:
    """The body of a picture that is larger."""
    size = (round(WIDTH * scale), round(HEIGHT * scale))
    mask = np.asarray(Image.fromarray(body.mask).resize(size, Image.Resampling.BILINEAR))
    hands = {
        side: None if hand is None else Hand(hand.points * scale, hand.presence, hand.right, hand.disagreement)
        for side, hand in body.hands.items()
    }
    return TrackedBody(body.points * scale, body.visibility, hands, mask)
