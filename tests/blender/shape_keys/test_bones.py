# SPDX-License-Identifier: GPL-3.0-or-later
"""Jaw, eyes and head bones: poses in the armature's space, for bones of any axes and rotation mode."""

import json

import bpy
import numpy as np
import pytest
from fake_backend import take_bytes
from mathutils import Matrix, Quaternion, Vector

from addon.animation import head_rotation, nla_layers
from addon.formats.take import read_take
from addon.generation import receive
from addon.scene.apply import ApplyError
from addon.shape_keys import bones, keys

# Name: head, tail, roll. An eye that looks along its own y, one that stands on end and is rolled, a jaw that hangs.
RIG = {
    "neck": ((0, 0.02, 0.0), (0, 0.01, 0.08), 0.0),
    "head": ((0, 0.01, 0.08), (0, 0.0, 0.25), 0.4),
    "jaw": ((0, 0.0, 0.10), (0.0, -0.09, 0.05), 1.1),
    "eye.L": ((0.03, -0.07, 0.15), (0.03, -0.09, 0.15), 0.0),
    "eye.R": ((-0.03, -0.07, 0.15), (-0.03, -0.07, 0.18), 2.0),
}
PARENT = {"head": "neck", "jaw": "head", "eye.L": "head", "eye.R": "head"}
CHOSEN_BONES = bones.Bones("jaw", "eye.L", "eye.R", "head", "neck")


@pytest.fixture
def rig():
    data = bpy.data.armatures.new("Rig")
    obj = bpy.data.objects.new("Rig", data)
    bpy.context.collection.objects.link(obj)
    bpy.context.view_layer.objects.active = obj
    bpy.ops.object.mode_set(mode="EDIT")
    for name, (head, tail, roll) in RIG.items():
        bone = data.edit_bones.new(name)
        bone.head, bone.tail, bone.roll = head, tail, roll
        bone.parent = data.edit_bones.get(PARENT.get(name, ""))
    bpy.ops.object.mode_set(mode="OBJECT")
    return obj


def take_of(frames: int = 4, gaze=None, head=None, **weights):
    tensors = {
        "weights": np.stack([np.full(frames, value, np.float32) for value in weights.values()], 1),
        "head_rotation": np.tile(np.asarray(head or (0, 0, 0), np.float32), (frames, 1)),
    }
    if gaze is not None:
        tensors["gaze"] = np.tile(np.asarray(gaze, np.float32), (frames, 1))
    return read_take(take_bytes(tensors, channels=json.dumps(list(weights))))


def put(rig, take, chosen_bones=CHOSEN_BONES, closes=True):
    """Key the curves of a take and go to its second frame."""
    for curve in bones.curves(rig, chosen_bones, take, np.arange(1.0, take.frames + 1), 5, closes):
        path = curve.path.rpartition(".")
        target, name = rig.path_resolve(path[0]), path[2]
        for frame, value in zip(curve.frames, curve.values, strict=True):
            whole = list(getattr(target, name))
            whole[curve.index] = value
            setattr(target, name, whole)
            target.keyframe_insert(name, index=curve.index, frame=frame)
    bpy.context.scene.frame_set(2)


def rotation_of(rig, name: str, parent: str | None = None) -> Matrix:
    """The rotation of a bone from its rest in the armature's axes, relative to a parent bone's if one is named."""
    turn = _from_rest(rig, name)
    return _from_rest(rig, parent).inverted() @ turn if parent else turn


def _from_rest(rig, name: str) -> Matrix:
    bone = rig.pose.bones[name]
    return bone.matrix.to_3x3() @ bone.bone.matrix_local.to_3x3().inverted()


def assert_same(rotation: Matrix, wanted: Matrix) -> None:
    angle = (rotation.to_quaternion() @ wanted.to_quaternion().inverted()).angle
    assert min(angle, 2 * np.pi - angle) < 2e-3


@pytest.mark.parametrize("mode", ["QUATERNION", "XYZ", "ZXY", "AXIS_ANGLE"])
def test_the_jaw_opens_by_the_default_heads_angle_whatever_its_axes(rig, mode):
    rig.pose.bones["jaw"].rotation_mode = mode
    put(rig, take_of(jawOpen=0.5))
    assert_same(rotation_of(rig, "jaw"), Matrix.Rotation(np.radians(bones.JAW_OPEN_ANGLE / 2), 3, "X"))
    down = rig.pose.bones["jaw"].tail - Vector(RIG["jaw"][1])
    assert down.z < -0.01  # it opens; it does not shut


