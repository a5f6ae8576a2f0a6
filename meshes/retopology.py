# SPDX-License-Identifier: GPL-3.0-or-later
"""Other topologies of the same face: every new vertex is a weighted mean of old ones, so that its deltas are known.

`python meshes/bind_table.py` and the tests bind such meshes and compare with the truth.
"""

from __future__ import annotations

import heapq

import numpy as np
from scipy import sparse

FLIP = 0.2  # least cosine between a triangle's normal before and after a collapse


def halves(quads: np.ndarray) -> np.ndarray:
    """(2 Q, 3) each quad (Q, 4) as two triangles, cut the other way than the backend cuts them."""
    return np.concatenate([quads[:, [0, 1, 3]], quads[:, [1, 2, 3]]])


def subdivided(count: int, triangles: np.ndarray) -> tuple[sparse.csr_matrix, np.ndarray]:
    """(weights (N, count), triangles (4 T, 3)): each edge of triangles (T, 3) gets a vertex in its middle."""
    edges = np.sort(np.concatenate([triangles[:, [0, 1]], triangles[:, [1, 2]], triangles[:, [2, 0]]]), axis=1)
    unique, inverse = np.unique(edges, axis=0, return_inverse=True)
    ab, bc, ca = (inverse.reshape(3, -1) + count).astype(int)
    a, b, c = triangles.T
    split = [np.stack(each, 1) for each in ((a, ab, ca), (ab, b, bc), (ca, bc, c), (ab, bc, ca))]
    rows = np.repeat(np.arange(len(unique)), 2)
    middles = sparse.csr_matrix((np.full(len(rows), 0.5), (rows, unique.ravel())), (len(unique), count))
    weights = sparse.csr_matrix(sparse.vstack([sparse.identity(count, format="csr"), middles]))
    return weights, np.concatenate(split)


def dual(count: int, quads: np.ndarray) -> tuple[sparse.csr_matrix, np.ndarray]:
    """(weights (Q, count), triangles (T, 3)): a vertex in the middle of each quad (Q, 4), joined across the edges;
    half a quad is lost at every open edge."""
    rows = np.repeat(np.arange(len(quads)), 4)
    weights = sparse.csr_matrix((np.full(len(rows), 0.25), (rows, quads.ravel())), (len(quads), count))
    after: list[dict[int, tuple[int, int]]] = [{} for _ in range(count)]  # next corner -> (quad, last corner)
    for number, quad in enumerate(quads.tolist()):
        for k in range(4):
            after[quad[k]][quad[(k + 1) % 4]] = (number, quad[k - 1])
    triangles = []
    for around in after:
        if not around:
            continue
        ring, start = [], next(iter(around))
        corner = start
        while corner in around and len(ring) < len(around):
            number, corner = around[corner]
            ring.append(number)
        if corner == start and len(ring) == len(around):
            triangles += [(ring[0], ring[k], ring[k + 1]) for k in range(1, len(ring) - 1)]
    return weights, np.array(triangles)


def collapsed(vertices: np.ndarray, triangles: np.ndarray, keep: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """(kept (K,) numbers of old vertices, triangles of new numbers): the shortest edges are collapsed, each onto
    one of its ends, until about `keep` vertices remain. Boundaries stay; no triangle is flipped.

    `seed` varies the lengths by up to a quarter, so that the order is irregular.
    """
    vary = np.random.default_rng(seed).uniform(0.75, 1.25, len(vertices))
    around: list[set[int]] = [set() for _ in vertices]  # triangles of each vertex
    corners = [tuple(int(v) for v in t) for t in triangles]
    for number, triangle in enumerate(corners):
        for v in triangle:
            around[v].add(number)
    sides: dict[tuple[int, int], int] = {}
    for a, b, c in corners:
        for edge in ((a, b), (b, c), (c, a)):
            key = (min(edge), max(edge))
            sides[key] = sides.get(key, 0) + 1
    rim = {v for edge, n in sides.items() if n == 1 for v in edge}
    alive = {v for v in range(len(vertices)) if around[v]}

    def cost(a: int, b: int) -> float:
        return float(np.linalg.norm(vertices[a] - vertices[b]) * vary[a] * vary[b])

    def neighbours(v: int) -> set[int]:
        return {w for t in around[v] for w in corners[t]} - {v}

    heap = [(cost(a, b), a, b) for a, b in sides]
    heapq.heapify(heap)
    while heap and len(alive) > keep:
        _, a, b = heapq.heappop(heap)
        if a not in alive or b not in alive or b not in neighbours(a):
            continue
        gone, stays = (a, b) if vary[a] < vary[b] else (b, a)
        if gone in rim:
            gone, stays = stays, gone
        if gone in rim or not _may_go(gone, stays, vertices, corners, around, neighbours):
            continue
        for number in list(around[gone]):
            if stays in corners[number]:
                for v in corners[number]:
                    around[v].discard(number)
            else:
                corners[number] = tuple(stays if v == gone else v for v in corners[number])
                around[stays].add(number)
        alive.discard(gone)
        around[gone] = set()
        for w in neighbours(stays):
            heapq.heappush(heap, (cost(stays, w), stays, w))
    kept = np.array(sorted(alive))
    number_of = {int(old): new for new, old in enumerate(kept)}
    left = sorted({t for v in alive for t in around[v]})
    return kept, np.array([[number_of[v] for v in corners[t]] for t in left])


def _may_go(gone: int, stays: int, vertices: np.ndarray, corners: list, around: list, neighbours) -> bool:
    shared = [t for t in around[gone] if stays in corners[t]]
    if len(shared) != 2 or len(neighbours(gone) & neighbours(stays)) != 2:
        return False  # it would pinch the surface
    for number in around[gone]:
        if number in shared:
            continue
        p, q, r = (vertices[v] for v in corners[number])
        before = np.cross(q - p, r - p)
        p, q, r = (vertices[stays if v == gone else v] for v in corners[number])
        after = np.cross(q - p, r - p)
        size = np.linalg.norm(before) * np.linalg.norm(after)
        if size < 1e-18 or before @ after < FLIP * size:
            return False
    return True


def warped(points: np.ndarray) -> np.ndarray:
    """(..., 3) metres of the default head in other proportions, as a drawn film has them: a broad skull, a short and
    narrow jaw, a small nose, eyes half as large again."""
    centre = np.array([0.0, 0.135, 0.0])
    relative = points - centre
    low = 1 / (1 + np.exp(relative[..., 1] / 0.02))  # 1 on the jaw, 0 on the skull
    scaled = relative * np.stack([1.18 - 0.30 * low, 1.12 - 0.27 * low, 1.05 - 0.05 * low], -1)
    out = scaled + centre
    for middle, radius, factor in (((0.031, 0.136, 0.125), 0.022, 0.5), ((-0.031, 0.136, 0.125), 0.022, 0.5),
                                 ((0.0, 0.102, 0.145), 0.018, -0.35)):  # fmt: skip
        offset = points - np.array(middle)
        near = np.exp(-((offset / radius) ** 2).sum(-1) / 2)
        out = out + factor * near[..., None] * offset
    return out
