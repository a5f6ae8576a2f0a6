# SPDX-License-Identifier: GPL-3.0-or-later
"""Gestures of a take: on the speaker's body, left out in words, or nothing at all."""

import json

import bpy
import numpy as np
from fake_backend import take_bytes

from addon.body.bone_names import RIGS
from addon.formats.take import read_take
from addon.scene import gesture_layer

JOINTS = ("left_upper_arm", "left_lower_arm", "right_upper_arm")
FRAMES = np.arange(1.0, 5.0, dtype=np.float32)


def take_of(joints: bool = True):
    tensors = {"weights": np.zeros((4, 1), np.float32), "head_rotation": np.zeros((4, 3), np.float32)}
    if joints:
        turned = np.linspace(0, 0.5, 4 * len(JOINTS) * 3, dtype=np.float32)
        tensors["joints"] = turned.reshape(4, len(JOINTS), 3)
    names = {"joint_names": json.dumps(list(JOINTS))} if joints else {}
    return read_take(take_bytes(tensors, channels='["jawOpen"]', **names))


def rig(names) -> bpy.types.Object:
    data = bpy.data.armatures.new("Body")
    obj = bpy.data.objects.new("Body", data)
    bpy.context.collection.objects.link(obj)
    bpy.context.view_layer.objects.active = obj
    bpy.ops.object.mode_set(mode="EDIT")
    for number, name in enumerate(names):
        bone = data.edit_bones.new(name)
        bone.head, bone.tail = (number, 0.0, 1.0), (number, 0.0, 1.5)
    bpy.ops.object.mode_set(mode="OBJECT")
    return obj


def test_a_take_without_joints_adds_nothing(speaker):
    assert gesture_layer.curves_of(speaker, take_of(False), FRAMES) == gesture_layer.Gestures()


def test_without_a_body_it_is_said(speaker):
    found = gesture_layer.curves_of(speaker, take_of(), FRAMES)
    assert found.body is None and not found.curves
    assert "choose an armature for them under Non-Verbal Motion > Body" in found.notes[0]


def test_an_armature_without_known_bones_is_said(speaker):
    speaker.mien.body = rig(["alpha", "beta"])
    found = gesture_layer.curves_of(speaker, take_of(), FRAMES)
    assert found.body is None and not found.curves and found.notes[0].startswith("The gestures were left out: ")


def test_a_bodys_curves_and_their_rests_are_among_what_moves(speaker):
    kind = next(iter(RIGS))
    body = rig([name for joint, name in RIGS[kind].items()])
    speaker.mien.body = body
    found = gesture_layer.curves_of(speaker, take_of(), FRAMES)
    assert found.body == body == speaker.mien.body and found.curves
    assert {(curve.path, curve.index) for curve in found.curves} <= set(found.rest)
