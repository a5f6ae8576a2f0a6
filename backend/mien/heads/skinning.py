# SPDX-License-Identifier: GPL-3.0-or-later
"""Linear blend skinning with corrective shapes: Loper et al. 2015 (SMPL), equations 2 to 10.

The same lines run on NumPy arrays and on torch tensors; what comes out is of the kind, dtype and device that went in.
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

    template (V, 3); basis (K, V, 3) what each coefficient adds; pose_basis (9 (J - 1), V, 3) what the entries of the
    rotations other than the first add, row by row, less the identity's; joint_regressor (J, V) makes joints of shaped
    vertices; weights (V, J) how far each joint carries a vertex; parents (J,) of each joint, -1 for the first, and
    every other's before itself.
    """

    template: Array
    basis: Array
    pose_basis: Array
    joint_regressor: Array
    weights: Array
    parents: tuple[int, ...]

    def as_torch(self, device: str = "cpu", dtype: Any = None) -> Skin:
        """The same as torch tensors."""
        import torch

        values = {each.name: getattr(self, each.name) for each in fields(self)}
        arrays = {
            name: torch.as_tensor(np.array(value), dtype=dtype, device=device)
            for name, value in values.items()
            if name != "parents"
        }
        return Skin(**arrays, parents=self.parents)


def skinned(skin: Skin, coefficients: Array, pose: Array) -> tuple[Array, Array]:
    """(vertices (..., V, 3), joints (..., J, 3)) for coefficients (..., K) and pose (..., J, 3), each joint's rotation
    about its own place as axis times angle in radians, relative to its parent."""
    shaped = skin.template + added(skin.basis, coefficients)
    rest = skin.joint_regressor @ shaped
    turns = rotation_matrices(pose)
    moves = (turns - rotation_matrices(pose * 0))[..., 1:, :, :].reshape(*turns.shape[:-3], -1)
    posed = shaped + added(skin.pose_basis, moves)
    turned, placed = [turns[..., 0, :, :]], [rest[..., 0, :]]
    for joint, parent in enumerate(skin.parents[1:], 1):
        bone = rest[..., joint, :] - rest[..., parent, :]
        turned.append(turned[parent] @ turns[..., joint, :, :])
        placed.append(_apply(turned[parent], bone) + placed[parent])
    vertices = posed * 0
    for joint, (turn, place) in enumerate(zip(turned, placed, strict=True)):
        about = place - _apply(turn, rest[..., joint, :])
        carried = posed @ turn.swapaxes(-1, -2) + about[..., None, :]
        vertices = vertices + skin.weights[:, joint, None] * carried
    return vertices, _kind(pose).stack(placed, -2)


def added(basis: Array, coefficients: Array) -> Array:
    """(..., V, 3) the sum of basis (K, V, 3) times coefficients (..., K)."""
    flat = coefficients @ basis.reshape(len(basis), basis.shape[1] * basis.shape[2])  # none of them, too
    return flat.reshape(*coefficients.shape[:-1], *basis.shape[1:])


def rotation_matrices(axis_angles: Array) -> Array:
    """(..., 3) axis times angle in radians -> (..., 3, 3), by Rodrigues' formula; no angle is too small for it."""
    kind = _kind(axis_angles)
    angle = kind.sqrt((axis_angles * axis_angles).sum(-1) + 1e-30)[..., None, None]  # torch: a slope at 0, too
    x, y, z = (axis_angles[..., i] for i in range(3))
    zero = x * 0
    cross = kind.stack([zero, -z, y, z, zero, -x, -y, x, zero], -1).reshape(*axis_angles.shape, 3)
    identity = kind.stack([zero + 1, zero, zero, zero, zero + 1, zero, zero, zero, zero + 1], -1).reshape(cross.shape)
    # sin(a) / a and (1 - cos(a)) / a^2, written with sinc(x) = sin(pi x) / (pi x)
    half = kind.sinc(angle / (2 * np.pi))
    return identity + kind.sinc(angle / np.pi) * cross + half * half / 2 * (cross @ cross)


def _apply(matrices: Array, points: Array) -> Array:
    """(..., 3, 3) and (..., 3) -> (..., 3)"""
    return (matrices @ points[..., None])[..., 0]


def _kind(array: Array) -> Any:
    """The module whose functions take this array: torch, if it is loaded at all, or numpy."""
    torch = sys.modules.get("torch")
    return torch if torch is not None and isinstance(array, torch.Tensor) else np
