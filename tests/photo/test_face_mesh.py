# SPDX-License-Identifier: GPL-3.0-or-later
"""The face's own mesh: still at rest, lids that are painted when they shut, folds that shade, a mouth that fades."""

import numpy as np
import pytest
from mien.heads.correspondence import vertex_normals
from mien.photo.face_mesh import FaceMesh
from mien.photo.fit import fit_face
from rendered_faces import face


@pytest.fixture(scope="module")
def mesh() -> FaceMesh:
    return FaceMesh(fit_face(face()), np.zeros(52, np.float32))


def at(mesh: FaceMesh, **channels: float) -> np.ndarray:
    weights = np.zeros(52, np.float32)
    for name, value in channels.items():
        weights[mesh.face.head.channels.index(name)] = value
    return mesh.at(weights)


def test_rest_changes_nothing(mesh: FaceMesh) -> None:
    rest = at(mesh)
    assert np.array_equal(rest, mesh.rest)
    assert np.allclose(mesh.shade(rest), 1, atol=1e-6)
    assert not mesh.lid_share(rest).any()
    assert mesh.between_opacity(rest) == 1


def test_a_shut_lid_is_painted_and_an_open_mouth_is_not_the_photos(mesh: FaceMesh) -> None:
    assert mesh.lid_share(at(mesh, eyeBlinkLeft=1.0)).max() > 0.9
    left, right = mesh.lid_shadow(at(mesh, eyeBlinkLeft=1.0))
    assert left < 0.8 and right > 0.99
    assert mesh.between_opacity(at(mesh, jawOpen=0.8)) == 0
    assert mesh.parted(at(mesh, jawOpen=0.8)) == 1


def test_an_eye_that_is_carried_as_a_whole_does_not_blink(mesh: FaceMesh) -> None:
    moved = mesh.rest + np.array([2.0, 9.0, 0.0], np.float32)
    assert not mesh.lid_share(moved).any()
    assert np.allclose(mesh.shut(moved), 0)
    assert np.allclose(mesh.eye_motion(moved), [2, 9, 0], atol=1e-3)
    assert np.allclose(mesh.skull_motion(moved, mesh.rest), [2, 9, 0], atol=1e-3)


def test_a_frown_shades_the_brows_and_not_the_chin(mesh: FaceMesh) -> None:
    shade = mesh.shade(at(mesh, browDownLeft=1.0, browDownRight=1.0))
    assert shade.min() < 0.98
    low = mesh.rest[:, 1] > np.percentile(mesh.rest[:, 1], 90)
    assert np.allclose(shade[low], 1, atol=1e-3)


def test_triangles_of_lids_cover_the_strip_between_them(mesh: FaceMesh) -> None:
    assert mesh.rim_triangles.max() == len(mesh.rims) - 1
    assert mesh.between_triangles.max() == len(mesh.between) - 1


def test_skin_that_the_photo_saw_from_behind_is_not_shown(mesh: FaceMesh) -> None:
    normals = vertex_normals(mesh.rest.astype(float), mesh.triangles)
    inner = mesh.opacity == 1
    assert inner.mean() > 0.2
    assert (mesh.opacity[(normals[:, 2] > 0.1) & ~inner] == 0).all()


def test_a_whole_blink_brings_the_edges_of_the_lids_together_and_no_further(mesh: FaceMesh) -> None:
    for blink, low, high in ((0.5, 0.03, 0.08), (1.0, -0.012, 0.012)):
        places = at(mesh, eyeBlinkLeft=blink, eyeBlinkRight=blink)
        for upper, lower in mesh.lid_edges:
            gap = mesh.gap_of_lids(places[upper, :2], places[lower, :2]) / mesh.face.eye_distance
            assert low < gap < high
    assert np.allclose(mesh.lid_ways(at(mesh, eyeBlinkLeft=1.0, eyeBlinkRight=1.0)), 1, atol=0.01)


def test_the_lower_lid_keeps_the_photos_lashes(mesh: FaceMesh) -> None:
    share = mesh.lid_share(at(mesh, eyeBlinkLeft=1.0, eyeBlinkRight=1.0))
    for upper, lower in mesh.lid_edges:
        assert share[upper[4:-4]].min() > 0.9
        assert share[lower[3:-3]].max() < 0.15
