# SPDX-License-Identifier: GPL-3.0-or-later
"""Skinning against the paper's equations written out vertex by vertex, and against answers known without them."""

from __future__ import annotations

import flame
import numpy as np
import pytest
import torch
from mien.heads.flame import PARENTS
from mien.heads.skinning import Skin, linear_blend_skinning, rotation_matrices

VERTICES = 5023


@pytest.fixture(scope="module")
def skin() -> Skin:
    """A random model of FLAME's shapes, float64."""
    result = flame.model(VERTICES)
    basis, pose_basis = (np.moveaxis(result[key], 2, 0).copy() for key in ("shapedirs", "posedirs"))
    return Skin(result["v_template"], basis, pose_basis, result["J_regressor"], result["weights"], PARENTS)


def random_pose(*shape: int, seed: int = 3) -> tuple[np.ndarray, np.ndarray]:
    seeded = np.random.default_rng(seed)
    return seeded.normal(size=(*shape, 400)), seeded.normal(0, 0.6, (*shape, 5, 3))


def rodrigues(vector: np.ndarray) -> np.ndarray:
    """The turn as the exponential of its cross product matrix: a power series."""
    x, y, z = vector
    cross = np.array([[0, -z, y], [z, 0, -x], [-y, x, 0]])
    term, total = np.eye(3), np.eye(3)
    for n in range(1, 40):
        term = term @ cross / n
        total = total + term
    return total


