# SPDX-License-Identifier: GPL-3.0-or-later
"""Faces of bones, without curves on keys: controls are learnt, and takes move them as the keys would move the face."""

import bpy
import numpy as np
import pytest
from blender_scene import shown
from blender_takes import apply, weights_take
from rigs import bone_faces

from addon.animation import baking, nla_layers, takes
from addon.formats.channels import ARKIT
from addon.scene import lines
from addon.scene.characters import face_rig, learning, set_up, vertex_learning
from addon.scene.characters.learnt import LearningError, finish, mapping_of, store

SMILE, BLINK, JAW = "mouthSmileLeft", "eyeBlinkLeft", "jawOpen"


def pose_of(rig):
    return {bone.name: (*bone.location, *bone.rotation_euler) for bone in rig.pose.bones}


def learnt_face(build):
    face = build()
    store(face, finish(learning.steps(face)))
    return face


def moved(face, frame: int, rest: np.ndarray) -> np.ndarray:
    bpy.context.scene.frame_set(frame)
    return shown(face) - rest


def one_at_a_time(*channels: str) -> np.ndarray:
    """A frame at rest, then one for each of these at 1, and rest."""
    weights = np.zeros((len(channels) + 2, len(ARKIT)), np.float32)
    for number, channel in enumerate(channels):
        weights[number + 1, ARKIT.index(channel)] = 1.0
    return weights


@pytest.mark.parametrize("build", [bone_faces.auto_rig_pro_like, bone_faces.board_like])
def test_a_take_moves_the_controls_and_they_the_face(build):
    face = learnt_face(build)
    rest = shown(face)
    said = apply(face, weights_take(one_at_a_time(JAW, SMILE, BLINK), ARKIT))
    assert "controls move the face" in said
    assert face.data.shape_keys.animation_data is None or not face.data.shape_keys.animation_data.nla_tracks
    for frame, channel in enumerate((JAW, SMILE), 2):
        wanted = face_rig.offsets(face, channel)
        off = moved(face, frame, rest) - wanted
        assert (off**2).sum() < 0.45 * (wanted**2).sum(), channel
    assert mapping_of(face).reached[f"{face.name}/jawOpen"] > 0.85
    blink = face_rig.offsets(face, BLINK)
    lid = int(np.linalg.norm(blink, axis=1).argmax())
    assert moved(face, 4, rest)[lid, 2] < 0.6 * blink[lid, 2]  # the lid comes down
    assert np.abs(moved(face, 5, rest)).max() < 1e-5


def test_lips_meet_where_the_take_shuts_them():
    """jawOpen and mouthClose together: the lips stay as near as the keys keep them."""
    face = learnt_face(bone_faces.auto_rig_pro_like)
    rest = shown(face)
    weights = one_at_a_time(JAW)
    weights[1, ARKIT.index(JAW)] = weights[1, ARKIT.index("mouthClose")] = 0.4
    apply(face, weights_take(weights, ARKIT))
    wanted = 0.4 * (face_rig.offsets(face, JAW) + face_rig.offsets(face, "mouthClose"))
    opened = 0.4 * face_rig.offsets(face, JAW)
    pairs = vertex_learning.wanted_of(face, [face]).pairs
    lips = pairs[np.linalg.norm(opened[pairs[:, 0]] - opened[pairs[:, 1]], axis=1) > 0.003]

    def gap(motion: np.ndarray) -> np.ndarray:
        return (motion[lips[:, 0]] - motion[lips[:, 1]])[:, 2]

    assert len(lips) > 10 and np.abs(gap(opened)).mean() > 0.005
    assert np.abs(gap(moved(face, 2, rest)) - gap(wanted)).mean() < 0.002


def test_learning_leaves_the_scene_as_it_was_also_when_it_is_stopped():
    face = bone_faces.auto_rig_pro_like()
    rig = face.parent
    rig.pose.bones["c_jawbone.x"].rotation_euler.x = 0.1
    rig.keyframe_insert("location", frame=1)
    face.modifiers.new("Fine", "SUBSURF")
    face.data.shape_keys.key_blocks["mouthPucker"].value = 0.3
    before, points = pose_of(rig), shown(face)
    steps = learning.steps(face)
    for _ in range(5):
        next(steps)
    steps.close()
    assert pose_of(rig) == before and rig.animation_data.action is not None
    found = learning.learn(face)
    np.testing.assert_allclose(list(pose_of(rig).values()), list(before.values()), atol=1e-6)
    np.testing.assert_allclose(shown(face), points, atol=1e-6)
    assert face.modifiers["Fine"].show_viewport and not face.data.shape_keys.key_blocks["mouthPucker"].mute
    assert "of the keys' motion" in found.sentence and "Auto-Rig Pro" in found.sentence


def test_controls_of_unknown_names_are_found_by_what_they_move():
    face = learnt_face(bone_faces.unknown_names)
    mapping = mapping_of(face)
    moved_bones = {control.path.split('"')[1] for control in mapping.controls}
    assert "handleL" in moved_bones and "under" in moved_bones and "skull" not in moved_bones
    assert mapping.reached["Unknown/jawOpen"] > 0.85


def test_takes_are_baked_and_deleted_like_others():
    face = learnt_face(bone_faces.board_like)
    board = bpy.data.objects["face_gui"]
    lines.add(face, start_frame=1)
    apply(face, weights_take(one_at_a_time(JAW), ARKIT))
    (layer,) = [layer for layer in nla_layers.layers(board) if layer.mark.role == "take"]
    assert {curve.data_path for curve in layer.fcurves} >= {'pose.bones["CTRL_C_jaw"].location'}
    bpy.context.scene.frame_set(2)
    value = board.pose.bones["CTRL_C_jaw"].location.y
    assert abs(value) > 0.5 and -1.0 <= value <= 1.0
    assert baking.bake(face) > 0
    bpy.context.scene.frame_set(2)
    assert board.pose.bones["CTRL_C_jaw"].location.y == pytest.approx(value, abs=1e-4)
    baking.unbake(face)
    takes.delete(face.mien.lines[0], face.mien.lines[0].takes[0].uid)
    bpy.context.scene.frame_set(2)
    assert board.pose.bones["CTRL_C_jaw"].location.y == pytest.approx(0.0, abs=1e-6)


def test_the_jaw_bone_is_not_opened_twice():
    face = bone_faces.auto_rig_pro_like()
    face.mien_driving.armature, face.mien_driving.jaw = face.parent, "c_jawbone.x"
    store(face, finish(learning.steps(face)))
    assert face.mien_driving.jaw == ""


def test_a_face_without_keys_is_told_to_be_bound():
    face = bone_faces.auto_rig_pro_like()
    face.shape_key_clear()
    with pytest.raises(LearningError, match="Bind the mesh first"):
        learning.learn(face)
    assert "Bind" in bpy.types.MIEN_OT_learn_controls.disabled_reason(bpy.context)


def test_a_rig_whose_bones_move_nothing_is_said():
    face = bone_faces.auto_rig_pro_like()
    face.modifiers.clear()
    with pytest.raises(LearningError, match="moves a part of its face"):
        learning.learn(face)


def test_set_up_says_what_to_press():
    face = bone_faces.auto_rig_pro_like()
    assert "once Learn Controls is pressed" in set_up.set_up(bpy.context.scene, face)
    assert bpy.ops.mien.learn_controls() == {"FINISHED"} and face.mien_driving.control_map
    assert bpy.ops.mien.forget_controls() == {"FINISHED"} and mapping_of(face) is None
