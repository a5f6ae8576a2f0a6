# SPDX-License-Identifier: GPL-3.0-or-later
"""The tongue as it is drawn: the head's own few quads, subdivided once, so that it is round."""

import numpy as np
from scipy import sparse

from mien.heads.default import Head

FURROW, FURROW_WIDTH = 0.35, 0.0028  # the light that it takes; metres, half its width
SLICE = 0.005  # metres before and behind a point: of what its height is judged by


class Tongue:
    """quads (Q, 4) of the subdivided surface, whose N vertices are weighted means of the head's; furrow (N,): the share
    of the light that reaches the furrow along the middle of its upper side, 1 beside it."""

    def __init__(self, head: Head) -> None:
        part = np.array(head.parts)[head.quad_part]
        self._weights, self.quads = subdivision(head.quads[part == "tongue"], len(head.vertices))
        rest = self.place(head.vertices)
        self.furrow = 1 - FURROW * _upper(rest) * np.exp(-((rest[:, 0] / FURROW_WIDTH) ** 2))

    def place(self, vertices: np.ndarray) -> np.ndarray:
        """(N, 3) for the head's vertices (V, 3) in this frame."""
        return self._weights @ vertices


def _upper(points: np.ndarray) -> np.ndarray:
    """(N,) whether each point is in the upper half of the tongue around it."""
    near = np.abs(points[:, 2:] - points[:, 2]) < SLICE
    high, low = (pick(np.where(near, points[:, 1], end), 1) for pick, end in ((np.max, -1.0), (np.min, 1.0)))
    return points[:, 1] > (high + low) / 2


def subdivision(quads: np.ndarray, count: int) -> tuple[sparse.csr_matrix, np.ndarray]:
    """(weights (N, count), quads (4 Q, 4)) of one step of Catmull and Clark (1978) on a closed surface of quads (Q, 4).

    The N new vertices: those that the quads use, one for each edge, one for each quad.
    """
    used, corners = np.unique(quads, return_inverse=True)
    corners = corners.reshape(quads.shape)
    points, faces = len(used), len(quads)
    ends = np.sort(np.stack([corners, np.roll(corners, -1, 1)], 2).reshape(-1, 2), 1)
    edges, of_corner = np.unique(ends, axis=0, return_inverse=True)
    of_corner = of_corner.reshape(faces, 4)

    def matrix(rows: np.ndarray, columns: np.ndarray, shape: tuple[int, int]) -> sparse.csr_matrix:
        return sparse.csr_matrix((np.ones(rows.size), (rows.ravel(), columns.ravel())), shape)

    number = np.repeat(np.arange(faces), 4)
    face_points = matrix(number, corners, (faces, points)) / 4
    beside = matrix(of_corner, number, (len(edges), faces)) / 2
    of_ends = matrix(np.repeat(np.arange(len(edges)), 2), edges, (len(edges), points)) / 2
    edge_points = (of_ends + beside @ face_points) / 2
    around_faces = matrix(corners, number, (points, faces))
    around_edges = matrix(edges, np.repeat(np.arange(len(edges)), 2), (points, len(edges)))
    valence = np.asarray(around_faces.sum(1)).ravel()
    mean = sparse.diags(1 / valence)
    old = mean @ around_faces @ face_points + 2 * mean @ around_edges @ of_ends
    old = sparse.diags(1 / valence) @ (old + sparse.diags(valence - 3) @ sparse.identity(points))
    place = matrix(np.arange(points), used, (points, count))
    weights = sparse.vstack([old, edge_points, face_points]) @ place
    edge, face = of_corner + points, np.arange(faces)[:, None] + points + len(edges)
    new = [np.stack([corners[:, i], edge[:, i], face[:, 0], edge[:, i - 1]], 1) for i in range(4)]
    return sparse.csr_matrix(weights, dtype=np.float32), np.concatenate(new)
