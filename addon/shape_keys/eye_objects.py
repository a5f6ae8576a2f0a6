# SPDX-License-Identifier: GPL-3.0-or-later
"""Curves of eyes that are objects: they turn about their middle as the take's gaze does."""

import bpy
import numpy as np
from mathutils import Matrix, Vector

from ..animation import head_rotation, nla_layers
from ..animation.fcurves import Curve, constant_or_all
from ..formats.take import Take
from . import gaze
from .bones import FACING, gaze_angles
from .facing import turn_of

REST_PLACE = "mien_rest_location"  # custom property: the location of an eye that turns about its middle
OFF_CENTRE = 0.05  # of its size: an origin farther from the middle does not stay in place


def chosen(speaker: bpy.types.Object, meshes) -> dict[str, bpy.types.Object]:
    """Left and Right -> the object that is turned; none where bones or keys turn the eyes."""
    mapping = speaker.mien_driving
    if gaze.way(speaker, meshes) != "OBJECTS":
        return {}
    left, right = mapping.eye_left_object, mapping.eye_right_object
    both = {"Left": left, "Right": right if right != left else None}
    return {side: obj for side, obj in both.items() if obj is not None and obj != speaker.mien.head_object}


def remember_rest(obj: bpy.types.Object) -> None:
    """Store the place and rotation to which takes add theirs; an eye that Mien animates already keeps them."""
    if not (REST_PLACE in obj and nla_layers.animates(obj)):
        obj[REST_PLACE] = list(obj.location)
    head_rotation.remember_rest(obj)


def curves(speaker: bpy.types.Object, side: str, obj: bpy.types.Object, take: Take, frames: np.ndarray) -> list[Curve]:
    """Curves of an eye object for a take at frames (F,). Call `remember_rest` first."""
    mapping = speaker.mien_driving
    pitch, yaw = (gaze.gains(speaker)[side] * angles for angles in gaze_angles(take, side))
    facing = Matrix.Rotation(FACING[mapping.facing], 3, "Z")
    space = _space(obj).inverted() @ _axes(speaker) @ facing
    rest, middle = head_rotation.rest_of(obj), _middle(obj)
    turns = [
        space @ head_rotation.matrix(down, left, 0.0) @ space.inverted()
        for down, left in zip(pitch.tolist(), yaw.tolist(), strict=True)
    ]
    rotations = [turn @ rest for turn in turns]
    path, values = head_rotation.rotation_values(obj.rotation_mode, rotations)
    out = [constant_or_all(path, axis, frames, values[:, axis]) for axis in range(values.shape[1])]
    if middle.length > 0.0:
        place, arm = Vector(obj.get(REST_PLACE, obj.location)), rest @ (Matrix.Diagonal(obj.scale) @ middle)
        places = np.array([tuple(place + arm - turn @ arm) for turn in turns], np.float32)
        out += [constant_or_all("location", axis, frames, places[:, axis]) for axis in range(3)]
    return out


def _middle(obj: bpy.types.Object) -> Vector:
    """The middle of an object in its own axes; zero where that is near enough to its origin."""
    if obj.type == "EMPTY":
        return Vector()
    corners = np.array(obj.bound_box)
    middle = Vector(corners.mean(0))
    return middle if middle.length > OFF_CENTRE * float(np.ptp(corners, axis=0).max()) else Vector()


def _axes(speaker: bpy.types.Object) -> Matrix:
    """The axes in which the face looks along `facing`: the armature's, or the upright ones of the face."""
    armature = speaker.mien_driving.armature
    return _rotation(armature.matrix_world) if armature is not None else turn_of(speaker)


def _space(obj: bpy.types.Object) -> Matrix:
    """The rotation of the space in which the object's own rotation is given, in the world, with its parents at rest."""
    parent = obj.parent
    if parent is None:
        return Matrix.Identity(3)
    space = _rotation(parent.matrix_world)
    if obj.parent_type == "BONE" and parent.type == "ARMATURE" and obj.parent_bone in parent.data.bones:
        space = space @ _rotation(parent.data.bones[obj.parent_bone].matrix_local)
    return space @ _rotation(obj.matrix_parent_inverse)


def _rotation(matrix: Matrix) -> Matrix:
    return matrix.to_quaternion().to_matrix()
