# SPDX-License-Identifier: GPL-3.0-or-later
"""Points that the animator picks on a mesh to align the default head with it, kept as empties."""

from dataclasses import dataclass

import bpy
import numpy as np
from mathutils import Vector
from mathutils.kdtree import KDTree

from ..shape_keys import keys

POINT = "mien_pick"  # custom property of an empty: the name of its point


@dataclass(frozen=True)
class Point:
    """name: as in the mesh file; label: for the animator; needed: False for a point that only improves the result."""

    name: str
    label: str
    needed: bool = True


# In the order of picking. Right is the head's own right.
POINTS = (
    Point("nose_tip", "tip of the nose"),
    Point("chin", "foremost point of the chin"),
    Point("eye_outer_right", "outer corner of the character's own right eye"),
    Point("eye_inner_right", "inner corner of the right eye"),
    Point("mouth_right", "right corner of the mouth"),
    Point("eye_outer_left", "outer corner of the character's own left eye"),
    Point("eye_inner_left", "inner corner of the left eye"),
    Point("mouth_left", "left corner of the mouth"),
    Point("eye_upper_right", "middle of the right upper lid's edge", needed=False),
    Point("eye_lower_right", "middle of the right lower lid's edge", needed=False),
    Point("eye_upper_left", "middle of the left upper lid's edge", needed=False),
    Point("eye_lower_left", "middle of the left lower lid's edge", needed=False),
    Point("lip_upper", "middle of the upper lip's edge, where it meets the lower", needed=False),
    Point("lip_lower", "middle of the lower lip's edge", needed=False),
)
MIRRORED = 0.9  # share of the vertices of a symmetric mesh that have a vertex at their mirror image
SIZE = 0.01  # of an empty, relative to the face
NEAR = 0.002  # tolerance of a mirror image, relative to the mesh


def points_to_pick(obj: bpy.types.Object) -> tuple[Point, ...]:
    """The points to pick on this mesh, needed ones first; without the left side where the mesh is symmetric."""
    left = not is_mirrored(obj)
    return tuple(point for point in POINTS if left or not point.name.endswith("_left"))


def is_mirrored(obj: bpy.types.Object) -> bool:
    """Whether the mesh is symmetric in its own x."""
    points = keys.rest(obj.data)
    if not len(points):
        return False
    tree = KDTree(len(points))
    for number, point in enumerate(points):
        tree.insert(point, number)
    tree.balance()
    tolerance = NEAR * float(np.ptp(points, axis=0).max())
    mirrored = points[:: max(1, len(points) // 2000)] * (-1, 1, 1)
    return sum(tree.find(point)[2] <= tolerance for point in mirrored) >= MIRRORED * len(mirrored)


def empties(obj: bpy.types.Object) -> dict[str, bpy.types.Object]:
    """name of a point -> its empty on this mesh."""
    return {child[POINT]: child for child in obj.children if child.type == "EMPTY" and POINT in child}


def positions(obj: bpy.types.Object) -> dict[str, list[float]]:
    """name of a point -> [x, y, z] of its empty in the mesh's own axes."""
    return {name: list(map(float, _position(empty))) for name, empty in empties(obj).items()}


def missing(obj: bpy.types.Object) -> list[Point]:
    """The needed points without an empty."""
    picked = empties(obj)
    return [point for point in points_to_pick(obj) if point.needed and point.name not in picked]


def place_empty(context: bpy.types.Context, obj: bpy.types.Object, name: str, position: Vector) -> bpy.types.Object:
    """Put the empty of this point at a position in the mesh's own axes."""
    empty = empties(obj).get(name)
    if empty is None:
        empty = bpy.data.objects.new(f"{obj.name} {name}", None)
        empty[POINT] = name
        empty.parent = obj
        empty.empty_display_type = "SPHERE"
        empty.show_in_front = True
        for collection in obj.users_collection or (context.collection,):
            collection.objects.link(empty)
    empty.matrix_parent_inverse.identity()
    empty.location = position
    size = SIZE * max(_face_size(obj), 1e-6)
    for other in empties(obj).values():  # the estimate of the face's size improves with every point
        other.empty_display_size = size
    return empty


def remove(obj: bpy.types.Object, names: set[str] | None = None) -> None:
    """Remove the empties of these points, by default of all."""
    for name, empty in empties(obj).items():
        if names is None or name in names:
            bpy.data.objects.remove(empty)


def ray_hit(context: bpy.types.Context, obj: bpy.types.Object, origin: Vector, direction: Vector) -> Vector | None:
    """Where a ray in world space hits the mesh first, in its own axes and at rest, at a vertex; None for no hit."""
    into = obj.matrix_world.inverted()
    begin = into @ origin
    ray = (into @ (origin + direction) - begin).normalized()
    shown = obj.evaluated_get(context.evaluated_depsgraph_get())
    hit, position, _, face = shown.ray_cast(begin, ray)
    if not hit:
        return None
    if len(shown.data.vertices) != len(obj.data.vertices):
        return position  # a modifier has added vertices: the hit itself is near enough to the mesh
    corners = shown.data.polygons[face].vertices
    nearest = min(corners, key=lambda number: (shown.data.vertices[number].co - position).length)
    return Vector(keys.rest(obj.data)[nearest].tolist())


def _position(empty: bpy.types.Object) -> Vector:
    """The empty's position in its mesh's axes; its world matrix is up to date only after an evaluation."""
    return (empty.matrix_parent_inverse @ empty.matrix_basis).translation


def _face_size(obj: bpy.types.Object) -> float:
    """Height of the face in the mesh's own units: from the picks, else a seventh of the mesh (a whole body)."""
    picked = positions(obj)
    if {"nose_tip", "chin"} <= set(picked):
        return 3.0 * (Vector(picked["nose_tip"]) - Vector(picked["chin"])).length
    return max(obj.dimensions) / max(max(obj.scale), 1e-9) / 7
