# SPDX-License-Identifier: GPL-3.0-or-later
"""Eyeballs, teeth and other pieces beside the skin, on the default head itself, where they are known."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest
from mien.bind.alignment import AlignedMesh
from mien.bind.mesh import mesh_of
from mien.bind.parts import part_deltas, parts_of, skin_pieces
from mien.bind.picks import NEEDED, landmark_weights
from mien.heads.correspondence import vertex_normals
from mien.heads.default import load_head

HEAD = load_head()
SKIN = len(HEAD.opposite)
LASH = np.array([[0, 0, 0.003], [0.004, 0, 0.003], [0, 0.002, 0.004]])
HAT = np.array([[0, 0.5, 0], [0.1, 0.5, 0], [0, 0.6, 0.1]])


@pytest.fixture(scope="module")
def scene() -> SimpleNamespace:
    """The head with both rows of teeth, a lash on the lid and a hat above."""
    lid = HEAD.vertices[HEAD.landmarks[43]]
    pieces = [HEAD.vertices, HEAD.teeth_vertices, lid + LASH, HAT]
    starts = np.cumsum([0, *map(len, pieces)])
    faces = [HEAD.quads, HEAD.teeth_quads + starts[1]]
    triangles = [np.concatenate([each[:, [0, 1, 2]], each[:, [0, 2, 3]]]) for each in faces]
    triangles += [np.array([[0, 1, 2]]) + start for start in starts[2:4]]
    mesh = mesh_of(np.concatenate(pieces), np.concatenate(triangles))
    picks = dict(zip(NEEDED, landmark_weights(list(NEEDED), HEAD) @ HEAD.vertices, strict=True))
    normals = vertex_normals(mesh.vertices, mesh.triangles)
    aligned = AlignedMesh(mesh.vertices, normals, np.eye(3), np.zeros(3), picks, True, 0.0)
    fitted = HEAD.vertices[:SKIN].astype(float)
    skin = skin_pieces(mesh, aligned)
    return SimpleNamespace(
        mesh=mesh,
        aligned=aligned,
        fitted=fitted,
        skin=skin,
        starts=starts,
        parts=parts_of(mesh, aligned, HEAD, fitted, skin),
    )


def part_at(scene: SimpleNamespace, vertex: int):
    return next(part for part in scene.parts if vertex in part.vertices)


def test_the_skin_is_the_piece_under_the_picks(scene) -> None:
    assert scene.skin[:SKIN].all() and not scene.skin[SKIN:].any()


def test_every_piece_is_known_for_what_it_is(scene) -> None:
    assert part_at(scene, 4426).kind == "eye left" and part_at(scene, 4498).kind == "eye right"
    assert part_at(scene, 4200).kind == "jaw"  # the tongue
    for lower in (0, 1):
        tooth = scene.starts[1] + int(np.flatnonzero(HEAD.teeth_lower == lower)[0])
        assert part_at(scene, tooth).kind == ("jaw" if lower else "upper mouth")
    assert part_at(scene, scene.starts[2]).kind == "on skin" and part_at(scene, scene.starts[3]).kind == "left"


def of(scene: SimpleNamespace, vertex: int) -> tuple[np.ndarray, np.ndarray]:
    """(numbers (n,), movements (C, n, 3)) of the piece a vertex is in; the skin rises by 5 mm in its first channel."""
    deltas = np.zeros((len(HEAD.channels), len(scene.mesh.vertices), 3))
    deltas[0, scene.skin, 1] = 0.005
    part = part_at(scene, vertex)
    return part.vertices, part_deltas(part, scene.aligned, HEAD, scene.fitted, scene.skin, deltas)


def test_an_eye_turns_about_its_middle_towards_where_it_should_look(scene) -> None:
    rows, actual = of(scene, 4426)
    forward = int(np.flatnonzero(rows == 4426)[0])  # on the pupil's edge
    for name, axis, sign in (("eyeLookUpLeft", 1, 1), ("eyeLookDownLeft", 1, -1), ("eyeLookOutLeft", 0, 1)):
        delta = actual[HEAD.channels.index(name)]
        assert sign * delta[forward, axis] > 0.001
        before = scene.mesh.vertices[rows]
        distances = [np.linalg.norm(each[:, None] - each[None], axis=2) for each in (before, before + delta)]
        np.testing.assert_allclose(*distances, atol=1e-6)  # rigid
    still = [i for i, name in enumerate(HEAD.channels) if not name.startswith("eyeLook") or name.endswith("Right")]
    assert not actual[still].any()


def test_lower_teeth_go_with_the_jaw_and_upper_ones_stay(scene) -> None:
    lower = HEAD.teeth_lower > 0
    rows, actual = of(scene, scene.starts[1] + int(np.flatnonzero(lower)[0]))
    for number, name in enumerate(HEAD.teeth_channels):
        truth = HEAD.teeth_deltas[number][rows - scene.starts[1]]
        np.testing.assert_allclose(actual[HEAD.channels.index(name)], truth, atol=0.001)
    _, upper = of(scene, scene.starts[1] + int(np.flatnonzero(~lower)[0]))
    assert not upper.any()


def test_a_lash_goes_with_the_lid_and_a_hat_stays(scene) -> None:
    _, lash = of(scene, scene.starts[2])
    np.testing.assert_allclose(lash[0], [[0, 0.005, 0]] * 3)
    _, hat = of(scene, scene.starts[3])
    assert not hat.any()
