# SPDX-License-Identifier: GPL-3.0-or-later
import numpy as np
import pytest
from mien.heads.default import load_head
from mien.preview.tongue import Tongue, subdivision

CUBE = np.array([[0, 1, 3, 2], [4, 6, 7, 5], [0, 4, 5, 1], [2, 3, 7, 6], [0, 2, 6, 4], [1, 5, 7, 3]])
CORNERS = np.array([(x, y, z) for x in (-1.0, 1.0) for y in (-1.0, 1.0) for z in (-1.0, 1.0)])


def test_a_cube_becomes_rounder_as_catmull_and_clark_have_it():
    weights, quads = subdivision(CUBE, 8)
    points = weights @ CORNERS
    assert points.shape == (26, 3) and quads.shape == (24, 4)
    # A corner goes to 5/9 of its place, an edge's middle to 3/4 of its own, a side's middle stays.
    np.testing.assert_allclose(np.abs(points[:8]), 5 / 9, atol=1e-6)
    np.testing.assert_allclose(np.sort(np.abs(points[8:20]), 1), [[0, 0.75, 0.75]] * 12, atol=1e-6)
    np.testing.assert_allclose(np.sort(np.abs(points[20:]), 1), [[0, 0, 1]] * 6, atol=1e-6)


def test_quads_keep_their_sides():
    weights, quads = subdivision(CUBE, 8)
    points = weights @ CORNERS

    def volume(places, faces):
        a, b, c, d = (places[faces[:, i]] for i in range(4))
        return float((np.einsum("ij,ij->i", a, np.cross(b, c)) + np.einsum("ij,ij->i", a, np.cross(c, d))).sum())

    assert 0 < volume(points, quads) / volume(CORNERS, CUBE) < 1


def test_weights_are_means_of_the_vertices_that_the_quads_use():
    weights, _ = subdivision(CUBE + 3, 20)
    np.testing.assert_allclose(np.asarray(weights.sum(1)), 1, atol=1e-6)
    assert not weights[:, :3].nnz and not weights[:, 11:].nnz


def test_the_tongue_follows_its_channel_and_is_furrowed_in_the_middle():
    head = load_head()
    tongue = Tongue(head)
    rest = tongue.place(head.vertices)
    out = tongue.place(head.vertices + head.deltas[head.channels.index("tongueOut")])
    assert (out - rest)[:, 2].max() > 0.02
    middle = np.abs(rest[:, 0]) < 0.0005
    top, under = middle & (rest[:, 1] > 0.068), middle & (rest[:, 1] < 0.064) & (rest[:, 2] > 0.1)
    assert tongue.furrow[top].max() < 0.7 < 0.99 < tongue.furrow[np.abs(rest[:, 0]) > 0.01].min()
    assert tongue.furrow[under].min() == 1.0  # seen where the tip is raised


@pytest.mark.parametrize("behind", [0.010, 0.014])
def test_the_back_of_the_tongue_is_lower_in_the_middle_and_at_its_edges(behind):
    head = load_head()
    rest = Tongue(head).place(head.vertices)
    slice_ = rest[np.abs(rest[:, 2].max() - behind - rest[:, 2]) < 0.0025]

    def height(across):
        return slice_[np.abs(np.abs(slice_[:, 0]) - across) < 0.0015, 1].max()

    assert height(0.005) > height(0.0) + 0.0002
    assert height(0.005) > height(0.012) + 0.0005