@pytest.mark.parametrize("mode", ["QUATERNION", "XYZ"])
def test_both_eyes_look_where_the_take_does(rig, mode):
    gaze = (0.12, 0.3)
    for name in ("eye.L", "eye.R"):
        rig.pose.bones[name].rotation_mode = mode
    put(rig, take_of(gaze=gaze, jawOpen=0.0))
    for name in ("eye.L", "eye.R"):
        look = rotation_of(rig, name) @ Vector((0, -1, 0))
        assert np.arcsin(-look.z) == pytest.approx(gaze[0], abs=1e-4)  # + looks down
        assert np.arctan2(look.x, -look.y) == pytest.approx(gaze[1], abs=1e-4)  # + looks to the head's left


def test_a_take_without_gaze_turns_the_eyes_by_its_channels(rig):
    put(rig, take_of(eyeLookOutLeft=0.5, eyeLookInRight=0.5))
    for name in ("eye.L", "eye.R"):
        assert_same(rotation_of(rig, name), head_rotation.matrix(0.0, np.radians(15), 0.0))


def test_head_and_neck_share_the_heads_rotation_and_carry_the_rest(rig):
    angles = (0.2, -0.4, 0.1)
    put(rig, take_of(head=angles, jawOpen=1.0))
    whole = head_rotation.matrix(*angles)
    assert_same(rotation_of(rig, "head"), whole)
    half = Quaternion().slerp(whole.to_quaternion(), 0.5).to_matrix()
    assert_same(rotation_of(rig, "neck"), half)
    assert_same(rotation_of(rig, "jaw", parent="head"), Matrix.Rotation(np.radians(bones.JAW_OPEN_ANGLE), 3, "X"))


def test_a_face_that_looks_another_way_turns_about_its_own_axes(rig):
    put(rig, take_of(jawOpen=1.0), bones.Bones(jaw="jaw", facing="+X"))
    assert_same(rotation_of(rig, "jaw"), Matrix.Rotation(np.radians(bones.JAW_OPEN_ANGLE), 3, "Y"))


def test_a_sideways_jaw_shift_scales_with_the_distance_of_the_eyes(rig):
    put(rig, take_of(jawLeft=1.0), bones.Bones(jaw="jaw", eye_left="eye.L", eye_right="eye.R"))
    shift = rig.pose.bones["jaw"].head - Vector(RIG["jaw"][0])
    assert shift.x == pytest.approx(bones.JAW_SIDE_SHIFT[0] * 1e-3 * 0.06 / bones.EYES_APART, rel=1e-3)


def test_a_jaw_without_a_key_that_closes_the_mouth_closes_it_itself(rig):
    put(rig, take_of(jawOpen=0.3, mouthClose=0.3), closes=False)
    assert_same(rotation_of(rig, "jaw"), Matrix.Identity(3))
    put(rig, take_of(jawOpen=0.3, mouthClose=0.3), closes=True)
    assert_same(rotation_of(rig, "jaw"), Matrix.Rotation(np.radians(bones.JAW_OPEN_ANGLE * 0.3), 3, "X"))


def test_after_the_take_the_bones_are_at_rest(rig):
    put(rig, take_of(gaze=(0.1, 0.1), head=(0.1, 0.2, 0.3), jawOpen=1.0))
    bpy.context.scene.frame_set(20)
    for name in RIG:
        assert_same(rotation_of(rig, name), Matrix.Identity(3))


def test_only_the_chosen_bones_have_curves(rig):
    curves = bones.curves(rig, bones.Bones(jaw="jaw"), take_of(jawOpen=1.0), np.arange(4.0), 5)
    assert {curve.path.split('"')[1] for curve in curves} == {"jaw"}


@pytest.mark.parametrize(
    ("chosen_bones", "sentence"),
    [
        (bones.Bones(jaw="chin"), "The jaw bone 'chin' is not in 'Rig' any more"),
        (bones.Bones(jaw="jaw", head="jaw"), "The bone 'jaw' is chosen for two parts"),
    ],
)
def test_bones_that_cannot_be_driven_are_named(rig, chosen_bones, sentence):
    with pytest.raises(bones.BoneError, match=sentence):
        bones.curves(rig, chosen_bones, take_of(jawOpen=1.0), np.arange(4.0), 5)


def test_bones_are_found_by_their_names(rig):
    assert bones.by_name(rig) == CHOSEN_BONES
    data = rig.data
    for old, new in {"jaw": "CC_Base_JawRoot", "eye.L": "CC_Base_L_Eye", "eye.R": "CC_Base_R_Eye"}.items():
        data.bones[old].name = new
    assert bones.by_name(rig).names_by_part["jaw"] == "CC_Base_JawRoot"
    assert bones.by_name(rig).names_by_part["left eye"] == "CC_Base_L_Eye"


