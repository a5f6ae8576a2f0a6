# SPDX-License-Identifier: GPL-3.0-or-later
"""Joints of a take on armatures: where they put the bones, whatever rolls, axes and rest pose these have."""

import json
from fractions import Fraction

import bpy
import numpy as np
import pytest
from fake_backend import take_bytes
from mathutils import Matrix, Vector

from addon.animation import nla_layers
from addon.animation.nla_layers import Mark
from addon.body import joint_curves
from addon.body.bone_names import RIGS, bones_of
from addon.body.rest_poses import about
from addon.formats.body_file import read_body
from addon.formats.take import read_take
from addon.scene import apply

MOVED = ("chest", "left_upper_arm", "left_lower_arm", "left_hand", "right_upper_arm", "left_index_proximal")
BODY = read_body()


def take_of(frames=4, names=MOVED):
    joints = np.random.default_rng(5).normal(0, 0.5, (frames, len(names), 3)).astype(np.float32)
    tensors = {
        "weights": np.zeros((frames, 1), np.float32),
        "head_rotation": np.zeros((frames, 3), np.float32),
        "joints": joints,
    }
    return read_take(take_bytes(tensors, channels='["jawOpen"]', joint_names=json.dumps(list(names))))


def rig_of(kind: str, axes=None, raised: float = 0.0):
    """An armature of a kind with the body's joints, its arms raised by degrees, bones rolled each in its own way."""
    axes = np.eye(3) if axes is None else axes
    data = bpy.data.armatures.new(kind)
    rig = bpy.data.objects.new(kind, data)
    bpy.context.collection.objects.link(rig)
    bpy.context.view_layer.objects.active = rig
    places = dict(BODY.joints)
    for side, sign in (("left", 1), ("right", -1)):
        turn = about(np.array([0.0, 0.0, 1.0]), sign * np.radians(raised))
        shoulder = BODY.joints[f"{side}_upper_arm"]
        for joint in places:
            if joint.startswith(side) and not joint.endswith(("shoulder", "leg", "foot")):
                places[joint] = shoulder + turn @ (BODY.joints[joint] - shoulder)
    after = {}
    for joint, parent in BODY.parents.items():
        after.setdefault(parent, joint)
    after |= {f"{side}_hand": f"{side}_middle_proximal" for side in ("left", "right")}
    bpy.ops.object.mode_set(mode="EDIT")
    for number, (joint, name) in enumerate(RIGS[kind].items()):
        bone = data.edit_bones.new(name)
        parent = BODY.parents[joint]
        end = places[after[joint]] if joint in after else 2 * places[joint] - places[parent]
        bone.head, bone.tail, bone.roll = axes @ places[joint], axes @ end, 0.9 * number
        bone.parent = data.edit_bones.get(RIGS[kind].get(parent, ""))
    bpy.ops.object.mode_set(mode="OBJECT")
    return rig


def put(rig, take):
    found = joint_curves.layer(rig, take, np.arange(1.0, take.frames + 1))
    nla_layers.put(rig, Mark("take", 1, 1), list(found.curves), "g", "{}", (1.0, 9.0), blend=found.blend)
    return found


def directions(rig, axes, frame):
    """joint -> direction of its bone in the model's axes, in the pose of a frame."""
    bpy.context.scene.frame_set(frame)
    table = bones_of(rig.data.bones.keys())[1]
    ends = {"upper_arm": "lower_arm", "lower_arm": "hand", "hand": "middle_proximal"}
    out = {}
    for side in ("left", "right"):
        for part, after in ends.items():
            a, b = (np.array(rig.pose.bones[table[f"{side}_{name}"]].head) for name in (part, after))
            out[f"{side}_{part}"] = (b - a) @ axes / np.linalg.norm(b - a)
    return out


def expected(take, frame):
    turns = joint_curves._turns(BODY, take)
    ends = {"upper_arm": "lower_arm", "lower_arm": "hand", "hand": "middle_proximal"}
    out = {}
    for side in ("left", "right"):
        for part, after in ends.items():
            rest = BODY.joints[f"{side}_{after}"] - BODY.joints[f"{side}_{part}"]
            out[f"{side}_{part}"] = turns[f"{side}_{part}"][frame] @ rest / np.linalg.norm(rest)
    return out


