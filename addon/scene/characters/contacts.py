# SPDX-License-Identifier: GPL-3.0-or-later
"""Finds what comes together in a face: lips that the jaw parts, lids that a blink shuts. numpy; no bpy."""

from collections.abc import Mapping

import numpy as np

WEIGHT = 3.0  # of the difference of a pair's motions, against the motion of one vertex
NEAR = 0.15  # of a key's largest movement: two lips this near at rest touch, two lids this near at its end
MOVES, RESTS = 0.5, 0.35  # of a key's largest movement, by what it moves and by what it leaves
MOST = 200  # pairs of one key


def find(rest: np.ndarray, offsets: Mapping[str, np.ndarray]) -> np.ndarray:
    """(P, 2) pairs of rows of rest (N, 3) that should come together, by the offsets (N, 3) of channels at 1."""
    pairs = [np.zeros((0, 2), int)]
    if "jawOpen" in offsets:
        pairs.append(_pairs(rest, offsets["jawOpen"], rest))
    for source, delta in offsets.items():
        if source.startswith("eyeBlink"):
            pairs.append(_pairs(rest, delta, rest + delta))
    return np.concatenate(pairs)


def _pairs(rest: np.ndarray, delta: np.ndarray, places: np.ndarray) -> np.ndarray:
    """Pairs of a vertex that the key moves and one that it leaves, which is nearest to the place of the first."""
    far = np.linalg.norm(delta, axis=1)
    most = float(far.max(initial=0.0))
    if most <= 0.0:
        return np.zeros((0, 2), int)
    moved, left = np.flatnonzero(far > MOVES * most), np.flatnonzero(far < RESTS * most)
    moved = moved[:: max(1, len(moved) // MOST)]
    found = []
    for number in moved:
        distances = np.linalg.norm(rest[left] - places[number], axis=1)
        nearest = int(distances.argmin()) if len(left) else -1
        if nearest >= 0 and distances[nearest] < NEAR * most:
            found.append((int(number), int(left[nearest])))
    return np.array(found, int).reshape(-1, 2)
