# SPDX-License-Identifier: GPL-3.0-or-later
"""Units, axes, place and mirror plane of a mesh, from picks."""

from __future__ import annotations

import numpy as np
import pytest
import retopology
from mien.bind.alignment import align
from mien.bind.mesh import mesh_of
from mien.bind.picks import NEEDED, pick_positions
from mien.heads.default import load_head, rotation_matrix

HEAD = load_head()
SKIN = len(HEAD.opposite)
QUADS = HEAD.quads[(HEAD.quads < SKIN).all(1)]
TURN = 7 * rotation_matrix(np.array([0.4, 2.0, -1.0]))
SHIFT = np.array([3.0, -20.0, 5.0])


@pytest.fixture(scope="module")
def man() -> np.ndarray:
    return HEAD.identities["old_man"].astype(float) @ TURN.T + SHIFT


def test_units_axes_and_the_plane_of_symmetry_are_found_from_one_side(man) -> None:
    mesh = mesh_of(man[:SKIN], QUADS)
    aligned = align(mesh, pick_positions(retopology.picked(HEAD, man), mesh), HEAD)
    assert aligned.symmetric and aligned.mirror_error < 1e-4
    np.testing.assert_allclose(aligned.vertices @ aligned.rotation.T + aligned.shift, mesh.vertices, atol=1e-9)
    np.testing.assert_allclose(aligned.vertices[HEAD.opposite] * (-1, 1, 1), aligned.vertices, atol=1e-5)
    assert aligned.unit == pytest.approx(7 * 1.11, rel=0.02)  # he is so much larger
    assert set(NEEDED) <= set(aligned.picks)
    np.testing.assert_allclose(aligned.picks["mouth_left"], aligned.picks["mouth_right"] * (-1, 1, 1), atol=1e-5)
    front = aligned.normals[HEAD.landmarks[30]]
    assert front[2] > 0.5  # the tip of the nose looks ahead


def test_a_crooked_face_is_no_mirror_image_and_needs_both_sides(man) -> None:
    crooked = HEAD.vertices.astype(float)
    crooked = crooked + np.array([0, 0.15, 0]) * np.maximum(crooked[:, :1], 0)
    mesh = mesh_of(crooked[:SKIN], QUADS)
    aligned = align(mesh, pick_positions(retopology.picked(HEAD, crooked, NEEDED), mesh), HEAD)
    assert not aligned.symmetric and aligned.mirror_error > 0.0012
