# SPDX-License-Identifier: GPL-3.0-or-later
"""FLAME as a head: what the parameters of an engine become, and takes of its vertices."""

from __future__ import annotations

from fractions import Fraction

import flame
import numpy as np
import pytest
from mien.heads.default import rotation_matrix
from mien.heads.flame import JAW, read_flame
from mien.heads.flame_file import FlameError
from mien.heads.flame_import import import_flame
from mien.heads.skinning import linear_blend_skinning
from mien.take import Take

MODEL = flame.model()


@pytest.fixture(scope="module")
def head(tmp_path_factory):
    folder = tmp_path_factory.mktemp("flame")
    (folder / "generic_model.pkl").write_bytes(flame.python2(flame.as_published(MODEL)))
    (folder / "embedding.pkl").write_bytes(flame.python2(flame.embedding(len(MODEL["f"]))))
    import_flame(folder / "generic_model.pkl", folder / "head", folder / "embedding.pkl")
    return read_flame(folder / "head")


def take(frames: int, rotation=(0.0, 0.0, 0.0), **fields) -> Take:
    turned = np.tile(np.float32(rotation), (frames, 1))
    return Take(fps=Fraction(25), duration=Fraction(frames, 25), head_rotation=turned, **fields)


def test_it_is_the_users_file(head) -> None:
    np.testing.assert_array_equal(head.template, MODEL["v_template"].astype(np.float32))
    np.testing.assert_array_equal(head.expression_basis[7], MODEL["shapedirs"][:, :, 307].astype(np.float32))
    np.testing.assert_array_equal(head.shape_basis[7], MODEL["shapedirs"][:, :, 7].astype(np.float32))
    np.testing.assert_array_equal(head.pose_basis[35], MODEL["posedirs"][:, :, 35].astype(np.float32))
    assert head.joint_regressor.shape == (5, 60) and head.licence.startswith("FLAME model licence")


def test_expression_jaw_and_shape_are_what_skinning_makes_of_them(head) -> None:
    seeded = np.random.default_rng(2)
    expression, jaw, shape = seeded.normal(size=(3, 50)), seeded.normal(0, 0.2, (3, 3)), seeded.normal(size=10)
    coefficients = np.zeros((3, 400))
    coefficients[:, :10], coefficients[:, 300:350] = shape, expression
    pose = np.zeros((3, 5, 3))
    pose[:, JAW] = jaw
    wanted = linear_blend_skinning(head.skin, coefficients, pose)[0]
    actual = head.shaped(shape).vertices(expression, jaw)
    assert actual.dtype == np.float32
    np.testing.assert_allclose(actual, wanted, rtol=0, atol=1e-6)
    at_rest = head.template + np.tensordot(shape, head.shape_basis[:10], 1)
    np.testing.assert_allclose(head.shaped(shape).template, at_rest, atol=1e-6)
    assert head.shaped(shape).shape == pytest.approx(shape) and head.shape == ()


def test_too_many_coefficients_are_refused(head) -> None:
    with pytest.raises(FlameError, match="this FLAME has 100 coefficients of expression; 101 were given"):
        head.vertices(np.zeros((1, 101)))
    with pytest.raises(FlameError, match="this FLAME has 300 coefficients of shape; 403 were given"):
        head.shaped(np.zeros(403))


def test_takes_of_vertices_and_of_a_basis_move_it(head) -> None:
    offsets = np.random.default_rng(3).normal(0, 0.01, (4, 60, 3)).astype(np.float32)
    actual = head.offsets(take(4, offsets=offsets))
    np.testing.assert_allclose(actual, offsets, atol=1e-7)
    np.testing.assert_allclose(head.faces(take(4, offsets=offsets)) - head.template, offsets, atol=1e-7)
    coefficients = np.eye(4, dtype=np.float32)[:, :2].copy()
    moved = head.offsets(take(4, basis=offsets[:2], coefficients=coefficients))
    np.testing.assert_allclose(moved, np.concatenate([offsets[:2], 0 * offsets[2:]]), atol=1e-7)


def test_head_movement_turns_all_but_the_root_about_the_neck(head) -> None:
    rotation = (0.3, -0.2, 0.1)
    still = np.zeros((1, 60, 3), np.float32)
    actual = head.template + head.offsets(take(1, rotation, offsets=still))[0]
    neck = (head.joint_regressor @ head.template)[1]
    turned = (head.template - neck) @ rotation_matrix(rotation).T + neck
    share = 1 - head.skin_weights[:, :1]
    np.testing.assert_allclose(actual, head.template + share * (turned - head.template), atol=1e-6)


def test_takes_of_something_else_are_refused(head) -> None:
    weights = np.zeros((1, 1), np.float32)
    with pytest.raises(FlameError, match="the take has channels and moves no FLAME"):
        head.offsets(take(1, channels=("jawOpen",), weights=weights))
    with pytest.raises(FlameError, match="the take moves 61 vertices and FLAME has 60"):
        head.faces(take(1, offsets=np.zeros((1, 61, 3), np.float32)))


def test_landmarks_are_points_of_triangles(head) -> None:
    result = flame.embedding(len(MODEL["f"]))
    actual = head.landmarks(np.stack([head.template, head.template + 1]))
    corners = head.template[MODEL["f"][result["lmk_face_idx"][13]].astype(int)]
    np.testing.assert_allclose(actual[0, 13], result["lmk_b_coords"][13] @ corners, atol=1e-6)
    np.testing.assert_allclose(actual[1], actual[0] + 1, atol=1e-6)
