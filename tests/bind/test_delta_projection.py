# SPDX-License-Identifier: GPL-3.0-or-later
"""Movements go over to the vertices that lie on the head; a torn vertex and the mouth's inside follow the rest."""

from __future__ import annotations

import numpy as np
from mien.bind.delta_projection import project_deltas

SIDE = 21  # vertices along each side of a sheet of 4 cm


def sheet(z: float = 0.0) -> tuple[np.ndarray, np.ndarray]:
    x, y = np.meshgrid(np.linspace(0, 0.04, SIDE), np.linspace(0, 0.04, SIDE), indexing="ij")
    vertices = np.stack([x.ravel(), y.ravel(), np.full(SIDE * SIDE, z)], 1)
    number = np.arange(SIDE * SIDE).reshape(SIDE, SIDE)
    a, b, c, d = (each.ravel() for each in (number[:-1, :-1], number[1:, :-1], number[1:, 1:], number[:-1, 1:]))
    return vertices, np.concatenate([np.stack([a, b, c], 1), np.stack([a, c, d], 1)])


UP = np.tile([0.0, 0, 1], (SIDE * SIDE, 1))
FACE = np.ones(SIDE * SIDE, bool)


def test_a_vertex_takes_its_share_of_the_triangle_it_lies_on() -> None:
    fitted, triangles = sheet()
    deltas = np.stack([fitted * (0.1, 0.2, 0.0), fitted[:, [1, 0, 2]] * 0.3])  # linear: shares give them back exactly
    vertices = fitted * 0.9 + (0.0013, 0.0021, 0.0005)
    actual = project_deltas(vertices, UP, triangles, fitted, triangles, deltas, FACE)
    np.testing.assert_allclose(actual.deltas[0], (vertices * (0.1, 0.2, 0.0)), atol=1e-9)
    np.testing.assert_allclose(actual.deltas[1][:, :2], vertices[:, [1, 0]] * 0.3, atol=1e-9)
    np.testing.assert_allclose(actual.distance, 0.0005, atol=1e-9)
    assert actual.on_face.all()


def test_what_lies_on_nothing_follows_what_is_around_it() -> None:
    fitted, triangles = sheet()
    deltas = np.full((1, len(fitted), 3), 0.001)
    vertices = fitted.copy()
    pit = np.linalg.norm(fitted[:, :2] - 0.02, axis=1) < 0.006
    vertices[pit, 2] -= 0.03
    actual = project_deltas(vertices, UP, triangles, fitted, triangles, deltas, FACE)
    assert np.isnan(actual.distance[pit]).all() and np.isfinite(actual.distance[~pit]).all()
    np.testing.assert_allclose(actual.deltas, 0.001, rtol=1e-3)


def test_what_is_far_stays_still() -> None:
    fitted, triangles = sheet()
    actual = project_deltas(fitted + (1, 0, 0), UP, triangles, fitted, triangles, np.ones((1, len(fitted), 3)), FACE)
    assert not actual.deltas.any() and not actual.on_face.any()


def test_a_lip_that_was_taken_for_the_other_follows_its_own() -> None:
    """Two sheets, cut apart along a line; the lower one moves by 3 cm. A row of the upper one reaches over the line."""
    fitted, triangles = sheet()
    low = fitted[:, 1] < 0.0195
    cut = triangles[(low[triangles].sum(1) % 3) == 0]
    deltas = np.zeros((1, len(fitted), 3))
    deltas[0, low, 1] = -0.03
    vertices = fitted.copy()
    edge = (fitted[:, 1] > 0.0195) & (fitted[:, 1] < 0.0205) & (fitted[:, 0] > 0.01) & (fitted[:, 0] < 0.03)
    vertices[edge, 1] -= 0.0035
    actual = project_deltas(vertices, UP, cut, fitted, cut, deltas, FACE)
    np.testing.assert_allclose(actual.deltas[0, ~low], 0, atol=1e-4)
    np.testing.assert_allclose(actual.deltas[0, low, 1], -0.03, atol=1e-4)
