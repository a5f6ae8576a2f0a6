# SPDX-License-Identifier: GPL-3.0-or-later
"""Head rotation as curves of an object: the empty that bends the neck, or another that the animator chose."""

import bpy
import numpy as np
from mathutils import Euler, Matrix, Quaternion

from . import nla_layers
from .fcurves import Curve, constant_or_all

REST = "mien_rest"  # custom property: the object's rotation without Mien, as a quaternion
# R = Ry(yaw) Rx(pitch) Rz(roll) of head space is Rz(yaw) Rx(pitch) Ry(-roll) in Blender's axes; an Euler order is
# named from the rotation that is applied first.
ORDER = "YXZ"


def matrix(pitch: float, yaw: float, roll: float) -> Matrix:
    """One frame of head_rotation (radians, head space) as a 3x3 matrix in Blender's axes."""
    return Euler((pitch, -roll, yaw), ORDER).to_matrix()


def angles(rotations: list[Matrix]) -> np.ndarray:
    """(F, 3) head_rotation of 3x3 matrices in Blender's axes, without jumps by full turns: the inverse of `matrix`."""
    rows, last = [], None
    for rotation in rotations:
        last = rotation.to_euler(ORDER, last) if last is not None else rotation.to_euler(ORDER)
        rows.append((last.x, last.z, -last.y))
    return np.array(rows)


def rest_of(target: bpy.types.Object) -> Matrix:
    """The stored rotation to which takes add theirs, 3x3."""
    return Quaternion(target.get(REST, (1.0, 0.0, 0.0, 0.0))).to_matrix()


def remember_rest(target: bpy.types.Object) -> None:
    """Store the rotation to which takes add theirs. A target that Mien animates already keeps its stored one."""
    animated = nla_layers.animates(target)
    if REST in target and animated:
        return
    rotation = (_rest_rotation(target) if animated else None) or target.matrix_basis.to_quaternion()
    target[REST] = [float(value) for value in rotation]


def _rest_rotation(target: bpy.types.Object) -> Quaternion | None:
    """The rotation in Mien's rest layer, None without one. A library override keeps that layer when the file is saved
    and opened again, and loses custom properties."""
    layer = nla_layers.find(target, nla_layers.REST)
    if layer is None:
        return None
    now = {curve.array_index: curve.evaluate(0.0) for curve in layer.fcurves if curve.data_path == path_of(target)}
    values = [now[axis] for axis in sorted(now)]
    if len(values) != len(target.path_resolve(path_of(target))):
        return None
    if target.rotation_mode == "QUATERNION":
        return Quaternion(values)
    if target.rotation_mode == "AXIS_ANGLE":
        return Quaternion(values[1:], values[0])
    return Euler(values, target.rotation_mode).to_quaternion()


def path_of(target: bpy.types.Object) -> str:
    """The property with an object's rotation in its rotation mode."""
    named = {"QUATERNION": "rotation_quaternion", "AXIS_ANGLE": "rotation_axis_angle"}
    return named.get(target.rotation_mode, "rotation_euler")


def curves(target: bpy.types.Object, frames: np.ndarray, head_rotation: np.ndarray) -> list[Curve]:
    """Curves, in the target's rotation mode, of head_rotation (F, 3) at frames (F,) added to its rest."""
    rest = rest_of(target)
    rotations = [rest @ matrix(*map(float, angles)) for angles in head_rotation]
    path, values = rotation_values(target.rotation_mode, rotations)
    return [constant_or_all(path, axis, frames, values[:, axis]) for axis in range(values.shape[1])]


def rotation_values(mode: str, rotations: list[Matrix]) -> tuple[str, np.ndarray]:
    """(name of the property, (F, 3 or 4) float32 values) of rotations in a rotation mode, without jumps between
    frames."""
    if mode == "QUATERNION":
        path, rows = "rotation_quaternion", _continuous([rotation.to_quaternion() for rotation in rotations])
    elif mode == "AXIS_ANGLE":
        path, rows = "rotation_axis_angle", []
        for rotation in rotations:
            axis, angle = rotation.to_quaternion().to_axis_angle()
            rows.append((angle, *axis))
    else:
        path, rows, last = "rotation_euler", [], None
        for rotation in rotations:
            last = rotation.to_euler(mode, last) if last is not None else rotation.to_euler(mode)
            rows.append(tuple(last))
    return path, np.asarray(rows, np.float32)


def _continuous(quaternions: list[Quaternion]) -> list[tuple[float, ...]]:
    """The same rotations with signs that do not flip between frames, which would spin the head between two keys."""
    rows: list[tuple[float, ...]] = []
    for quaternion in quaternions:
        if rows and sum(a * b for a, b in zip(rows[-1], quaternion, strict=True)) < 0:
            quaternion = -quaternion
        rows.append(tuple(quaternion))
    return rows