def naive(skin: Skin, coefficients: np.ndarray, pose: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """SMPL's equations with homogeneous matrices, one vertex after another."""
    turns = [rodrigues(vector) for vector in pose]
    shaped = skin.template.copy()
    for share, shape in zip(coefficients, skin.basis, strict=True):
        shaped = shaped + share * shape
    joints = np.array([sum(row[v] * shaped[v] for v in np.flatnonzero(row)) for row in skin.joint_regressor])
    features = np.concatenate([(turn - np.eye(3)).ravel() for turn in turns[1:]])
    for share, corrective in zip(features, skin.pose_basis, strict=True):
        shaped = shaped + share * corrective
    world = []
    for joint, parent in enumerate(skin.parents):
        local = np.eye(4)
        local[:3, :3] = turns[joint]
        local[:3, 3] = joints[joint] - (0 if parent < 0 else joints[parent])
        world.append(local if parent < 0 else world[parent] @ local)
    moved = []
    for matrix, joint in zip(world, joints, strict=True):
        back = np.eye(4)
        back[:3, 3] = -joint
        moved.append(matrix @ back)
    vertices = np.array(
        [
            (sum(w * m for w, m in zip(weights, moved, strict=True)) @ np.append(vertex, 1))[:3]
            for weights, vertex in zip(skin.weights, shaped, strict=True)
        ]
    )
    return vertices, np.array([matrix[:3, 3] for matrix in world])


def test_every_vertex_and_joint_is_where_the_equations_say(skin) -> None:
    coefficients, pose = random_pose()
    wanted = naive(skin, coefficients, pose)
    for actual, want in zip(linear_blend_skinning(skin, coefficients, pose), wanted, strict=True):
        assert actual.dtype == np.float64
        np.testing.assert_allclose(actual, want, rtol=0, atol=1e-12)


def test_torch_gives_the_same(skin) -> None:
    coefficients, pose = random_pose(2)
    wanted = linear_blend_skinning(skin, coefficients, pose)
    actual = linear_blend_skinning(skin.as_torch(), torch.from_numpy(coefficients), torch.from_numpy(pose))
    for ours, theirs in zip(actual, wanted, strict=True):
        np.testing.assert_allclose(ours.numpy(), theirs, rtol=0, atol=1e-12)
    single = linear_blend_skinning(
        skin.as_torch(dtype=torch.float32), torch.tensor(coefficients).float(), torch.tensor(pose).float()
    )
    np.testing.assert_allclose(single[0].numpy(), wanted[0], rtol=0, atol=2e-6)  # micrometres


def test_a_batch_is_its_frames_one_by_one(skin) -> None:
    coefficients, pose = random_pose(2, 2)
    together = linear_blend_skinning(skin, coefficients, pose)[0]
    for index in np.ndindex(2, 2):
        np.testing.assert_allclose(
            together[index], linear_blend_skinning(skin, coefficients[index], pose[index])[0], rtol=0, atol=1e-12
        )


def test_at_zero_the_template_stands(skin) -> None:
    vertices, joints = linear_blend_skinning(skin, np.zeros(400), np.zeros((5, 3)))
    np.testing.assert_allclose(vertices, skin.template, rtol=0, atol=1e-12)
    np.testing.assert_allclose(joints, skin.joint_regressor @ skin.template, rtol=0, atol=1e-12)


def test_one_coefficient_adds_its_shape_and_nothing_else(skin) -> None:
    for each in (0, 299, 300, 399):
        vertices, _ = linear_blend_skinning(skin, 2.0 * np.eye(400)[each], np.zeros((5, 3)))
        np.testing.assert_allclose(vertices, skin.template + 2 * skin.basis[each], rtol=0, atol=1e-12)


@pytest.mark.parametrize(("axis", "turned"), [(0, (0, 0, 1)), (1, (0, 1, 0)), (2, (-1, 0, 0))])  # a quarter turn of +y
def test_a_quarter_turn_about_each_axis(axis, turned) -> None:
    matrix = rotation_matrices(np.eye(3)[axis] * np.pi / 2)
    np.testing.assert_allclose(matrix @ (0, 1, 0), turned, atol=1e-15)


def test_the_root_turns_all_about_its_joint_and_the_jaw_only_what_hangs_on_it(skin) -> None:
    half = np.zeros((5, 3))
    half[0] = (0, np.pi, 0)
    root = skin.joint_regressor[0] @ skin.template
    vertices, _ = linear_blend_skinning(skin, np.zeros(400), half)
    np.testing.assert_allclose(vertices, (skin.template - root) * (-1, 1, -1) + root, atol=1e-14)

    bare = Skin(skin.template[:5], skin.basis[:, :5], 0 * skin.pose_basis[:, :5], np.eye(5), np.eye(5), PARENTS)
    nod = np.zeros((5, 3))
    nod[2] = (np.pi / 2, 0, 0)
    vertices, _ = linear_blend_skinning(bare, np.zeros(400), nod)
    np.testing.assert_allclose(vertices, bare.template, atol=1e-15)  # each vertex is a joint: none leaves its place
    nod[2], nod[1] = 0, (np.pi / 2, 0, 0)
    vertices, joints = linear_blend_skinning(bare, np.zeros(400), nod)
    neck = bare.template[1]
    wanted = (bare.template[2:] - neck) @ np.array([[1, 0, 0], [0, 0, 1], [0, -1, 0]]) + neck
    np.testing.assert_allclose(vertices[2:], wanted, atol=1e-15)  # jaw and eyes hang on the neck
    np.testing.assert_allclose(joints, vertices, atol=1e-15)


@pytest.mark.parametrize("size", [0.0, 1e-12, 1e-6, 3.0, np.pi, 7.0])
def test_no_angle_is_too_small_or_too_large(size) -> None:
    vector = np.array([2.0, -1.0, 2.0]) / 3 * size
    np.testing.assert_allclose(rotation_matrices(vector), rodrigues(vector), rtol=0, atol=1e-12)


def test_torch_has_a_slope_at_rest() -> None:
    """A fit starts at zero, where the length of the axis has no slope of its own."""
    still = torch.zeros(3, dtype=torch.float64, requires_grad=True)
    (rotation_matrices(still)[1, 2]).backward()
    np.testing.assert_allclose(still.grad.numpy(), [-1, 0, 0], atol=1e-12)
