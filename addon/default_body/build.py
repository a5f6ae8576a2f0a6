# SPDX-License-Identifier: GPL-3.0-or-later
"""Adds the default body to the scene: an armature at the 3D cursor, the clothed mesh on it, and the default head."""

import bpy
import numpy as np
from mathutils import Matrix, Vector

from ..default_head.build import add_head
from ..default_head.node_material import node_material, principled
from ..formats.body_file import BodyFile
from ..formats.head_file import HeadFile
from ..formats.identity_file import HairMesh
from ..shape_keys import keys

NAME = "Mien body"
NOT_BONES = ("head",)  # what turns the head is the head's own empty
FOOT = (0.0, -0.05, 0.13)  # m from the ankle, model axes
HAND_END = "middle_proximal"
LAST = 0.8  # length of a finger's last bone, of that before


def bone_name(joint: str) -> str:
    """The bone of a joint as Blender mirrors names: left_upper_arm is upper_arm.L."""
    for side, letter in (("left_", ".L"), ("right_", ".R")):
        if joint.startswith(side):
            return joint.removeprefix(side) + letter
    return joint


def add_body(
    context: bpy.types.Context, body: BodyFile, head: HeadFile, hair: HairMesh | None = None
) -> bpy.types.Object:
    """Add the body with its feet at the 3D cursor; the head, which is returned, is selected and active. The caller
    makes the undo step."""
    speaker = add_head(context, head, hair)
    floor = np.array([0.0, float(body.vertices[:, 1].min()), 0.0], np.float32)
    armature = _add_armature(context, body, floor)
    _add_mesh(context, armature, body, head, floor)
    context.view_layer.update()
    speaker.parent, speaker.parent_type, speaker.parent_bone = armature, "BONE", "neck"
    place = Vector(keys.to_blender(body.joints["neck"] - floor).tolist())
    context.view_layer.update()
    speaker.matrix_world = armature.matrix_world @ Matrix.Translation(place)
    speaker.mien.body = armature
    for obj in context.selected_objects:
        obj.select_set(False)
    speaker.select_set(True)
    context.view_layer.objects.active = speaker
    return speaker


def _add_armature(context: bpy.types.Context, body: BodyFile, floor: np.ndarray) -> bpy.types.Object:
    data = bpy.data.armatures.new(NAME)
    armature = bpy.data.objects.new(f"{NAME} armature", data)
    context.collection.objects.link(armature)
    armature.location = context.scene.cursor.location
    data.display_type = "STICK"
    armature.show_in_front = True
    context.view_layer.objects.active = armature
    bpy.ops.object.mode_set(mode="EDIT")
    ends = _ends(body)
    for joint, parent in body.parents.items():
        if joint in NOT_BONES:
            continue
        bone = data.edit_bones.new(bone_name(joint))
        bone.head = keys.to_blender(body.joints[joint] - floor)
        bone.tail = keys.to_blender(ends[joint] - floor)
        bone.parent = data.edit_bones.get(bone_name(parent)) if parent else None
        bone.use_connect = False
        bone.align_roll(Vector((0.0, -1.0, 0.0)))  # a bone's z to the front: it bends about its x
    bpy.ops.object.mode_set(mode="OBJECT")
    return armature


def _ends(body: BodyFile) -> dict[str, np.ndarray]:
    """joint -> (3,) where its bone ends."""
    after: dict[str, str] = {}
    for joint, parent in body.parents.items():
        after.setdefault(parent, joint)
    after |= {f"{side}_hand": f"{side}_{HAND_END}" for side in ("left", "right")}
    after |= {"upper_chest": "neck", "hips": "spine"}
    ends = {joint: body.joints[after[joint]] for joint in body.joints if joint in after}
    for joint, parent in body.parents.items():
        if joint.endswith("foot"):
            ends[joint] = body.joints[joint] + np.array(FOOT, np.float32)
        elif joint not in ends and parent:
            ends[joint] = body.joints[joint] + LAST * (body.joints[joint] - body.joints[parent])
    return ends


def _add_mesh(context, armature: bpy.types.Object, body: BodyFile, head: HeadFile, floor: np.ndarray) -> None:
    mesh = bpy.data.meshes.new(NAME)
    mesh.from_pydata(keys.to_blender(body.vertices - floor).tolist(), [], body.quads.tolist())
    skin = next((m for m in head.materials if m["name"].startswith("skin")), None)
    for material in body.materials:
        mesh.materials.append(_material(skin if material["name"] == "skin" and skin else material, material["name"]))
    mesh.polygons.foreach_set("material_index", body.quad_material.astype(np.int32))
    mesh.shade_smooth()
    mesh.update()
    obj = bpy.data.objects.new(NAME, mesh)
    context.collection.objects.link(obj)
    obj.parent = armature
    _add_weights(obj, body)
    skinning = obj.modifiers.new("Armature", "ARMATURE")
    skinning.object = armature
    smooth = obj.modifiers.new("Subdivision", "SUBSURF")
    smooth.levels, smooth.render_levels = 0, 1


def _add_weights(obj: bpy.types.Object, body: BodyFile) -> None:
    names = ["neck" if joint in NOT_BONES else bone_name(joint) for joint in body.joints]
    for row, name in enumerate(names):
        at, column = np.nonzero((body.joint_rows == row) & (body.joint_weights > 0))
        group = obj.vertex_groups.get(name) or obj.vertex_groups.new(name=name)
        weights = body.joint_weights[at, column]
        for weight in np.unique(weights):
            group.add(at[weights == weight].tolist(), float(weight), "ADD")


def _material(data: dict, kind: str) -> bpy.types.Material:
    """A Principled material of this colour, reused where the file has it."""
    name = f"{NAME} {data['name']}"
    existing = bpy.data.materials.get(name)
    if existing is not None:
        return existing
    colour = tuple(float(part) for part in data["colour"][:3])
    material = node_material(name, colour, float(data["roughness"]))
    shader = principled(material)
    shader.inputs["Base Color"].default_value = (*colour, 1.0)
    shader.inputs["Roughness"].default_value = float(data["roughness"])
    if kind == "skin":
        shader.inputs["Subsurface Weight"].default_value = 0.12
        shader.inputs["Subsurface Scale"].default_value = 0.004
        shader.inputs["Subsurface Radius"].default_value = (1.0, 0.35, 0.2)
    return material
