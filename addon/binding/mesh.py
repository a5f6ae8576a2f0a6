# SPDX-License-Identifier: GPL-3.0-or-later
"""The default head's channels on the animator's own mesh: what is sent of it, and shape keys from what comes back."""

import bpy
import numpy as np

from ..formats.bind_files import Shapes, heat, mesh_file
from ..scene.apply import ApplyError
from ..shape_keys import keys
from . import picks

FIT = "Mien fit"  # colour attribute: the heat map
STILL = 1e-4  # of the largest movement: a channel that moves nothing further gets no key


def refusal(thing: bpy.types.Object | None) -> str:
    """Why this mesh cannot be bound now, '' when it can."""
    if thing is None or thing.type != "MESH":
        return "Select the mesh of a face"
    if thing.library is not None or thing.data.library is not None:
        return f"'{thing.name}' is linked from another file; make it local first"
    if thing.mode != "OBJECT":
        return f"'{thing.name}' is in {thing.mode.replace('_', ' ').capitalize()} Mode; go to Object Mode first"
    if not thing.data.polygons:
        return f"'{thing.name}' has no faces"
    if thing.data.shape_keys is not None and not thing.data.shape_keys.use_relative:
        return f"The shape keys of '{thing.name}' are absolute; turn Relative on for them first"
    lacks = picks.missing(thing)
    if lacks:
        return f"Not picked on '{thing.name}': {', '.join(point.label for point in lacks)}"
    return ""


def order(thing: bpy.types.Object, group: str) -> bytes:
    """The mesh as it is sent, at rest and without its modifiers; of a vertex group only what is in it may move.

    Raises ApplyError for a group that is not there or empty.
    """
    mesh = thing.data
    mesh.calc_loop_triangles()
    triangles = np.empty(len(mesh.loop_triangles) * 3, np.int32)
    mesh.loop_triangles.foreach_get("vertices", triangles)
    region = _region(thing, group) if group else None
    return mesh_file(keys.rest(mesh), triangles.reshape(-1, 3), region, picks.places(thing))


def put(thing: bpy.types.Object, shapes: Shapes) -> str:
    """A shape key for each channel, in place of those of an earlier binding, and the heat map; a sentence on it.

    Raises ApplyError, before anything is changed, where keys of those names are the animator's own.
    """
    mesh = thing.data
    before = set(mesh.shape_keys.get(keys.BOUND, ())) if mesh.shape_keys is not None else set()
    theirs = [name for name in keys.names(mesh) if name in shapes.channels and name not in before]
    if theirs:
        raise ApplyError(
            f"'{thing.name}' has shape keys {', '.join(theirs[:3])} of its own; rename or delete them, then bind again."
        )
    rest, reach = keys.rest(mesh), np.abs(shapes.deltas).max(initial=0.0)
    made = []
    for channel, delta in zip(shapes.channels, shapes.deltas, strict=True):
        if np.abs(delta).max(initial=0.0) <= STILL * reach:
            continue
        points = rest.copy()
        points[shapes.moved] += delta
        block = mesh.shape_keys.key_blocks.get(channel) if mesh.shape_keys is not None else None
        if block is None:
            keys.add(thing, channel, points)
        else:
            block.points.foreach_set("co", points.ravel())
        made.append(channel)
    for channel in before - set(made):
        thing.shape_key_remove(mesh.shape_keys.key_blocks[channel])
    if mesh.shape_keys is not None:
        mesh.shape_keys[keys.BOUND] = made
    _colour(mesh, shapes)
    mesh.update()
    fits = shapes.report.get("fit_mm") or {}
    measured = f" The head lies {fits['mean']:.1f} mm from it on average." if fits else ""
    return f"'{thing.name}' has {len(made)} of {len(shapes.channels)} channels as shape keys.{measured}"


def _region(thing: bpy.types.Object, name: str) -> np.ndarray:
    group = thing.vertex_groups.get(name)
    if group is None:
        raise ApplyError(f"'{thing.name}' has no vertex group '{name}' any more; choose the group of the face again.")
    region = np.zeros(len(thing.data.vertices), np.float32)
    for vertex in thing.data.vertices:
        for entry in vertex.groups:
            if entry.group == group.index:
                region[vertex.index] = entry.weight
    if not region.any():
        raise ApplyError(f"The vertex group '{name}' of '{thing.name}' is empty; assign the face to it.")
    return region


def _colour(mesh: bpy.types.Mesh, shapes: Shapes) -> None:
    layer = mesh.color_attributes.get(FIT)
    if layer is None:
        layer = mesh.color_attributes.new(FIT, "BYTE_COLOR", "POINT")
    layer.data.foreach_set("color_srgb", heat(shapes.distance).astype(np.float32).ravel())
