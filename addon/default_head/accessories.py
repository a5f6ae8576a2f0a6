# SPDX-License-Identifier: GPL-3.0-or-later
"""Accessories of the default head: teeth with gums, smooth eyes, brows and lashes.

The mesh of the face keeps its vertices, so teeth and eyes are objects of their own. They cannot be selected in the
viewport, so that a click on them selects the head.
"""

import bpy
import numpy as np
from mathutils import Matrix, Vector

from ..formats.head_file import Accessories, HeadFile
from ..shape_keys import keys
from . import creases, eye_material, face_picture, skin_material, strands

TEETH, EYES = "Mien teeth", ("Mien eye left", "Mien eye right")
BROW_LAYER = "Mien brows"
FRONT = 0.03  # metres in head space: quads further back are not painted by the brows' front view
SLIDER = 10.0  # Blender's hard limit: the sliders of the head's keys limit the jaw
COVER = 1.01  # scale of the ball: parts of the mesh's eye stand out by a hundredth of its radius
AROUND = 48  # vertices in a ring of an eyeball
# Rings of an eyeball in degrees from its axis; two are the rims of the pupil and the iris.
RINGS = (3.0, 5.5, 8.1, 12.0, 16.0, 19.5, 22.6, 27.0, 33.0, 40.0, 48.0, 57.0, 67.0, 78.0, 90.0, 104.0)
PUPIL, IRIS = 8.1, 22.6


def add_accessories(
    context: bpy.types.Context,
    speaker: bpy.types.Object,
    neck: bpy.types.Object,
    head: HeadFile,
    accessories: Accessories,
) -> None:
    """Add teeth, eyes and brows to a new head that has them; `neck` rotates it."""
    _add_teeth(context, speaker, neck, accessories)
    context.view_layer.update()  # positions of anchors are known after the evaluation
    for name, ball, anchors in zip(EYES, accessories.eyeballs, accessories.eye_anchors, strict=True):
        _add_eye(
            context, speaker, name, ball, anchors, eye_material.materials(PUPIL, IRIS, head.identity, head.materials)
        )
    vertices = head.vertices if head.painted is None else head.painted
    _paint_brows(speaker.data, accessories, vertices, head.brow_colour)
    if head.strands is not None:
        colour = head.brow_colour or skin_material.HAIR
        ribbons = _object(context, strands.NAME, strands.add_mesh(head.strands, head.vertices, colour, head.identity))
        ribbons.parent = speaker
        strands.follow(ribbons, speaker)
    if head.creases:
        creases.add_drivers(speaker, head.creases)
        for material in speaker.data.materials:
            if skin_material.kind_of(material) == "Mien skin":
                creases.add_nodes(material, head.creases, BROW_LAYER, accessories.brow_window)


def _piece(context: bpy.types.Context, name: str, points: np.ndarray, faces: list) -> bpy.types.Object:
    mesh = bpy.data.meshes.new(name)
    mesh.from_pydata(points.tolist(), [], faces)
    mesh.shade_smooth()
    return _object(context, name, mesh)


def _object(context: bpy.types.Context, name: str, mesh: bpy.types.Mesh) -> bpy.types.Object:
    obj = bpy.data.objects.new(name, mesh)
    context.collection.objects.link(obj)
    obj.hide_select = True
    return obj


def _add_teeth(
    context: bpy.types.Context, speaker: bpy.types.Object, neck: bpy.types.Object, accessories: Accessories
) -> bpy.types.Object:
    rest = keys.to_blender(accessories.teeth_vertices)
    teeth = _piece(context, TEETH, rest, accessories.teeth_quads.tolist())
    teeth.parent = speaker
    for name, colour, roughness in (("enamel", (0.80, 0.76, 0.68), 0.22), ("gum", (0.48, 0.17, 0.16), 0.35)):
        teeth.data.materials.append(skin_material.wet_material(name, colour, roughness))
    gum = accessories.teeth_gum[accessories.teeth_quads[:, 0]]
    teeth.data.polygons.foreach_set("material_index", gum.astype(np.int32))
    teeth.data.update()
    for channel, delta in zip(accessories.teeth_channels, accessories.teeth_deltas, strict=True):
        block = keys.add(teeth, channel, rest + keys.to_blender(delta))
        block.slider_min, block.slider_max = -SLIDER, SLIDER
        add_driver(block, speaker.data.shape_keys, channel)
    teeth.active_shape_key_index = 0
    _hook(teeth, neck)
    smooth = teeth.modifiers.new("Subdivision", "SUBSURF")
    smooth.levels, smooth.render_levels = 0, 1
    return teeth


def carry(
    context: bpy.types.Context, speaker: bpy.types.Object, neck: bpy.types.Object, name: str, mesh: bpy.types.Mesh
) -> bpy.types.Object:
    """Add an object of a mesh that moves with the skull."""
    obj = _object(context, name, mesh)
    obj.parent = speaker
    _hook(obj, neck)
    return obj


