# SPDX-License-Identifier: GPL-3.0-or-later
"""What belongs to a face is found, and what only lies beside it is not."""

import bpy
import pytest
from rigs import characters

from addon.scene.characters import parts


def find(face):
    bpy.context.view_layer.update()
    return parts.find(bpy.context.scene, face)


@pytest.mark.parametrize(
    ("left", "right"),
    [("Eye.L", "Eye.R"), ("EyeLeft", "EyeRight"), ("eye_l", "eye_r"), ("LeftEye", "RightEye"), ("EyeL", "EyeR")],
)
def test_eyes_are_told_apart_by_their_names(left, right):
    face = characters.with_eye_objects()
    bpy.data.objects["Eye.L"].name, bpy.data.objects["Eye.R"].name = left, right
    assert {side: obj.name for side, obj in find(face).eyes.items()} == {"Left": left, "Right": right}


def test_eyes_without_a_side_are_told_apart_by_their_place():
    face = characters.with_eye_objects()
    bpy.data.objects["Eye.L"].name, bpy.data.objects["Eye.R"].name = "Eye", "Eye.001"
    assert {side: obj.name for side, obj in find(face).eyes.items()} == {"Left": "Eye", "Right": "Eye.001"}


def test_another_character_is_no_part():
    face = characters.with_eye_objects()
    characters.arkit_multi_mesh()
    found = find(face)
    assert [mesh.name for mesh in found.meshes] == ["Teeth"] and found.armature is None


def test_what_lies_far_from_the_face_is_no_part():
    face = characters.face("Face", {"jawOpen": {"jawOpen": 1.0}})
    near, far = (characters.teeth(name, {"jawOpen": "jawOpen"}) for name in ("Near", "Far"))
    far.location = (2.0, 0.0, 0.0)
    assert find(face).meshes == (near,)


def test_a_face_that_looks_elsewhere_is_known_by_its_eyes():
    face = characters.arkit_multi_mesh()
    rig = bpy.data.objects["Armature"]
    bpy.context.view_layer.objects.active = rig
    bpy.ops.object.mode_set(mode="EDIT")
    for bone in rig.data.edit_bones:
        for end in ("head", "tail"):
            x, y, z = getattr(bone, end)
            setattr(bone, end, (-x, -y, z))
    bpy.ops.object.mode_set(mode="OBJECT")
    assert find(face).bones.facing == "+Y"


def test_the_armature_is_found_by_the_modifier_and_above():
    face = characters.arkit_multi_mesh()
    face.parent = None
    assert parts.armature_of(face).name == "Armature"
    other = characters.face("Other", {})
    other.parent = bpy.data.objects["Wolf3D_Teeth"]
    assert parts.armature_of(other).name == "Armature"
