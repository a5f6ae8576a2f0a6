# SPDX-License-Identifier: GPL-3.0-or-later
"""Sets a character up for takes: what belongs to the face becomes part of the speaker."""

import bpy

from ...shape_keys import driving, gaze, keys
from ...shape_keys.recognition import short_list
from . import face_rig, head_pivot, learning, parts
from .learnt import LearningError, store

WAYS = {"BONES": "bones", "OBJECTS": "objects", "KEYS": "shape keys"}


def set_up(scene: bpy.types.Scene, face: bpy.types.Object, with_meshes: bool = True) -> str:
    """Choose the armature and its bones, further meshes and eyes of a face; a sentence on what was found. What the
    animator chose before stays."""
    found, mapping = parts.find(scene, face), face.mien_driving
    said = []
    if found.armature is not None and mapping.armature is None:
        mapping.armature, mapping.facing = found.armature, found.bones.facing
        for part, name in zip(("jaw", "eye_left", "eye_right", "head", "neck"), found.bones.names, strict=True):
            setattr(mapping, part, name)
        _leave_jaw_to_keys(face)
        named = mapping.bones().names_by_part
        said.append(f"'{found.armature.name}' with {', '.join(named) if named else 'no bone that is known'}")
    for side, eye in found.eyes.items():
        name = f"eye_{side.lower()}_object"
        if getattr(mapping, name) is None:
            setattr(mapping, name, eye)
            mapping.facing = found.bones.facing
    added = add_meshes(face, found.meshes) if with_meshes else []
    if added:
        said.append(f"further meshes {short_list(added)}")
    if found.root is not None and face.mien.head_object is None:
        face.mien.head_object = found.root
        said.append(f"'{found.root.name}' turns with the head")
    if found.armature is None and face.mien.head_object is None and head_pivot.is_head_alone(face):
        face.mien.head_object = head_pivot.add(scene, face)
        said.append(f"the new empty '{face.mien.head_object.name}' turns the head")
    meshes = [face, *(part.mesh for part in face.mien.parts if part.mesh is not None)]
    said.append(f"eyes turned by {WAYS[gaze.way(face, meshes)]}")
    table = driving.table_of(face)
    learnt = _learn(scene, face)
    if learnt:
        said.append(learnt)
    elif table.rows and not face.mien_driving.control_map and face_rig.system_of(face):
        said.append(f"the controls of {face_rig.system_of(face)} move it, once Learn Controls is pressed")
    if table.rows:
        said.append(f"mouth by {table.scheme}")
    return f"'{face.name}': {'; '.join(said)}.{_refusal(face, table)}"


def _learn(scene: bpy.types.Scene, face: bpy.types.Object) -> str:
    """Learn the controls behind driven shape keys, where none were; what was learnt, without a full stop."""
    if face.mien_driving.control_map or not learning.driven_keys(face):
        return ""
    try:
        found = learning.learn(face)
    except LearningError as error:
        return str(error).rstrip(".")
    store(face, found)
    return found.sentence.rstrip(".")


def add_meshes(face: bpy.types.Object, meshes) -> list[str]:
    """Let further meshes speak with the face; the names of those that did not yet."""
    known = {face, *(part.mesh for part in face.mien.parts)}
    added = []
    for mesh in meshes:
        if mesh not in known:
            face.mien.parts.add().mesh = mesh
            added.append(mesh.name)
    return added


def _leave_jaw_to_keys(face: bpy.types.Object) -> None:
    """A mouth that keys open is not opened by the jaw bone as well."""
    mapping = face.mien_driving
    if any(row.source.startswith(("jawOpen", "/")) for row in driving.table_of(face).rows):
        mapping.jaw = ""


def _refusal(face: bpy.types.Object, table) -> str:
    if len(face.data.vertices) == driving.FLAME_VERTICES and not keys.names(face.data):
        return " It is FLAME's mesh, which engines move vertex by vertex."
    if table.rows or face.mien_driving.bones().names_by_part.get("jaw"):
        return ""
    if not keys.names(face.data):
        return " It has no shape keys: press Bind, which makes them."
    return " None of its shape keys has a name that Mien knows: press Bind, or Edit Table."
