# SPDX-License-Identifier: GPL-3.0-or-later
"""The nearest point of a surface that looks the same way."""

from __future__ import annotations

import numpy as np
from mien.bind.surface import SPACING, Surface, open_edge

# A floor of two triangles, ten centimetres wide, and one above it that looks down.
PLACES = np.array([[0.0, 0, 0], [0.1, 0, 0], [0.1, 0.1, 0], [0, 0.1, 0]])
BOTH = np.concatenate([PLACES, PLACES + (0, 0, 0.01)])
TRIANGLES = np.array([[0, 1, 2], [0, 2, 3], [4, 6, 5], [4, 7, 6]])
NORMALS = np.array([[0.0, 0, 1]] * 4 + [[0.0, 0, -1]] * 4)


def surface(rim: bool = False) -> Surface:
    return Surface(BOTH, TRIANGLES, NORMALS, open_edge(8, TRIANGLES) & rim)


def test_the_side_that_looks_the_same_way_is_found_though_the_other_is_nearer() -> None:
    points = np.array([[0.05, 0.04, 0.008], [0.05, 0.04, 0.008]])
    number, height, actual = surface().nearest(points, np.array([[0, 0, 1.0], [0, 0, -1.0]]), 0.02, 0.5)
    assert actual.all()
    np.testing.assert_allclose(surface().points[number, 2], (0, 0.01))
    np.testing.assert_allclose(height, (0.008, 0.002), atol=1e-12)
    assert np.abs(surface().points[number, :2] - points[:, :2]).max() < SPACING


def test_nothing_is_found_out_of_reach_or_at_an_open_edge() -> None:
    up = np.array([[0, 0, 1.0]])
    assert not surface().nearest(np.array([[0.05, 0.05, -0.03]]), up, 0.02, 0.5)[2]
    beyond = np.array([[0.115, 0.05, 0.0]])
    assert surface().nearest(beyond, up, 0.02, 0.5)[2]
    assert not surface(rim=True).nearest(beyond, up, 0.02, 0.5)[2]


def test_open_edges() -> None:
    tetrahedron = np.array([[0, 1, 2], [0, 2, 3], [0, 3, 1], [1, 3, 2]])
    assert not open_edge(4, tetrahedron).any()
    assert open_edge(5, tetrahedron[:3]).tolist() == [False, True, True, True, False]