@pytest.mark.parametrize("kind", ["Mixamo", "VRM", "Unreal's mannequin", "Rigify's meta-rig", "Mien"])
@pytest.mark.parametrize("raised", [0.0, 45.0])
def test_arms_point_where_the_take_says_from_an_a_and_from_a_t_pose(kind, raised):
    axes = np.array([[1.0, 0, 0], [0, 0, -1.0], [0, 1.0, 0]])  # Blender's: z up, the face to -y
    rig, take = rig_of(kind, axes, raised), take_of()
    assert put(rig, take).blend == "REPLACE"
    for frame in range(take.frames):
        wanted = expected(take, frame)
        for joint, direction in directions(rig, axes, frame + 1).items():
            np.testing.assert_allclose(direction, wanted[joint], atol=2e-4, err_msg=joint)


def test_an_armature_with_y_up_gestures_alike():
    rig, take = rig_of("Mixamo", np.eye(3), 45.0), take_of()
    put(rig, take)
    for joint, direction in directions(rig, np.eye(3), 3).items():
        np.testing.assert_allclose(direction, expected(take, 2)[joint], atol=2e-4)


def test_gestures_add_to_the_animation_that_lies_beneath():
    rig, take = rig_of("Mixamo"), take_of()
    pose = rig.pose.bones["LeftForeArm"]
    pose.rotation_quaternion = Matrix.Rotation(0.7, 3, Vector((1, 0, 0))).to_quaternion()
    pose.keyframe_insert("rotation_quaternion", frame=1)
    data = rig.animation_data
    data.nla_tracks.new().strips.new("own", 1, data.action)
    data.action = None
    bpy.context.scene.frame_set(1)
    before = pose.matrix_basis.to_quaternion()
    assert put(rig, take).blend == "COMBINE"
    bpy.context.scene.frame_set(1)
    assert pose.matrix_basis.to_quaternion().rotation_difference(before).angle < 1e-3  # the first frame is theirs
    alone = rig_of("Mixamo")
    put(alone, take)
    bones = [r.pose.bones["LeftForeArm"] for r in (rig, alone)]
    bpy.context.scene.frame_set(1)
    first = bones[1].matrix_basis.to_quaternion()
    bpy.context.scene.frame_set(3)
    turn = first.inverted() @ bones[1].matrix_basis.to_quaternion()
    assert bones[0].matrix_basis.to_quaternion().rotation_difference(before @ turn).angle < 1e-3


def test_an_action_above_the_gestures_is_named():
    rig = rig_of("Mixamo")
    rig.pose.bones["LeftArm"].keyframe_insert("rotation_quaternion", frame=1)
    assert any("push it down" in note for note in joint_curves.layer(rig, take_of(), np.arange(4.0)).notes)


def test_what_has_no_bone_is_said_and_a_rig_without_arms_refused():
    rig = rig_of("Mixamo")
    bpy.context.view_layer.objects.active = rig
    bpy.ops.object.mode_set(mode="EDIT")
    rig.data.edit_bones.remove(rig.data.edit_bones["LeftHandIndex1"])
    bpy.ops.object.mode_set(mode="OBJECT")
    notes = joint_curves.layer(rig, take_of(), np.arange(4.0)).notes
    assert any("no bone for left index proximal" in note for note in notes)
    other = bpy.data.objects.new("Crane", bpy.data.armatures.new("Crane"))
    with pytest.raises(joint_curves.JointError, match="Crane"):
        joint_curves.layer(other, take_of(), np.arange(4.0))


def test_a_take_lands_on_the_default_body_as_a_layer_that_goes_again():
    bpy.ops.mien.add_body()
    speaker, mark, take = bpy.context.object, Mark("take", 1, 1), take_of()
    changes = apply.plan(speaker, take, mark)
    result = apply.apply_take(speaker, take, changes, 1.0, mark, "line, take", Fraction(24))
    assert not any("left out" in note for note in result.notes)
    body = speaker.mien.body
    paths = {curve.data_path for curve in nla_layers.find(body, mark).fcurves}
    assert 'pose.bones["upper_arm.L"].rotation_quaternion' in paths
    nla_layers.drop(body, mark)
    assert nla_layers.find(body, mark) is None


def test_without_a_body_the_gestures_are_said_to_be_left_out():
    bpy.ops.mien.add_head()
    speaker, mark, take = bpy.context.object, Mark("take", 1, 1), take_of()
    changes = apply.plan(speaker, take, mark)
    result = apply.apply_take(speaker, take, changes, 1.0, mark, "line, take", Fraction(24))
    assert any("Add Default Body" in note for note in result.notes)
