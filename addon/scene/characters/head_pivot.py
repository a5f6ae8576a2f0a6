# SPDX-License-Identifier: GPL-3.0-or-later
"""An empty that turns a head which nothing else turns: a mesh of a head alone, as scans and FLAME are, without armature
and parent."""

import bpy
import numpy as np
from mathutils import Matrix, Vector

from ...shape_keys.facing import turn_of

HEIGHT = (1.15, 2.3)  # of a head with its neck, in widths; with shoulders it is less, a whole body more
PIVOT_HEIGHT, PIVOT_DEPTH = 0.32, 0.6  # of a head with its neck: where the skull sits on the spine, from chin and nose


def is_head_alone(face: bpy.types.Object) -> bool:
    """Whether the mesh is a head with its neck, by its shape, and nothing carries it."""
    if face.parent is not None or face.library is not None or face.override_library is not None:
        return False
    (width, _, height), _ = _box(face)
    return width > 0 and HEIGHT[0] <= height / width <= HEIGHT[1]


def add(scene: bpy.types.Scene, face: bpy.types.Object) -> bpy.types.Object:
    """The empty, upright and facing as the face does, now the face's parent; the face stays where it is."""
    empty = bpy.data.objects.new(f"{face.name} head", None)
    for collection in face.users_collection or (scene.collection,):
        collection.objects.link(empty)
    (_, depth, height), least = _box(face)
    turn = turn_of(face)
    place = turn @ Vector((*_middle(face)[:1], least[1] + PIVOT_DEPTH * depth, least[2] + PIVOT_HEIGHT * height))
    empty.matrix_world = Matrix.Translation(place) @ turn.to_4x4()
    empty.empty_display_size = 0.6 * depth
    world = face.matrix_world.copy()
    face.parent = empty
    face.matrix_parent_inverse = (Matrix.Translation(place) @ turn.to_4x4()).inverted()
    face.matrix_world = world
    return empty


def _corners(face: bpy.types.Object) -> np.ndarray:
    """(8, 3) the corners of the face's box, along the axes in which it looks along -y."""
    back = turn_of(face).inverted()
    return np.array([back @ (face.matrix_world @ Vector(corner)) for corner in face.bound_box])


def _box(face: bpy.types.Object) -> tuple[np.ndarray, np.ndarray]:
    """(width, depth and height, the least corner)."""
    corners = _corners(face)
    return np.ptp(corners, axis=0), corners.min(0)


def _middle(face: bpy.types.Object) -> np.ndarray:
    corners = _corners(face)
    return (corners.min(0) + corners.max(0)) / 2
