# SPDX-License-Identifier: GPL-3.0-or-later
"""Linear blend skinning with corrective shapes: Loper et al. 2015 (SMPL), equations 2 to 10.

The functions take NumPy arrays or torch tensors; the results have the type, dtype and device of the arguments.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass, fields
from typing import Any

import numpy as np

Array = Any  # numpy.ndarray or torch.Tensor, all of one kind in a call


@dataclass(frozen=True, eq=False)
class Skin:
    """V vertices, J joints, K coefficients, lengths in metres.

    template (V, 3); basis (K, V, 3): offsets per unit coefficient; pose_basis (9 (J - 1), V, 3): offsets per entry,
    row by row, of the rotations but the first, less the identity; joint_regressor (J, V) times the shaped vertices
    gives the joints; weights (V, J): skinning weights; parents (J,): -1 for the first joint, a lower index for others.
    """

    template: Array
    basis: Array
    pose_basis: Array
    joint_regressor: Array
    weights: Array
    parents: tuple[int, ...]

    def as_torch(self, device: str = "cpu", dtype: Any = None) -> Skin:
        """The Skin with torch tensors."""
        import torch

        values = {each.name: getattr(self, each.name) for each in fields(self)}
        arrays = {
            name: torch.as_tensor(np.array(value), dtype=dtype, device=device)
            for name, value in values.items()
            if name != "parents"
        }
        return Skin(**arrays, parents=self.parents)


def linear_blend_skinning(skin: Skin, coefficients: Array, pose: Array) -> tuple[Array, Array]:
    """(vertices (..., V, 3), joints (..., J, 3)) for coefficients (..., K) and pose (..., J, 3): the rotation of each
    joint relative to its parent, as axis times angle in radians."""
    shaped = skin.template + weighted_sum(skin.basis, coefficients)
    rest_joints = skin.joint_regressor @ shaped
    rotations = rotation_matrices(pose)
    pose_features = (rotations - rotation_matrices(pose * 0))[..., 1:, :, :].reshape(*rotations.shape[:-3], -1)
    posed = shaped + weighted_sum(skin.pose_basis, pose_features)
    world_rotations, world_positions = [rotations[..., 0, :, :]], [rest_joints[..., 0, :]]
    for joint, parent in enumerate(skin.parents[1:], 1):
        bone = rest_joints[..., joint, :] - rest_joints[..., parent, :]
        world_rotations.append(world_rotations[parent] @ rotations[..., joint, :, :])
        world_positions.append(_apply(world_rotations[parent], bone) + world_positions[parent])
    vertices = posed * 0
    for joint, (rotation, position) in enumerate(zip(world_rotations, world_positions, strict=True)):
        translation = position - _apply(rotation, rest_joints[..., joint, :])
        transformed = posed @ rotation.swapaxes(-1, -2) + translation[..., None, :]
        vertices = vertices + skin.weights[:, joint, None] * transformed
    return vertices, _kind(pose).stack(world_positions, -2)


def weighted_sum(basis: Array, coefficients: Array) -> Array:
    """(..., V, 3) the sum of basis (K, V, 3) times coefficients (..., K)."""
    flat = coefficients @ basis.reshape(len(basis), basis.shape[1] * basis.shape[2])  # K may be 0
    return flat.reshape(*coefficients.shape[:-1], *basis.shape[1:])


def rotation_matrices(axis_angles: Array) -> Array:
    """(..., 3) axis times angle in radians -> (..., 3, 3), by Rodrigues' formula; stable for small angles."""
    kind = _kind(axis_angles)
    angle = kind.sqrt((axis_angles * axis_angles).sum(-1) + 1e-30)[
        ..., None, None
    ]  # torch: so that it has a gradient at 0
    x, y, z = (axis_angles[..., i] for i in range(3))
    zero = x * 0
    cross = kind.stack([zero, -z, y, z, zero, -x, -y, x, zero], -1).reshape(*axis_angles.shape, 3)
    identity = kind.stack([zero + 1, zero, zero, zero, zero + 1, zero, zero, zero, zero + 1], -1).reshape(cross.shape)
    # sin(a) / a and (1 - cos(a)) / a^2, written with sinc(x) = sin(pi x) / (pi x)
    half = kind.sinc(angle / (2 * np.pi))
    return identity + kind.sinc(angle / np.pi) * cross + half * half / 2 * (cross @ cross)


def _apply(matrices: Array, points: Array) -> Array:
    """(..., 3) matrices (..., 3, 3) times points (..., 3)."""
    return (matrices @ points[..., None])[..., 0]


def _kind(array: Array) -> Any:
    """The module for this array: torch, where it is imported at all, or numpy."""
    torch = sys.modules.get("torch")
    return torch if torch is not None and isinstance(array, torch.Tensor) else np
