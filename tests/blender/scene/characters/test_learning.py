# SPDX-License-Identifier: GPL-3.0-or-later
"""Rigs whose shape keys have drivers: takes move the controls behind them."""

import json

import bpy
import numpy as np
import pytest
from blender_scene import value_at
from blender_takes import apply, weights_take
from rigs import characters

from addon.animation import baking, nla_layers, takes
from addon.formats.channels import ARKIT
from addon.scene import lines
from addon.scene.apply import ApplyError
from addon.scene.characters import learning, set_up
from addon.scene.characters.learnt import LearningError

JAW = 'pose.bones["jaw_ctrl"].location'


@pytest.fixture
def driven():
    return characters.all_driven()


def spoken(frames: int = 12) -> np.ndarray:
    """Weights like those of speech: no jaw to both sides at once."""
    weights = np.random.default_rng(1).random((frames, len(ARKIT))).astype(np.float32) * 0.8
    weights[:, ARKIT.index("jawRight")] = 0.0
    return weights


def test_without_learning_the_refusal_says_what_to_press(driven):
    with pytest.raises(ApplyError, match="press Learn Controls"):
        apply(driven, weights_take(spoken(), ARKIT))


def test_the_keys_show_the_take_and_the_controls_have_the_curves(driven):
    bpy.context.view_layer.objects.active = driven
    assert bpy.ops.mien.learn_controls() == {"FINISHED"}
    weights = spoken()
    assert "controls move 52 shape keys" in apply(driven, weights_take(weights, ARKIT))
    for name in ("jawOpen", "jawLeft", "mouthPucker", "mouthSmileLeft", "mouthSmileRight", "eyeBlinkRight"):
        shown = [value_at(driven, name, frame) for frame in range(1, 13)]
        np.testing.assert_allclose(shown, weights[:, ARKIT.index(name)], atol=0.01, err_msg=name)
    (layer,) = [layer for layer in nla_layers.layers(bpy.data.objects["Face_rig"]) if layer.mark.role == "take"]
    assert {curve.data_path for curve in layer.fcurves} >= {JAW, 'pose.bones["ctrl_eyeBlinkLeft"]["eyeBlinkLeft"]'}
    assert driven.data.shape_keys.animation_data.action is None and not driven.data.shape_keys.animation_data.nla_tracks


def test_learning_leaves_the_rig_as_it_was(driven):
    rig = bpy.data.objects["Face_rig"]
    rig.pose.bones["jaw_ctrl"].location = (0.01, -0.02, 0.0)
    rig.pose.bones["ctrl_eyeBlinkLeft"]["eyeBlinkLeft"] = 0.25
    rig.keyframe_insert("location", frame=1)
    learnt = learning.learn(driven)
    assert tuple(rig.pose.bones["jaw_ctrl"].location) == pytest.approx((0.01, -0.02, 0.0))
    assert rig.pose.bones["ctrl_eyeBlinkLeft"]["eyeBlinkLeft"] == 0.25 and rig.animation_data.action is not None
    assert learnt.mapping.error < 0.01 and learnt.mapping.reached == set(learnt.mapping.keys)
    (open_side,) = [side for side in learnt.mapping.sides if side.response.keys() == {"Driven/jawOpen"}]
    assert open_side.end == pytest.approx(-0.05, rel=1e-2)


def test_limits_of_a_control_are_kept(driven):
    rig = bpy.data.objects["Face_rig"]
    limit = rig.pose.bones["jaw_ctrl"].constraints.new("LIMIT_LOCATION")
    limit.use_min_y, limit.min_y, limit.owner_space = True, -0.02, "LOCAL"
    set_up.set_up(bpy.context.scene, driven)
    weights = np.zeros((3, len(ARKIT)), np.float32)
    weights[1, ARKIT.index("jawOpen")] = 1.0
    said = apply(driven, weights_take(weights, ARKIT))
    assert value_at(driven, "jawOpen", 2) == pytest.approx(0.4, abs=0.01)  # 0.02 of the 0.05 that it takes
    assert "farthest off: jawOpen" in said
    assert rig.pose.bones["jaw_ctrl"].location.y >= -0.02 - 1e-6


