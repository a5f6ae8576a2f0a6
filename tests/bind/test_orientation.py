# SPDX-License-Identifier: GPL-3.0-or-later
"""Triangles that run against their neighbours, and faces that look into the head."""

from __future__ import annotations

import numpy as np
import pytest
import trimesh
from mien.bind.alignment import align
from mien.bind.mesh import mesh_of
from mien.bind.orientation import consistent_winding, faces_inwards
from mien.bind.picks import pick_positions
from mien.heads.default import load_head
from retopology import picked

HEAD = load_head()
SKIN = len(HEAD.opposite)
BALL = trimesh.creation.icosphere(2)


def test_a_mesh_whose_neighbours_agree_is_left_as_it_is() -> None:
    mesh = mesh_of(BALL.vertices, BALL.faces)
    assert consistent_winding(mesh) is mesh


@pytest.mark.parametrize("share", [0.02, 0.3])
def test_triangles_of_the_other_direction_are_turned(share: float) -> None:
    turned = np.random.default_rng(1).uniform(size=len(BALL.faces)) < share
    faces = np.where(turned[:, None], BALL.faces[:, ::-1], BALL.faces)
    consistent = consistent_winding(mesh_of(BALL.vertices, faces))
    assert trimesh.Trimesh(consistent.vertices, consistent.triangles, process=False).is_winding_consistent
    np.testing.assert_array_equal(np.sort(consistent.triangles), np.sort(BALL.faces))
    assert (consistent.triangles == BALL.faces).all()  # the fewer were turned


def test_each_piece_keeps_its_own_direction() -> None:
    vertices = np.concatenate([BALL.vertices, BALL.vertices + 5])
    faces = np.concatenate([BALL.faces, BALL.faces[:, ::-1] + len(BALL.vertices)])
    spoilt = faces.copy()
    spoilt[[3, -3]] = spoilt[[3, -3], ::-1]
    np.testing.assert_array_equal(consistent_winding(mesh_of(vertices, spoilt)).triangles, faces)


@pytest.mark.parametrize("inwards", [False, True])
def test_a_face_that_looks_inwards_is_noticed(inwards: bool) -> None:
    quads = HEAD.quads[(HEAD.quads < SKIN).all(1)]
    mesh = mesh_of(HEAD.vertices[:SKIN], quads[:, ::-1] if inwards else quads)
    aligned = align(mesh, pick_positions(picked(HEAD, HEAD.vertices), mesh), HEAD)
    assert faces_inwards(aligned, mesh, HEAD) is inwards
