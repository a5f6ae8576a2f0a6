# SPDX-License-Identifier: GPL-3.0-or-later
"""Even surfaces about the mouth: MakeHuman's expressions leave the inside of the upper lip in steps, which hang before
the teeth, and fold the cheek over itself where a full smile and a stretch meet."""

from __future__ import annotations

import anatomy
import numpy as np
from scipy import sparse
from scipy.sparse.csgraph import dijkstra

CONTACT, BEHIND = 5, (6, 7)  # of anatomy.LIP_RINGS: where the lips meet, and the rings behind it
ALONG = 6  # rounds of smoothing along a ring
FOLDING = ("mouthSmile", "mouthStretch", "mouthDimple")
ROUNDS = 6  # of averages with the neighbours
RED, SKIN = 0.003, 0.009  # metres along the skin from the red of the lips: between them the average takes over
NEAR, FAR = 0.030, 0.045  # metres from the corner of the mouth: between them it ends


def even_mouth(deltas: np.ndarray, channels: list[str], vertices: np.ndarray, quads: np.ndarray) -> np.ndarray:
    """Deltas (C, V, 3) of the face `vertices` (V, 3), its upper lip even on the inside and its cheeks without a cut.
    What the lips touch, and the gap between them, is as it was."""
    out = deltas.astype(float)
    rings = [np.array(anatomy.ring(quads, *start)) for start in anatomy.LIP_RINGS]
    touching = rings[CONTACT]
    upper = _upper(touching)[:, None]
    for ring in (rings[number] for number in BEHIND):
        even = out[:, touching] + even_along(out[:, ring] - out[:, touching], ALONG)
        out[:, ring] += upper * (even - out[:, ring])
    share, mean = _beside_lips(vertices, quads, np.unique(np.concatenate(rings)))
    for number, channel in enumerate(channels):
        if channel.startswith(FOLDING):
            for _ in range(ROUNDS):
                out[number] += share[:, None] * (mean @ out[number] - out[number])
    return out


def _upper(ring: np.ndarray) -> np.ndarray:
    """(R,) 1 on the upper lip, 0 on the lower and in the corners; a ring begins in the middle of the upper lip."""
    place = np.minimum(np.arange(len(ring)), len(ring) - np.arange(len(ring)))
    return np.clip(len(ring) / 4 - place, 0.0, 2.0) / 2


def even_along(offsets: np.ndarray, rounds: int) -> np.ndarray:
    """(..., R, 3) smoothed along the closed ring by that many rounds of the binomial kernel 1 2 1."""
    for _ in range(rounds):
        offsets = (np.roll(offsets, 1, -2) + 2 * offsets + np.roll(offsets, -1, -2)) / 4
    return offsets


def _beside_lips(vertices: np.ndarray, quads: np.ndarray, lips: np.ndarray) -> tuple[np.ndarray, sparse.csr_matrix]:
    """((V,) 0 to 1 of the skin about the corners of the mouth, (V, V) the mean of each vertex's neighbours)."""
    count = len(vertices)
    sides = np.concatenate([quads[:, [k, (k + 1) % 4]] for k in range(4)])
    sides = np.unique(np.concatenate([sides, sides[:, ::-1]]), axis=0)
    lengths = np.linalg.norm(vertices[sides[:, 0]] - vertices[sides[:, 1]], axis=1)
    away = dijkstra(sparse.csr_matrix((lengths, sides.T), (count, count)), indices=lips, min_only=True)
    right = np.array(anatomy.INNER_LIPS_RIGHT[0])
    corner = vertices[right].mean(0)
    apart = np.minimum(*(np.linalg.norm(vertices - corner * (sign, 1, 1), axis=1) for sign in (1, -1)))
    share = np.clip((away - RED) / (SKIN - RED), 0, 1) * np.clip((FAR - apart) / (FAR - NEAR), 0, 1)
    share[anatomy.SKIN.stop :] = 0.0
    neighbours = sparse.csr_matrix((np.ones(len(sides)), sides.T), (count, count))
    return share, sparse.diags(1 / np.maximum(np.asarray(neighbours.sum(1)).ravel(), 1)) @ neighbours
