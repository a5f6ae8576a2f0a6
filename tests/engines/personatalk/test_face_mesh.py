# SPDX-License-Identifier: GPL-3.0-or-later
import numpy as np
from mien.engines.personatalk.face_mesh import VERTICES, eye_distance, mesh_vertices, rigid_ring, triangles
from mien.face_tracking.head_pose import HeadPose
from mien.face_tracking.landmark_indices import FACE, FACE_OVAL
from talkers import talker


def test_the_band_closes_the_ring() -> None:
    mesh = triangles()
    assert mesh.max() == VERTICES - 1 and len(mesh) == 898 + 2 * len(FACE_OVAL)
    edges = {tuple(sorted(pair)) for t in mesh.tolist() for pair in zip(t, t[1:] + t[:1], strict=True)}
    assert {tuple(sorted((FACE + i, FACE + (i + 1) % 36))) for i in range(36)} <= edges


def test_the_ring_lies_outside_the_face() -> None:
    rest = talker(30).shapes.rest
    middle = rest[list(FACE_OVAL)].mean(0)
    near, far = (
        np.linalg.norm((points - middle)[:, :2], axis=1) for points in (rest[list(FACE_OVAL)], rigid_ring(rest))
    )
    assert (far > 1.2 * near).all()


def test_the_ring_goes_with_the_head_alone() -> None:
    made = talker(30)
    pose = made.shapes.pose
    still = HeadPose(pose.turn[:2] * 0 + np.eye(3), np.ones(2), np.zeros((2, 3)))
    vertices = mesh_vertices(made.shapes.shapes[[0, 4]], still, made.shapes.ring)
    assert vertices.shape == (2, VERTICES, 3)
    np.testing.assert_allclose(vertices[0, FACE:], vertices[1, FACE:])
    assert np.abs(vertices[0, :FACE] - vertices[1, :FACE]).max() > 0.05


def test_the_unit_is_the_eyes_distance() -> None:
    np.testing.assert_allclose(eye_distance(talker(30).shapes.shapes), 1, atol=0.02)