def test_a_take_on_a_speaker_moves_its_bones_and_no_other(rig, cube):
    keys.add(cube, "mouthSmileLeft", keys.rest(cube.data))
    own = cube.mien_driving
    own.armature, own.jaw, own.eye_left = rig, "jaw", "eye.L"
    rig.pose.bones["head"].rotation_mode = "XYZ"
    rig.pose.bones["head"].rotation_euler = (0.1, 0.2, 0.3)
    take = take_of(gaze=(0.1, 0.2), jawOpen=0.5, mouthSmileLeft=0.7, noseSneerLeft=0.1)
    sentence = receive.put(bpy.context.scene, cube, take, 1)
    assert "1 of 3 shape keys are not there: noseSneerLeft." in sentence
    bpy.context.scene.frame_set(2)
    assert_same(rotation_of(rig, "jaw", parent="head"), Matrix.Rotation(np.radians(bones.JAW_OPEN_ANGLE / 2), 3, "X"))
    assert cube.data.shape_keys.key_blocks["mouthSmileLeft"].value == pytest.approx(0.7)
    assert list(rig.pose.bones["head"].rotation_euler) == pytest.approx([0.1, 0.2, 0.3])
    (layer,) = [layer for layer in nla_layers.layers(rig) if layer.mark.role == "take"]
    assert {curve.data_path.split('"')[1] for curve in layer.fcurves} == {"jaw", "eye.L"}
    bpy.context.scene.frame_set(40)
    assert_same(rotation_of(rig, "jaw", parent="head"), Matrix.Identity(3))


def test_a_face_of_bones_alone_speaks(rig, cube):
    own = cube.mien_driving
    own.armature, own.jaw = rig, "jaw"
    receive.put(bpy.context.scene, cube, take_of(jawOpen=0.5, mouthClose=0.1), 1)
    bpy.context.scene.frame_set(2)
    opened = 0.5 - bones.JAW_OPEN_PER_MOUTH_CLOSE * 0.1
    assert_same(rotation_of(rig, "jaw"), Matrix.Rotation(np.radians(bones.JAW_OPEN_ANGLE * opened), 3, "X"))


def test_a_bone_that_is_gone_is_named_and_nothing_changes(rig, cube):
    own = cube.mien_driving
    own.armature, own.jaw = rig, "chin"
    with pytest.raises(ApplyError, match="The jaw bone 'chin' is not in 'Rig' any more"):
        receive.put(bpy.context.scene, cube, take_of(jawOpen=0.5), 1)
    assert rig.animation_data is None


def test_bones_of_auto_rig_pro_are_known(rig):
    new = {"jaw": "c_jawbone.x", "eye.L": "c_eye.l", "eye.R": "c_eye.r", "head": "c_head.x", "neck": "c_neck.x"}
    for old, name in new.items():
        rig.data.bones[old].name = name
    assert bones.by_name(rig).names == tuple(new.values())


def test_what_an_eye_is_aimed_at_is_moved_to_where_the_take_looks(rig):
    """As in Rigify: an eye tracks a bone before it, and that bone is the control."""
    bpy.ops.object.mode_set(mode="EDIT")
    for side in "LR":
        eye = rig.data.edit_bones[f"eye.{side}"]
        eye.name = f"ball.{side}"
        target = rig.data.edit_bones.new(f"eye.{side}")
        target.head, target.tail = eye.head + Vector((0, -0.2, 0)), eye.head + Vector((0, -0.2, 0.02))
        target.parent = rig.data.edit_bones["head"]
        eye.tail, eye.roll = eye.head + Vector((0, -0.02, 0)), 0.0
    bpy.ops.object.mode_set(mode="OBJECT")
    for side in "LR":
        track = rig.pose.bones[f"ball.{side}"].constraints.new("DAMPED_TRACK")
        track.target, track.subtarget, track.track_axis = rig, f"eye.{side}", "TRACK_Y"
    found = bones.by_name(rig)
    assert (found.eye_left, found.eye_right) == ("eye.L", "eye.R")
    assert bones.aims_at(rig, "eye.L").name == "ball.L" and bones.aims_at(rig, "ball.L") is None
    pitch, yaw = 0.2, -0.15
    put(rig, take_of(gaze=(pitch, yaw), jawOpen=0.0), bones.Bones(eye_left="eye.L", eye_right="eye.R"))
    wanted = head_rotation.matrix(pitch, yaw, 0.0) @ Vector((0, -1, 0))
    for side in "LR":
        looks = rig.pose.bones[f"ball.{side}"].matrix.to_3x3() @ Vector((0, 1, 0))
        assert looks.angle(wanted) < 1e-3
    paths = {curve.path for curve in bones.gaze_curves(rig, found, 0.3)}
    assert paths == {f'pose.bones["eye.{side}"].location' for side in "LR"}


def test_head_and_neck_of_auto_rig_pro_s_skeleton_are_known(rig):
    bpy.ops.object.mode_set(mode="EDIT")
    rig.data.edit_bones["head"].name, rig.data.edit_bones["neck"].name = "head.x", "neck.x"
    bpy.ops.object.mode_set(mode="OBJECT")
    assert (bones.by_name(rig).head, bones.by_name(rig).neck) == ("head.x", "neck.x")
