# SPDX-License-Identifier: GPL-3.0-or-later
"""Points picked on a mesh, by which the default head is laid over it: empties that can be moved and looked at."""

from dataclasses import dataclass

import bpy
import numpy as np
from mathutils import Vector
from mathutils.kdtree import KDTree

from ..shape_keys import keys

POINT = "mien_pick"  # custom property of an empty: which point of the face it is


@dataclass(frozen=True)
class Point:
    """name as the backend has it; label for the animator; `needed`, or only worth it."""

    name: str
    label: str
    needed: bool = True


# In the order in which they are asked for. Right is the head's own.
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
MIRRORED = 0.9  # of the vertices have one at their mirror image, where the mesh is its own
SIZE = 0.01  # of an empty, in the face's own size
NEAR = 0.002  # of the mesh's size that a mirror image may be off


def asked(thing: bpy.types.Object) -> tuple[Point, ...]:
    """The points to pick on this mesh, needed ones first; of a symmetric one the head's right side is enough."""
    left = not is_mirrored(thing)
    return tuple(point for point in POINTS if left or not point.name.endswith("_left"))


def is_mirrored(thing: bpy.types.Object) -> bool:
    """Whether the mesh is its own mirror image across its own x."""
    points = keys.rest(thing.data)
    if not len(points):
        return False
    tree = KDTree(len(points))
    for number, point in enumerate(points):
        tree.insert(point, number)
    tree.balance()
    reach = NEAR * float(np.ptp(points, axis=0).max())
    seen = points[:: max(1, len(points) // 2000)] * (-1, 1, 1)
    return sum(tree.find(point)[2] <= reach for point in seen) >= MIRRORED * len(seen)


def empties(thing: bpy.types.Object) -> dict[str, bpy.types.Object]:
    """name -> the empty that marks it on this mesh."""
    return {child[POINT]: child for child in thing.children if child.type == "EMPTY" and POINT in child}


def places(thing: bpy.types.Object) -> dict[str, list[float]]:
    """name -> [x, y, z] in the mesh's own axes, of every pick."""
    return {name: [float(each) for each in _inside(empty)] for name, empty in empties(thing).items()}


def missing(thing: bpy.types.Object) -> list[Point]:
    """Needed points that have not been picked."""
    found = empties(thing)
    return [point for point in asked(thing) if point.needed and point.name not in found]


def put(context: bpy.types.Context, thing: bpy.types.Object, name: str, place: Vector) -> bpy.types.Object:
    """The empty of this name at a place in the mesh's own axes."""
    empty = empties(thing).get(name)
    if empty is None:
        empty = bpy.data.objects.new(f"{thing.name} {name}", None)
        empty[POINT] = name
        empty.parent = thing
        empty.empty_display_type = "SPHERE"
        empty.show_in_front = True
        for collection in thing.users_collection or (context.collection,):
            collection.objects.link(empty)
    empty.matrix_parent_inverse.identity()
    empty.location = place
    size = SIZE * max(_face_size(thing), 1e-6)
    for each in empties(thing).values():  # how large the face is, is known better with every point
        each.empty_display_size = size
    return empty


def remove(thing: bpy.types.Object, names: set[str] | None = None) -> None:
    """Take picks away; all of them when none are named."""
    for name, empty in empties(thing).items():
        if names is None or name in names:
            bpy.data.objects.remove(empty)


def under(context: bpy.types.Context, thing: bpy.types.Object, origin: Vector, direction: Vector) -> Vector | None:
    """The place of the mesh, in its own axes and at rest, that a ray in world space meets first; None for none."""
    into = thing.matrix_world.inverted()
    begin = into @ origin
    ahead = (into @ (origin + direction) - begin).normalized()
    shown = thing.evaluated_get(context.evaluated_depsgraph_get())
    met, place, _, face = shown.ray_cast(begin, ahead)
    if not met:
        return None
    if len(shown.data.vertices) != len(thing.data.vertices):
        return place  # a modifier has made other vertices: the place itself is near enough to the mesh
    corners = shown.data.polygons[face].vertices
    nearest = min(corners, key=lambda number: (shown.data.vertices[number].co - place).length)
    return Vector(keys.rest(thing.data)[nearest].tolist())


def _inside(empty: bpy.types.Object) -> Vector:
    """Where it is in its mesh's axes; its world matrix would be known only after Blender has drawn it."""
    return (empty.matrix_parent_inverse @ empty.matrix_basis).translation


def _face_size(thing: bpy.types.Object) -> float:
    """The mesh's own units in the face's height, as far as picks tell, else a seventh of the mesh (a whole body)."""
    found = places(thing)
    if {"nose_tip", "chin"} <= set(found):
        return 3.0 * (Vector(found["nose_tip"]) - Vector(found["chin"])).length
    return max(thing.dimensions) / max(max(thing.scale), 1e-9) / 7
