# SPDX-License-Identifier: GPL-3.0-or-later
"""The default head's skin with the lips grown together, as in a scan of a closed mouth, for the tests of binding."""

from __future__ import annotations

import numpy as np
from mien.bind.surface import open_edge
from mien.heads.default import Head

MOUTH = np.array([0.0, 0.069, 0.13])  # m
AROUND = 0.035  # m: the lips, and no other open edge


def sealed(head: Head, face: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(vertices (V, 3), triangles (T, 3)) of a face (V, 3) in the head's topology: its skin alone, the open edges of
    the lips moved together and joined by a strip of triangles."""
    quads = head.quads[head.quad_part == head.parts.index("skin")]
    triangles = np.concatenate([quads[:, [0, 1, 2]], quads[:, [0, 2, 3]]])
    rim = open_edge(len(head.vertices), triangles) & (np.linalg.norm(head.vertices - MOUTH, axis=1) < AROUND)
    loop = _loop(triangles, rim)
    loop = np.roll(loop, -int(head.vertices[loop, 0].argmin()))
    turn = int(head.vertices[loop, 0].argmax())
    one, other = loop[: turn + 1], np.concatenate([loop[turn:], loop[:1]])[::-1]
    vertices = face.astype(float).copy()
    middle = {0: (vertices[one], vertices[other]), 1: (vertices[other], vertices[one])}
    for edge, (mine, opposite) in ((one, middle[0]), (other, middle[1])):
        across = np.stack([np.interp(mine[:, 0], opposite[:, 0], opposite[:, k]) for k in range(3)], 1)
        vertices[edge] = 0.52 * mine + 0.48 * across  # a hair apart, so that the strip has an area
    strip, i, j = [], 0, 0
    while i < len(one) - 1 or j < len(other) - 1:
        if j == len(other) - 1 or (i < len(one) - 1 and vertices[one[i + 1], 0] <= vertices[other[j + 1], 0]):
            strip.append((one[i], one[i + 1], other[j]))
            i += 1
        else:
            strip.append((other[j], one[i], other[j + 1]))
            j += 1
    strip = [corners for corners in strip if len(set(corners)) == 3]
    triangles = np.concatenate([triangles, np.array(strip)[:, ::-1]])
    used, triangles = np.unique(triangles, return_inverse=True)
    return vertices[used], triangles.reshape(-1, 3)


def _loop(triangles: np.ndarray, rim: np.ndarray) -> np.ndarray:
    """The vertices of an open edge in their order along it."""
    begin, end = triangles.ravel(), np.roll(triangles, -1, 1).ravel()
    edges = set(zip(begin.tolist(), end.tolist(), strict=True))
    after = {a: b for a, b in edges if rim[a] and rim[b] and (b, a) not in edges}
    loop = [next(iter(after))]
    while (following := after[loop[-1]]) != loop[0]:
        loop.append(following)
    return np.array(loop)