def _hook(obj: bpy.types.Object, neck: bpy.types.Object) -> None:
    """Let the neck carry all of an object; a Hook without a group moves nothing."""
    group = obj.vertex_groups.new(name="neck")
    group.add(list(range(len(obj.data.vertices))), 1.0, "REPLACE")
    hook = obj.modifiers.new("Mien neck", "HOOK")
    hook.object, hook.vertex_group, hook.falloff_type = neck, group.name, "NONE"
    hook.matrix_inverse = Matrix.Translation(-neck.location)


def add_driver(block: bpy.types.ShapeKey, shape_keys: bpy.types.Key, channel: str) -> None:
    """Add a driver that copies the value of the head's key. Without Python, so that files need no permission to run
    scripts."""
    driver = block.driver_add("value").driver
    driver.type = "SUM"
    variable = driver.variables.new()
    target = variable.targets[0]
    target.id_type = "KEY"
    target.id, target.data_path = shape_keys, keys.value_path(channel)


def _add_eye(
    context: bpy.types.Context,
    speaker: bpy.types.Object,
    name: str,
    ball: np.ndarray,
    anchors: np.ndarray,
    materials: list[bpy.types.Material],
) -> bpy.types.Object:
    """A ball with three vertices of the head's eye as its parent, which keys, caches and the neck move."""
    points, faces, outer = _ball(float(ball[3]) * COVER)
    eye = _piece(context, name, points, faces)
    for material in materials:
        eye.data.materials.append(material)
    eye.data.polygons.foreach_set("material_index", np.where(outer > IRIS, 0, np.where(outer > PUPIL, 1, 2)))
    eye.data.update()
    eye.parent, eye.parent_type = speaker, "VERTEX_3"
    eye.parent_vertices = [int(vertex) for vertex in anchors]
    context.view_layer.update()
    parent_frame = speaker.matrix_world.inverted() @ eye.matrix_world  # the parent's transform
    eye.matrix_parent_inverse = parent_frame.inverted()
    gaze = Vector(keys.to_blender(ball[4:]).tolist())
    side = Vector((0.0, 0.0, 1.0)).cross(gaze).normalized()
    turn = Matrix((side, gaze.cross(side), gaze)).transposed().to_4x4()  # the axis of the ball is its z
    eye.matrix_basis = Matrix.Translation(Vector(keys.to_blender(ball[:3]).tolist())) @ turn
    return eye


def _ball(radius: float) -> tuple[np.ndarray, list, np.ndarray]:
    """(points (N, 3), faces, the outer ring of each face in degrees) of a ball with its axis along z."""
    angle = np.radians(RINGS)[:, None]
    turn = np.arange(AROUND) * 2 * np.pi / AROUND
    rings = np.stack([np.sin(angle) * np.cos(turn), np.sin(angle) * np.sin(turn), np.cos(angle) + 0 * turn], -1)
    points = np.concatenate([[[0.0, 0.0, 1.0]], rings.reshape(-1, 3)]) * radius
    i = np.arange(AROUND)
    j = (i + 1) % AROUND
    faces = np.stack([0 * i, 1 + i, 1 + j], -1).tolist()
    for ring in range(len(RINGS) - 1):
        a, b = 1 + ring * AROUND, 1 + (ring + 1) * AROUND
        faces += np.stack([a + i, b + i, b + j, a + j], -1).tolist()
    return points, faces, np.repeat(RINGS, AROUND)


def _paint_brows(
    mesh: bpy.types.Mesh, accessories: Accessories, vertices: np.ndarray, colour: tuple[float, ...] | None
) -> None:
    """Paint brows and lashes on the skin, with a UV layer that is a front view of the face `vertices` (V, 3)."""
    corners = np.empty(len(mesh.loops), np.int32)
    mesh.loops.foreach_get("vertex_index", corners)
    x, y, width, height = accessories.brow_window
    uvs = (vertices[corners, :2] - (x, y)) / (width, height)
    quads = corners.reshape(-1, 4)
    behind = vertices[quads, 2].mean(1) < FRONT
    uvs[np.repeat(behind, 4)] = -1.0  # outside the picture
    shown = mesh.uv_layers.active
    layer = mesh.uv_layers.new(name=BROW_LAYER, do_init=False)
    layer.uv.foreach_set("vector", np.ascontiguousarray(uvs, np.float32).ravel())
    mesh.uv_layers.active = shown or layer
    picture = skin_material.brow_image(accessories.brows)
    for material in mesh.materials:
        skin_material.add_brows(material, picture, BROW_LAYER, colour or skin_material.HAIR)
        if skin_material.kind_of(material) in skin_material.PAINTED:
            face_picture.add(material, mesh, uvs, accessories.brows, colour or skin_material.HAIR)
