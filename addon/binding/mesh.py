# SPDX-License-Identifier: GPL-3.0-or-later
"""The message that a mesh is bound by, and the shape keys that the backend returns for it."""

import bpy
import numpy as np

from ..formats.bind_files import Shapes, heat, mesh_file
from ..scene.apply import ApplyError
from ..shape_keys import keys
from . import picks
from .mouth_cut import cut_mouth, diagonals

FIT = "Mien fit"  # colour attribute: the heat map
STILL = 1e-4  # of the largest movement: channels that move less get no key


def refusal(obj: bpy.types.Object | None) -> str:
    """Why this mesh cannot be bound now, without a full stop; '' when it can."""
    if obj is None or obj.type != "MESH":
        return "Select the mesh of a face"
    if obj.library is not None or obj.data.library is not None:
        return f"'{obj.name}' is linked from another file; make it local first"
    if obj.mode != "OBJECT":
        return f"'{obj.name}' is in {obj.mode.replace('_', ' ').capitalize()} Mode; go to Object Mode first"
    if not obj.data.polygons:
        return f"'{obj.name}' has no faces"
    if obj.data.shape_keys is not None and not obj.data.shape_keys.use_relative:
        return f"The shape keys of '{obj.name}' are absolute; turn Relative on for them first"
    missing = picks.missing(obj)
    if missing:
        return f"Not picked on '{obj.name}': {', '.join(point.label for point in missing)}"
    return ""


def mesh_message(obj: bpy.types.Object, group: str) -> bytes:
    """The mesh file that is sent: vertices at rest without modifiers, triangles, picks and the region that may move.

    group: name of the vertex group of that region, '' for all. Raises ApplyError where it is missing or empty.
    """
    mesh = obj.data
    mesh.calc_loop_triangles()
    triangles = np.empty(len(mesh.loop_triangles) * 3, np.int32)
    mesh.loop_triangles.foreach_get("vertices", triangles)
    triangles = triangles.reshape(-1, 3)
    region = _region(obj, group) if group else None
    rest, positions = keys.rest(mesh), picks.positions(obj)
    return mesh_file(rest, triangles, region, positions, diagonals(mesh, triangles, rest, positions))


def add_shape_keys(obj: bpy.types.Object, shapes: Shapes) -> str:
    """Add a shape key for each channel, in place of those of an earlier binding, and the heat map; returns a sentence.
    A mouth that was one surface is cut open first, where the shapes say so.

    Raises ApplyError, before anything is changed, where the animator has keys of those names, or the mouth cannot be
    cut.
    """
    mesh = obj.data
    before = set(mesh.shape_keys.get(keys.BOUND, ())) if mesh.shape_keys is not None else set()
    conflicting = [name for name in keys.names(mesh) if name in shapes.channels and name not in before]
    if conflicting:
        raise ApplyError(
            f"'{obj.name}' has shape keys {', '.join(conflicting[:3])} of its own; rename or delete them, then bind "
            "again."
        )
    if len(shapes.doubled):
        cut_mouth(mesh, shapes.doubled, shapes.cut_triangles)
    rest, largest = keys.rest(mesh), np.abs(shapes.deltas).max(initial=0.0)
    added = []
    for channel, delta in zip(shapes.channels, shapes.deltas, strict=True):
        if np.abs(delta).max(initial=0.0) <= STILL * largest:
            continue
        points = rest.copy()
        points[shapes.moved] += delta
        block = mesh.shape_keys.key_blocks.get(channel) if mesh.shape_keys is not None else None
        if block is None:
            keys.add(obj, channel, points)
        else:
            block.points.foreach_set("co", points.ravel())
        added.append(channel)
    for channel in before - set(added):
        obj.shape_key_remove(mesh.shape_keys.key_blocks[channel])
    if mesh.shape_keys is not None:
        mesh.shape_keys[keys.BOUND] = added
    _colour(mesh, shapes)
    mesh.update()
    fit = shapes.report.get("fit_mm")
    measured = f" The head lies {fit['mean']:.1f} mm from it on average." if isinstance(fit, dict) and fit else ""
    return f"'{obj.name}' has {len(added)} of {len(shapes.channels)} channels as shape keys.{measured}"


def _region(obj: bpy.types.Object, name: str) -> np.ndarray:
    group = obj.vertex_groups.get(name)
    if group is None:
        raise ApplyError(f"'{obj.name}' has no vertex group '{name}' any more; choose the group of the face again.")
    region = np.zeros(len(obj.data.vertices), np.float32)
    for vertex in obj.data.vertices:
        for entry in vertex.groups:
            if entry.group == group.index:
                region[vertex.index] = entry.weight
    if not region.any():
        raise ApplyError(f"The vertex group '{name}' of '{obj.name}' is empty; assign the face to it.")
    return region


def _colour(mesh: bpy.types.Mesh, shapes: Shapes) -> None:
    layer = mesh.color_attributes.get(FIT)
    if layer is None:
        layer = mesh.color_attributes.new(FIT, "BYTE_COLOR", "POINT")
    layer.data.foreach_set("color_srgb", heat(shapes.distance).astype(np.float32).ravel())
