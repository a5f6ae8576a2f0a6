# SPDX-License-Identifier: GPL-3.0-or-later
"""The corners of the mouth: as high at rest as people's, and shut, at rest and in a smile.

MakeHuman's mean mouth hangs at its corners. Measured with Mien's face tracker, in per cent of the distance between the
outer corners of the eyes, below the line of the lips: this head 2.5; six people with their mouths shut -1.8 to 2.1,
median 0.4. Its lips part into a black triangle beside a smile.
"""

from __future__ import annotations

import anatomy
import numpy as np
from expressions import evenly, smooth

LIFT = 0.0018  # metres
MIDDLE = 0.005  # metres from the mid-line, within which the lips stay where they are
LINE, REACH = 0.003, 0.012  # metres above and below the line of the lips: moved as one; over which the lift fades
BESIDE = 0.030  # metres outwards from the corner over which the lift fades
DEPTH = 0.020  # metres behind the corner up to which the mouth is lifted; it fades over half as much
# Gaps of the lips, metres: at most so wide at rest and in a full smile at the corner, and free from OPEN inwards.
RESTING, SMILING, OPEN = 0.0003, 0.0, 0.012
LIP_REACH, LIP_SMOOTH, ROUNDS = 0.004, 0.003, 12  # fades into the skin; even along the mouth; how often repeated


def lift(vertices: np.ndarray, opposite: np.ndarray, height: float = LIFT) -> np.ndarray:
    """(V, 3) metres that bring the corners of a resting mouth, vertices (V, 3), up by `height`; both lips
    alike."""
    pairs, middle = anatomy.inner_lips(opposite)
    corner = vertices[pairs[-1]].mean(0)  # of the head's left
    line = vertices[pairs].mean(1)
    across = np.abs(vertices[:, 0])
    here = np.interp(across, *_right_half(line, len(middle)))
    up = smooth((across - MIDDLE) / (corner[0] - MIDDLE))
    up = up * np.exp(-((np.maximum(across - corner[0], 0) / BESIDE) ** 2))
    away = np.maximum(np.abs(vertices[:, 1] - here) - LINE, 0)
    share = up * np.exp(-((away / REACH) ** 2)) * smooth((vertices[:, 2] - corner[2] + 1.5 * DEPTH) / (DEPTH / 2))
    share[len(opposite) :] = 0.0
    return evenly(height * share[:, None] * (0.0, 1.0, 0.0), opposite)


def _right_half(line: np.ndarray, middle: int) -> tuple[np.ndarray, np.ndarray]:
    """(distances from the mid-line, heights) of the line of the lips (P, 3), outwards."""
    half = line[: (len(line) - middle) // 2][::-1]
    return np.abs(half[:, 0]), half[:, 1]


def shut_at_rest(vertices: np.ndarray, opposite: np.ndarray) -> np.ndarray:
    """(V, 3) metres that shut the corners of the resting lips, vertices (V, 3)."""
    return _closing(vertices, vertices, opposite, RESTING)


def shut_in_a_smile(deltas: np.ndarray, channels: list[str], vertices: np.ndarray, opposite: np.ndarray) -> np.ndarray:
    """Deltas (C, V, 3) of the face `vertices` (V, 3) whose smiles leave the corners of the lips shut."""
    out = deltas.copy()
    sides = [(channels.index(f"mouthSmile{name}"), sign) for name, sign in (("Left", 1), ("Right", -1))]
    closing = _closing(vertices + sum(out[number] for number, _ in sides), vertices, opposite, SMILING)
    for number, sign in sides:
        out[number] += closing * (vertices[:, :1] * sign > 0)
    return out


def _closing(face: np.ndarray, rest: np.ndarray, opposite: np.ndarray, widest: float) -> np.ndarray:
    """(V, 3) metres that make the gaps of `face` `widest` at most at the corners; where is told by `rest`."""
    pairs, _ = anatomy.inner_lips(opposite)
    upper, lower = pairs.T
    place = np.abs(rest[pairs, 0]).mean(1)
    share = smooth((place - OPEN) / (place.max() - OPEN))
    up, low = (np.linalg.norm(rest[:, None] - rest[column], axis=2).min(1) for column in (upper, lower))
    weight = np.exp(-((np.minimum(up, low) / LIP_REACH) ** 2)) * np.where(up < low, -0.5, 0.5)
    weight[len(opposite) :] = 0.0
    near = np.exp(-(((rest[:, :1] - rest[upper, 0]) / LIP_SMOOTH) ** 2))
    near /= np.maximum(near.sum(1, keepdims=True), 1e-12)
    gap = face[upper, 1] - face[lower, 1]
    asked = gap - share * np.maximum(gap - widest, 0.0)
    moved = np.zeros(len(face))
    for _ in range(ROUNDS):
        wrong = gap + moved[upper] - moved[lower] - asked
        moved += weight * (near @ wrong)
    return evenly(moved[:, None] * (0.0, 1.0, 0.0), opposite)
