# SPDX-License-Identifier: GPL-3.0-or-later
"""Teeth with gums, round eyes, brows and lashes, which Anny's face lacks.

They are Mien's own work and no part of the animated mesh, whose vertex count the engines depend on.
"""

from __future__ import annotations

from typing import Any

import anatomy
import numpy as np
from mien.heads.eyeballs import eye_of
from mien.heads.face_paint import face_paint
from mien.heads.teeth import jaw_deltas, lower_row, upper_row

MARGIN = 2  # empty pixels around the brows, so that a clamped edge repeats nothing


def teeth(head: Any) -> tuple[dict[str, np.ndarray], list[str]]:
    """(tensors, channels that move the lower row) for a head's vertices, deltas, channels and lips."""
    lips = head.vertices[head.inner_lips[head.inner_lips_middle]].astype(np.float64).mean((0, 1))
    upper, lower = upper_row(lips), lower_row(lips)
    channels, lower_deltas = jaw_deltas(head, lower.vertices)
    fixed = np.zeros((len(channels), len(upper.vertices), 3))
    return {
        "teeth_vertices": np.concatenate([upper.vertices, lower.vertices]),
        "teeth_quads": np.concatenate([upper.quads, lower.quads + len(upper.vertices)]).astype(np.int32),
        "teeth_gum": np.concatenate([upper.gum, lower.gum]).astype(np.uint8),
        "teeth_lower": np.repeat(np.array([0, 1], np.uint8), [len(upper.vertices), len(lower.vertices)]),
        "teeth_deltas": np.concatenate([fixed, lower_deltas], 1),
    }, channels


def eyes(head: Any) -> dict[str, np.ndarray]:
    """The sphere through each eye's vertices, and three vertices, on the ring before its equator, that it follows."""
    balls = [eye_of(head, side)[0] for side in anatomy.EYE_RINGS]
    return {
        "eyeballs": np.array([(*ball.centre, ball.radius, *ball.axis) for ball in balls]),
        "eye_anchors": np.array(anatomy.EYE_ANCHORS, np.int32),
    }


def brows(head: Any) -> tuple[np.ndarray, list[float]]:
    """(ink (h, w, 2) uint8 of brows and lashes, row 0 at the bottom; its x, y, width, height on the face, metres)."""
    painting = face_paint(head)
    ink = painting.pixels[..., :2]
    x0, y0, side, _ = painting.window
    size = side / len(ink)  # metres a pixel
    spans = []
    for axis in (0, 1):
        used = np.flatnonzero(ink.any((1 - axis, 2)))
        spans.append((used[0] - MARGIN, used[-1] + 1 + MARGIN))
    (bottom, top), (left, right) = spans
    window = (x0 + left * size, y0 + bottom * size, (right - left) * size, (top - bottom) * size)
    return np.ascontiguousarray(ink[bottom:top, left:right]), [round(float(value), 7) for value in window]