def test_controls_behind_a_mechanism_are_found():
    """A key follows a bone that copies another one, and another key a property that a bone drives."""
    face = characters.face("Face", {name: {name: 1.0} for name in ("jawOpen", "mouthPucker")})
    rig = characters.armature("Rig", {name: ((0, 0, i), (0, 0, i + 0.1)) for i, name in enumerate("abc")}, {})
    copy = rig.pose.bones["b"].constraints.new("COPY_LOCATION")
    copy.target, copy.subtarget, copy.owner_space, copy.target_space = rig, "a", "LOCAL", "LOCAL"
    rig["pucker"] = 0.0
    blocks = face.data.shape_keys.key_blocks
    for owner, path, target in ((blocks["jawOpen"], "value", "b"), (rig, '["pucker"]', "c")):
        driver = owner.driver_add(path).driver
        variable = driver.variables.new()
        variable.name, variable.type = "v", "TRANSFORMS"
        variable.targets[0].id, variable.targets[0].bone_target = rig, target
        variable.targets[0].transform_type, variable.targets[0].transform_space = "LOC_Z", "LOCAL_SPACE"
        driver.expression = "v * 10"
    driver = blocks["mouthPucker"].driver_add("value").driver
    variable = driver.variables.new()
    variable.name, variable.targets[0].id, variable.targets[0].data_path = "v", rig, '["pucker"]'
    driver.expression = "v"
    learnt = learning.learn(face)
    paths = {(control.path, control.index) for control in learnt.mapping.controls}
    assert ('pose.bones["c"].location', 2) in paths and "Face/mouthPucker" in learnt.mapping.reached
    assert "Face/jawOpen" in learnt.mapping.reached


@pytest.mark.parametrize("mode", ["XYZ", "QUATERNION", "AXIS_ANGLE"])
def test_a_jaw_bone_that_turns_drives_the_key(mode):
    face = characters.face("Face", {"jawOpen": {"jawOpen": 1.0}})
    rig = characters.armature("Rig", {"jaw": ((0, 0, 0), (0, -0.1, 0))}, {})
    rig.pose.bones["jaw"].rotation_mode = mode
    driver = face.data.shape_keys.key_blocks["jawOpen"].driver_add("value").driver
    variable = driver.variables.new()
    variable.name, variable.type = "v", "TRANSFORMS"
    variable.targets[0].id, variable.targets[0].bone_target = rig, "jaw"
    variable.targets[0].transform_type, variable.targets[0].transform_space = "ROT_X", "LOCAL_SPACE"
    driver.expression = "-v * 3"
    set_up.set_up(bpy.context.scene, face)
    weights = np.zeros((3, len(ARKIT)), np.float32)
    weights[1, ARKIT.index("jawOpen")] = 0.6
    apply(face, weights_take(weights, ARKIT))
    assert value_at(face, "jawOpen", 2) == pytest.approx(0.6, abs=0.01)
    assert value_at(face, "jawOpen", 3) == pytest.approx(0.0, abs=0.01)


def test_takes_of_controls_are_baked_and_deleted_like_others(driven):
    set_up.set_up(bpy.context.scene, driven)
    lines.add(driven, start_frame=1)
    weights = spoken()
    apply(driven, weights_take(weights, ARKIT))
    shown = value_at(driven, "jawOpen", 5)
    assert baking.bake(driven) > 40
    assert value_at(driven, "jawOpen", 5) == pytest.approx(shown, abs=1e-4)
    baking.unbake(driven)
    line = driven.mien.lines[0]
    takes.delete(line, line.takes[0].uid)
    assert value_at(driven, "jawOpen", 5) == pytest.approx(0.0, abs=1e-6)
    assert json.loads(driven.mien_driving.control_map)["controls"]


def test_a_driver_without_a_control_is_said():
    face = characters.face("Face", {"jawOpen": {"jawOpen": 1.0}})
    face.data.shape_keys.key_blocks["jawOpen"].driver_add("value").driver.expression = "frame / 100"
    with pytest.raises(LearningError, match="None of the 0"):
        learning.learn(face)


@pytest.mark.parametrize("driven_face", [False, True])
def test_teeth_that_follow_a_key_of_the_face_need_no_control_of_their_own(driven_face):
    """The usual driver of teeth reads the face's shape key, not the rig."""
    face = characters.all_driven() if driven_face else characters.face("Driven", {"jawOpen": {"jawOpen": 1.0}})
    teeth = characters.teeth("Teeth", {"jawOpen": "jawOpen"})
    driver = teeth.data.shape_keys.key_blocks["jawOpen"].driver_add("value").driver
    variable = driver.variables.new()
    variable.name, variable.targets[0].id_type = "v", "KEY"
    variable.targets[0].id, variable.targets[0].data_path = face.data.shape_keys, 'key_blocks["jawOpen"].value'
    driver.expression = "v"
    said = set_up.set_up(bpy.context.scene, face)
    assert ("53 of 53 shape keys" in said) is driven_face and "None of" not in said
    weights = np.zeros((3, len(ARKIT)), np.float32)
    weights[1, ARKIT.index("jawOpen")] = 0.6
    apply(face, weights_take(weights, ARKIT))
    assert value_at(face, "jawOpen", 2) == pytest.approx(0.6, abs=0.01)
    assert value_at(teeth, "jawOpen", 2) == pytest.approx(0.6, abs=0.01)
