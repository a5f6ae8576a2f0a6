# SPDX-License-Identifier: GPL-3.0-or-later
"""Characters as they come from other programs, set up with one click."""

import bpy
import numpy as np
import pytest
from blender_scene import shown
from blender_takes import apply
from fake_backend import take_bytes
from mathutils import Vector
from rigs import characters

from addon.animation import takes
from addon.formats.channels import ARKIT
from addon.formats.take import read_take
from addon.scene import speakers
from addon.scene.characters import set_up
from addon.shape_keys import driving, gaze


def take_of(frames: int = 3, look=(0.0, 0.0), head=(0.0, 0.0, 0.0), **weights):
    import json

    rows = np.zeros((frames, len(ARKIT)), np.float32)
    for name, value in weights.items():
        rows[1, ARKIT.index(name)] = value
    turn, eyes = np.zeros((frames, 3), np.float32), np.zeros((frames, 2), np.float32)
    turn[1], eyes[1] = head, look
    return read_take(
        take_bytes({"weights": rows, "head_rotation": turn, "gaze": eyes}, channels=json.dumps(list(ARKIT)))
    )


def click(face) -> None:
    bpy.context.view_layer.objects.active = face
    face.select_set(True)
    assert bpy.ops.mien.set_up_character() == {"FINISHED"}


def at(frame: int, obj) -> np.ndarray:
    """(V, 3) the mesh as it is shown at a frame, in the world."""
    bpy.context.scene.frame_set(frame)
    matrix = np.array(obj.evaluated_get(bpy.context.evaluated_depsgraph_get()).matrix_world)
    return shown(obj) @ matrix[:3, :3].T + matrix[:3, 3]


def looks(frame: int, eye) -> np.ndarray:
    """Degrees (down, to the character's left) that an eyeball turned; it must turn about its middle."""
    before, now = at(1, eye), at(frame, eye)
    middle, place = before.mean(0), now.mean(0)
    np.testing.assert_allclose(place, middle, atol=2e-4)
    front = before[:, 1].argmin()
    was, line = Vector(before[front] - middle).normalized(), Vector(now[front] - place).normalized()
    return np.degrees([np.arcsin(was.z) - np.arcsin(line.z), np.arctan2(line.x, -line.y) - np.arctan2(was.x, -was.y)])


def test_a_character_of_several_meshes_gets_its_bones_teeth_and_tongue():
    face = characters.arkit_multi_mesh()
    click(face)
    assert {part.mesh.name for part in face.mien.parts} == {"Wolf3D_Teeth", "Wolf3D_Tongue"}
    assert len({part.name for part in face.mien.parts}) == 2
    mapping = face.mien_driving
    assert (mapping.armature.name, mapping.eye_left, mapping.head) == ("Armature", "LeftEye", "Head")
    assert mapping.jaw == "" and gaze.way(face, takes.meshes(face)) == "BONES"
    apply(face, take_of(look=np.radians([0.0, 10.0]), jawOpen=0.5, eyeLookOutLeft=0.33))
    assert looks(2, bpy.data.objects["EyeLeft"])[1] == pytest.approx(10.0, abs=0.1)
    assert np.abs(at(2, bpy.data.objects["Wolf3D_Teeth"]) - at(1, bpy.data.objects["Wolf3D_Teeth"])).max() > 0.005


def test_an_eye_turns_by_bones_or_keys_and_never_by_both():
    """Keys that move the eyes of a mesh whose eyes a bone carries rest; those of the lids alone go on."""
    face = characters.arkit_multi_mesh()
    click(face)
    values = driving.targets(face, take_of(eyeLookDownLeft=0.3), meshes=takes.meshes(face)).values
    assert "eyeLookDownLeft" in values  # it moves the lids: the eyes are other meshes
    group = face.vertex_groups.new(name="LeftEye")
    moved = np.array([p.co[:] for p in face.data.shape_keys.key_blocks["eyeLookDownLeft"].points])
    rest = np.array([p.co[:] for p in face.data.shape_keys.reference_key.points])
    group.add(np.flatnonzero(np.abs(moved - rest).max(1) > 1e-3).tolist(), 1.0, "REPLACE")
    values = driving.targets(face, take_of(eyeLookDownLeft=0.3), meshes=takes.meshes(face)).values
    assert not any(name.startswith("eyeLook") for name in values)
    face.mien_driving.gaze = "KEYS"
    assert gaze.bones_of(face, takes.meshes(face)).eye_left == ""
    values = driving.targets(face, take_of(eyeLookDownLeft=0.3), meshes=takes.meshes(face)).values
    assert values["eyeLookDownLeft"][1] == pytest.approx(0.3)


def test_visemes_move_a_mouth_that_they_open_farther_and_the_choice_can_be_switched():
    face = characters.vrm_like()
    click(face)
    assert driving.mouth_of(face) == "VISEMES"
    assert "Fcl_MTH_A" in {row.key for row in driving.table_of(face).rows}
    face.mien_driving.mouth = "CHANNELS"
    rows = {row.key for row in driving.table_of(face).rows}
    assert "jawOpen" in rows and "Fcl_MTH_A" not in rows
    face.mien_driving.mouth = "AUTO"
    block = face.data.shape_keys.key_blocks["jawOpen"]
    strong = characters.face("Strong", {"jawOpen": {"jawOpen": 1.0}}).data.shape_keys.key_blocks["jawOpen"]
    points = np.empty(3 * len(face.data.vertices), np.float32)
    strong.points.foreach_get("co", points)
    block.points.foreach_set("co", points)
    assert driving.mouth_of(face) == "CHANNELS"


@pytest.mark.parametrize("gain", [1.0, 0.5])
def test_eyes_that_are_objects_turn_about_their_middle(gain):
    face = characters.with_eye_objects()
    click(face)
    mapping = face.mien_driving
    assert (mapping.eye_left_object.name, mapping.eye_right_object.name) == ("Eye.L", "Eye.R")
    assert face.mien.head_object.name == "Character"
    mapping.eye_right_gain = gain
    apply(face, take_of(look=np.radians([6.0, 12.0])))
    assert looks(2, bpy.data.objects["Eye.L"]) == pytest.approx([6.0, 12.0], abs=0.1)
    assert looks(2, bpy.data.objects["Eye.R"]) == pytest.approx([6.0 * gain, 12.0 * gain], abs=0.3)
    np.testing.assert_allclose(at(3, bpy.data.objects["Eye.R"]), at(1, bpy.data.objects["Eye.R"]), atol=1e-6)


def test_a_second_click_changes_nothing_and_what_was_chosen_stays():
    face = characters.arkit_multi_mesh()
    face.mien_driving.armature = bpy.data.objects["Armature"]
    face.mien_driving.head = "Neck"
    for _ in range(2):
        set_up.set_up(bpy.context.scene, face)
    assert len(face.mien.parts) == 2 and face.mien_driving.head == "Neck" and face.mien_driving.eye_left == ""


def test_a_mesh_without_keys_is_told_what_to_do():
    said = set_up.set_up(bpy.context.scene, characters.closed_scan())
    assert "no shape keys" in said and "press Bind" in said


def test_a_mesh_like_flames_speaks_as_it_is():
    face = characters.flame_like()
    click(face)
    assert speakers.refusal(face) == ""
