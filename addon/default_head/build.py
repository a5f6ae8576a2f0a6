# SPDX-License-Identifier: GPL-3.0-or-later
"""Adds the default head to the scene: mesh, materials, 52 ARKit shape keys, and an empty that bends its neck."""

import bpy
import numpy as np
from mathutils import Matrix, Vector

from ..animation import head_rotation
from ..formats.head_file import HeadFile
from ..formats.identity_file import HairMesh
from ..shape_keys import keys
from . import accessories
from . import hair as hair_mesh
from .node_material import node_material, principled

NECK = "neck"  # vertex group: the share of the head's rotation that each vertex takes


def add_head(context: bpy.types.Context, head: HeadFile, hair: HairMesh | None = None) -> bpy.types.Object:
    """Add the head, and its hair, at the 3D cursor, selected and active. The caller makes the undo step."""
    title = f"{head.name.capitalize()} head"
    mesh = bpy.data.meshes.new(title)
    # Before the mesh is built: from_pydata's faces are smooth or flat as a whole afterwards.
    mesh.from_pydata(keys.to_blender(head.vertices).tolist(), [], head.quads.tolist())
    _add_uvs(mesh, head)
    for material in head.materials:
        mesh.materials.append(_material(material))
    mesh.polygons.foreach_set("material_index", head.quad_material.astype(np.int32))
    mesh.shade_smooth()
    mesh.update()
    speaker = bpy.data.objects.new(title, mesh)
    context.collection.objects.link(speaker)
    speaker.location = context.scene.cursor.location
    _add_keys(speaker, head)
    empty = _add_neck(context, speaker, head)
    speaker.mien.head_object = empty
    if head.accessories is not None:
        accessories.add_accessories(context, speaker, empty, head, head.accessories)
    if hair is not None:
        accessories.carry(context, speaker, empty, hair_mesh.NAME, hair_mesh.add_hair(hair, head.identity))
    for obj in context.selected_objects:
        obj.select_set(False)
    speaker.select_set(True)
    context.view_layer.objects.active = speaker
    return speaker


def _add_uvs(mesh: bpy.types.Mesh, head: HeadFile) -> None:
    layer = mesh.uv_layers.new(name="UVMap")
    layer.uv.foreach_set("vector", head.uvs[head.quad_uvs.ravel()].astype(np.float32).ravel())


def _add_keys(speaker: bpy.types.Object, head: HeadFile) -> None:
    rest = keys.to_blender(head.vertices)
    for channel, delta in zip(head.channels, head.deltas, strict=True):
        keys.add(speaker, channel, rest + keys.to_blender(delta))
    speaker.active_shape_key_index = 0


def _add_neck(context: bpy.types.Context, speaker: bpy.types.Object, head: HeadFile) -> bpy.types.Object:
    """An empty with a Hook at the neck: rotating it bends the neck, and the skull stays rigid."""
    group = speaker.vertex_groups.new(name=NECK)
    for weight in np.unique(head.neck_weights):
        if weight > 0:
            group.add(np.flatnonzero(head.neck_weights == weight).tolist(), float(weight), "REPLACE")
    pivot = Vector(keys.to_blender(head.pivot).tolist())
    empty = bpy.data.objects.new(f"{speaker.name} rotation", None)
    context.collection.objects.link(empty)
    empty.empty_display_type, empty.empty_display_size = "PLAIN_AXES", 0.08
    empty.parent, empty.location = speaker, pivot
    empty.rotation_mode = head_rotation.ORDER
    hook = speaker.modifiers.new("Mien neck", "HOOK")
    hook.object, hook.vertex_group, hook.falloff_type = empty, NECK, "NONE"
    hook.matrix_inverse = Matrix.Translation(-pivot)  # at rest it moves nothing, wherever the head stands
    smooth = speaker.modifiers.new("Subdivision", "SUBSURF")
    smooth.levels, smooth.render_levels = 0, 2  # the viewport plays at full speed, a render is smooth
    return empty


def _material(data: dict) -> bpy.types.Material:
    """A Principled material of the head file's colour, reused where the file has it."""
    name = f"Mien {data['name']}"
    existing = bpy.data.materials.get(name)
    if existing is not None:
        return existing
    red, green, blue = map(float, data["colour"][:3])
    material = node_material(name, (red, green, blue), float(data["roughness"]))
    shader = principled(material)
    shader.inputs["Base Color"].default_value = (red, green, blue, 1.0)
    shader.inputs["Roughness"].default_value = float(data["roughness"])
    if data["name"].partition(" of ")[0] in ("skin", "lips", "mouth", "tongue"):
        shader.inputs["Subsurface Weight"].default_value = 0.12
        shader.inputs["Subsurface Scale"].default_value = 0.004  # metres: skin, not wax
        shader.inputs["Subsurface Radius"].default_value = (1.0, 0.35, 0.2)
    return material
