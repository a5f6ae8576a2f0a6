# SPDX-License-Identifier: GPL-3.0-or-later
"""Finds what belongs to a face in a scene: its armature, further meshes with shape keys, eyes that are objects."""

import re
from dataclasses import dataclass, replace

import bpy
import numpy as np
from mathutils import Vector

from ...shape_keys import bones, keys
from ...shape_keys.facing import turn_of
from ...shape_keys.recognition import recognise

EYE = re.compile(r"eye|augapfel|iris|cornea|目", re.IGNORECASE)
NO_EYE = re.compile(r"brow|lash|lid|wear|glass|shadow|liner|socket|occlusion|tear", re.IGNORECASE)
LEFT = re.compile(r"left|(?:^|[._\- ])l(?:$|[._\- \d])|(?<=[a-z])L(?:$|[._\- \d])|^L(?=[A-Z])|左", re.IGNORECASE)
RIGHT = re.compile(r"right|(?:^|[._\- ])r(?:$|[._\- \d])|(?<=[a-z])R(?:$|[._\- \d])|^R(?=[A-Z])|右", re.IGNORECASE)
AROUND = 0.15  # of the face's size, by which a part of it may lie outside of its box


@dataclass(frozen=True)
class Parts:
    """armature, bones and facing of `bones.Bones`; meshes: further ones whose keys are known; eyes: Left and Right ->
    object; root: the empty above all of it, which turns the head where no bone does."""

    armature: bpy.types.Object | None
    bones: bones.Bones
    meshes: tuple[bpy.types.Object, ...]
    eyes: dict[str, bpy.types.Object]
    root: bpy.types.Object | None


def find(scene: bpy.types.Scene, face: bpy.types.Object) -> Parts:
    """What belongs to this face. Changes nothing."""
    armature = armature_of(face)
    named = bones.by_name(armature) if armature is not None else bones.Bones()
    siblings = [obj for obj in scene.objects if obj.type == "MESH" and obj != face and _belongs(obj, face, armature)]
    meshes = tuple(obj for obj in siblings if recognise(keys.names(obj.data), True).rows)
    eyes = _eyes([obj for obj in siblings if obj not in meshes], named)
    facing = _facing(face, armature, named, eyes)
    chosen = replace(named, facing=facing)
    return Parts(armature, chosen, meshes, eyes, _root(face, siblings) if not (named.head or named.neck) else None)


def armature_of(face: bpy.types.Object) -> bpy.types.Object | None:
    """The armature that deforms the face, by its modifier, or above it; None without one."""
    for modifier in face.modifiers:
        if modifier.type == "ARMATURE" and modifier.object is not None:
            return modifier.object
    parent = face.parent
    while parent is not None and parent.type != "ARMATURE":
        parent = parent.parent
    return parent


def _belongs(obj: bpy.types.Object, face: bpy.types.Object, armature: bpy.types.Object | None) -> bool:
    if obj.library is not None or obj.data is face.data:
        return False
    if armature is not None:
        return armature_of(obj) == armature
    if armature_of(obj) is not None:
        return False
    return obj.parent == face or (obj.parent == face.parent and _lies_in(obj, face))


def _box(obj: bpy.types.Object) -> np.ndarray:
    """(8, 3) the corners of an object's box in the world."""
    return np.array([obj.matrix_world @ Vector(corner) for corner in obj.bound_box])


def _lies_in(obj: bpy.types.Object, face: bpy.types.Object) -> bool:
    box, own = _box(face), _box(obj)
    around = AROUND * float(np.ptp(box, axis=0).max())
    middle = own.mean(0)
    inside = (middle > box.min(0) - around).all() and (middle < box.max(0) + around).all()
    return bool(inside and np.ptp(own, axis=0).max() <= np.ptp(box, axis=0).max())


def _eyes(candidates: list[bpy.types.Object], named: bones.Bones) -> dict[str, bpy.types.Object]:
    """Left and Right -> eye; none where bones turn them, or where they cannot be told apart."""
    loose = [
        obj
        for obj in candidates
        if EYE.search(obj.name) and not NO_EYE.search(obj.name) and not _is_on_bones(obj, named)
    ]
    by_side: dict[str, list[bpy.types.Object]] = {"Left": [], "Right": []}
    for obj in loose:
        left, right = LEFT.search(obj.name), RIGHT.search(obj.name)
        if bool(left) != bool(right):
            by_side["Left" if left else "Right"].append(obj)
    if by_side["Left"] and by_side["Right"]:
        return {side: _above_all(found) for side, found in by_side.items()}
    if len(loose) == 2:  # 'Eye' and 'Eye.001': the character's left is at +x, as it looks along -y
        right, left = sorted(loose, key=lambda obj: float(_box(obj).mean(0)[0]))
        return {"Left": left, "Right": right}
    return {}


def _above_all(objects: list[bpy.types.Object]) -> bpy.types.Object:
    """Of an iris, a cornea and an eyeball the one that carries the others, else the largest."""
    carrying = [obj for obj in objects if any(other.parent == obj for other in objects)]
    return max(carrying or objects, key=lambda obj: float(np.ptp(_box(obj), axis=0).max()))


def _is_on_bones(obj: bpy.types.Object, named: bones.Bones) -> bool:
    eyes = {name for name in (named.eye_left, named.eye_right) if name}
    if obj.parent_type == "BONE" and obj.parent_bone in eyes:
        return True
    return any(modifier.type == "ARMATURE" for modifier in obj.modifiers) and any(
        name in obj.vertex_groups for name in eyes
    )


def _facing(
    face: bpy.types.Object, armature: bpy.types.Object | None, named: bones.Bones, eyes: dict[str, bpy.types.Object]
) -> str:
    """Where the face looks in the armature's axes, or in its own upright ones, by its left and right eye."""
    if armature is not None and named.eye_left and named.eye_right:
        heads = (armature.data.bones[name].head_local for name in (named.eye_left, named.eye_right))
        left, right = heads
        across = left - right
    elif len(eyes) == 2:
        across = Vector(_box(eyes["Left"]).mean(0) - _box(eyes["Right"]).mean(0))
        if armature is not None:
            across = armature.matrix_world.to_quaternion().inverted() @ across
        else:
            across = turn_of(face).inverted() @ across
    else:
        return "-Y"
    if abs(across.x) >= abs(across.y):
        return "-Y" if across.x >= 0.0 else "+Y"
    return "+X" if across.y > 0.0 else "-X"


def _root(face: bpy.types.Object, siblings: list[bpy.types.Object]) -> bpy.types.Object | None:
    """The empty above the face and all that belongs to it."""
    root = face.parent
    if root is None or root.type != "EMPTY":
        return None
    return root if all(obj.parent in (root, face) for obj in siblings) else None
