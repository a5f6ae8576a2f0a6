# SPDX-License-Identifier: GPL-3.0-or-later
"""A mesh of a picture that bends as rigidly as it can (Sorkine and Alexa 2007, As-Rigid-As-Possible Surface
Modeling)."""

from __future__ import annotations

import numpy as np
from scipy.sparse import coo_matrix, diags
from scipy.sparse.linalg import splu

STEPS = 2


class RigidMesh:
    """rest (N, 2); triangles (T, 3); pull (N,): how much each vertex is held at its goal."""

    def __init__(self, rest: np.ndarray, triangles: np.ndarray, pull: np.ndarray) -> None:
        self._rest, self._pull = rest, pull[:, None]
        sides = np.concatenate([triangles[:, [0, 1]], triangles[:, [1, 2]], triangles[:, [2, 0]]])
        sides = np.unique(np.sort(sides, 1), axis=0)
        self._from, self._to = np.concatenate([sides[:, 0], sides[:, 1]]), np.concatenate([sides[:, 1], sides[:, 0]])
        count = len(rest)
        ones = np.ones(len(self._from))
        graph = coo_matrix((ones, (self._from, self._to)), (count, count)).tocsr()
        degree = np.asarray(graph.sum(1)).ravel()
        self._solver = splu((diags(degree + pull) - graph).tocsc())
        self._edges = rest[self._to] - rest[self._from]
        self._sums = coo_matrix((ones, (self._from, np.arange(len(ones)))), (count, len(ones))).tocsr()

    def __call__(self, goals: np.ndarray) -> np.ndarray:
        """(N, 2): where the vertices with these goals (N, 2) go."""
        places = goals
        for _ in range(STEPS):
            now = places[self._to] - places[self._from]
            # The rotation that fits best in the plane is the angle of one complex sum.
            rest = self._edges[:, 0] + 1j * self._edges[:, 1]
            turn = self._sums @ ((now[:, 0] + 1j * now[:, 1]) * rest.conj())
            turn /= np.maximum(np.abs(turn), 1e-12)
            wanted = -self._sums @ ((turn[self._from] + turn[self._to]) / 2 * rest)
            places = self._solver.solve(np.stack([wanted.real, wanted.imag], 1) + self._pull * goals)
        return places


def folded(rest: np.ndarray, places: np.ndarray, triangles: np.ndarray) -> np.ndarray:
    """(T,) bool: the triangles that are turned over."""
    return _areas(rest, triangles) * _areas(places, triangles) <= 0


def _areas(points: np.ndarray, triangles: np.ndarray) -> np.ndarray:
    a, b, c = (points[triangles[:, i]] for i in range(3))
    return (b[:, 0] - a[:, 0]) * (c[:, 1] - a[:, 1]) - (b[:, 1] - a[:, 1]) * (c[:, 0] - a[:, 0])
