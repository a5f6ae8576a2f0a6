# SPDX-License-Identifier: GPL-3.0-or-later
"""What turns the eyes of a speaker: bones, objects or shape keys, and never two of them."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

import bpy
import numpy as np

from . import keys
from .bones import Bones, aims_at
from .key_table import Row, terms

WAYS = ("AUTO", "BONES", "OBJECTS", "KEYS")
LOOK = "eyeLook"  # prefix of the channels
LEAST_WEIGHT = 0.05  # of a bone on a vertex: less moves no eye
MOVED = 1e-5  # of the mesh's size: a vertex that a key moves less is at rest


def way(speaker: bpy.types.Object, meshes: Sequence[bpy.types.Object]) -> str:
    """BONES, OBJECTS or KEYS: as chosen, else what there is, in this order. Eye bones that move nothing, where the
    armature deforms a mesh of the speaker, give way."""
    mapping = speaker.mien_driving
    if mapping.gaze != "AUTO":
        return mapping.gaze
    chosen = mapping.bones()
    if (chosen.eye_left or chosen.eye_right) and not _idle_bones(mapping.armature, chosen, meshes):
        return "BONES"
    return "OBJECTS" if mapping.eye_left_object or mapping.eye_right_object else "KEYS"


def bones_of(speaker: bpy.types.Object, meshes: Sequence[bpy.types.Object]) -> Bones:
    """The chosen bones, without the eyes where something else turns them."""
    chosen = speaker.mien_driving.bones()
    if way(speaker, meshes) == "BONES":
        return chosen
    return replace(chosen, eye_left="", eye_right="")


def gains(speaker: bpy.types.Object) -> dict[str, float]:
    """Left and Right -> how far that eye turns for a take's gaze."""
    mapping = speaker.mien_driving
    return {"Left": mapping.eye_left_gain, "Right": mapping.eye_right_gain}


def key_rows(
    rows: Sequence[Row], obj: bpy.types.Object, speaker: bpy.types.Object, meshes: Sequence[bpy.types.Object]
) -> list[Row]:
    """The rows of a mesh without those that would turn eyes which bones or objects turn already. A key that moves the
    lids alone stays: they follow the eyes."""
    chosen = way(speaker, meshes)
    if chosen == "KEYS":
        return list(rows)
    looks = [row for row in rows if all(name.startswith(LOOK) for name, _ in terms(row.source))]
    if not looks:
        return list(rows)
    lids = _moves_lids_alone(obj, looks, speaker) if chosen == "BONES" else _has_eye_objects(speaker)
    return list(rows) if lids else [row for row in rows if row not in looks]


def _has_eye_objects(speaker: bpy.types.Object) -> bool:
    """Eyes that are objects of their own are no part of a mesh with keys."""
    mapping = speaker.mien_driving
    return mapping.eye_left_object is not None and mapping.eye_right_object is not None


def _idle_bones(armature: bpy.types.Object, chosen: Bones, meshes: Sequence[bpy.types.Object]) -> bool:
    names = {name for name in (chosen.eye_left, chosen.eye_right) if name}
    deformed = [mesh for mesh in meshes if _is_deformed_by(mesh, armature)]
    if not deformed or any(child.parent_bone in _with_children(armature, names) for child in armature.children):
        return False
    scene_meshes = [obj for obj in bpy.data.objects if obj.type == "MESH" and _is_deformed_by(obj, armature)]
    return not any(_has_weights(mesh, armature, names) for mesh in scene_meshes)


def _is_deformed_by(mesh: bpy.types.Object, armature: bpy.types.Object) -> bool:
    return any(modifier.type == "ARMATURE" and modifier.object == armature for modifier in mesh.modifiers)


def _with_children(armature: bpy.types.Object, names: set[str]) -> set[str]:
    """These bones, those that look at them, and all below."""
    aiming = {bone.name for name in names if (bone := aims_at(armature, name)) is not None}
    names = names | aiming
    bones = [armature.data.bones[name] for name in names if name in armature.data.bones]
    return names | {child.name for bone in bones for child in bone.children_recursive}


def _weighted(mesh: bpy.types.Object, armature: bpy.types.Object, names: set[str]) -> Iterator[int]:
    """Indices of the vertices that these bones, or bones below them, move."""
    moving = _with_children(armature, names)
    groups = {group.index for group in mesh.vertex_groups if group.name in moving}
    for vertex in mesh.data.vertices if groups else ():
        if any(entry.group in groups and entry.weight > LEAST_WEIGHT for entry in vertex.groups):
            yield vertex.index


def _has_weights(mesh: bpy.types.Object, armature: bpy.types.Object, names: set[str]) -> bool:
    return next(_weighted(mesh, armature, names), None) is not None


def _moves_lids_alone(obj: bpy.types.Object, looks: Sequence[Row], speaker: bpy.types.Object) -> bool:
    """Whether keys of the gaze leave alone what the eye bones turn, as can be seen where these have weights."""
    mapping = speaker.mien_driving
    if mapping.armature is None or not _is_deformed_by(obj, mapping.armature):
        return False
    names = {name for name in (mapping.eye_left, mapping.eye_right) if name}
    meshes = [other for other in bpy.data.objects if other.type == "MESH" and _is_deformed_by(other, mapping.armature)]
    if not any(_has_weights(mesh, mapping.armature, names) for mesh in meshes):
        return False
    eyes = np.fromiter(_weighted(obj, mapping.armature, names), int)
    rest = keys.rest(obj.data)
    size = float(np.ptp(rest, axis=0).max(initial=0.0))
    blocks = obj.data.shape_keys.key_blocks
    for row in looks:
        points = np.empty(rest.size, np.float32)
        blocks[row.key].points.foreach_get("co", points)
        moved = np.abs(points.reshape(rest.shape) - rest).max(1)
        if len(eyes) and (moved[eyes] > MOVED * size).any():
            return False
    return True
