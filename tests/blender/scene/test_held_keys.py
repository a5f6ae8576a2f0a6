# SPDX-License-Identifier: GPL-3.0-or-later
"""Held keys: the keyed values are part of the direction as they show, and their F-curves are muted meanwhile."""

import json

import bpy
import numpy as np
import pytest
from blender_scene import value_at
from blender_takes import apply, weights_take

from addon.animation import baking, corrections, fcurves, head_rotation
from addon.formats.held_keys import HeldKeys
from addon.scene import direction as scene_direction
from addon.scene import held_keys, lines
from addon.shape_keys.key_table import Row
from addon.ui.engine_options_operators import MIEN_OT_hold_keys, MIEN_OT_release_keys, held_summary

FPS = 24.0


@pytest.fixture
def line(toy_head, voice):
    """A second of sound from frame 11; its take has 0.2 in every channel."""
    line = lines.add(toy_head, str(voice), 11)
    toy_head.mien.place_sound = False
    apply(toy_head, weights_take(np.full((24, 3), 0.2)), start=11)
    bpy.context.view_layer.objects.active = toy_head
    return line


def key(obj, name: str, *points: tuple[float, float]) -> None:
    """Linear keys of a shape key, in the action that is active or tweaked."""
    block = obj.data.shape_keys.key_blocks[name]
    for frame, value in points:
        block.value = value
        block.keyframe_insert("value", frame=frame)
    data = obj.data.shape_keys.animation_data
    for fcurve in fcurves.fcurves_of(data.action, getattr(data, "action_slot", None)):
        for point in fcurve.keyframe_points:
            point.interpolation = "LINEAR"


def hold(speaker, line) -> dict:
    held_keys.hold(speaker, line, bpy.context.scene)
    return HeldKeys.from_text(line.held).curves


def test_an_action_of_the_animators_is_held_from_its_first_key_to_its_last(toy_head, line):
    key(toy_head, "jawOpen", (15, 0.3), (19, 0.7), (23, 0.5))
    assert value_at(toy_head, "jawOpen", 30) == pytest.approx(0.5)  # beyond its keys a curve holds its last value
    held = hold(toy_head, line)
    seconds, values = np.array(held["jawOpen"][0]).T
    assert list(held) == ["jawOpen"] and (seconds[0], seconds[-1]) == pytest.approx((4 / FPS, 12 / FPS), abs=1e-6)
    for frame, value in ((15, 0.3), (17, 0.5), (19, 0.7), (23, 0.5)):
        assert np.interp((frame - 11) / FPS, seconds, values) == pytest.approx(value, abs=1e-4)
    assert [value_at(toy_head, "jawOpen", frame) for frame in (15, 19, 30)] == pytest.approx([0.2] * 3)


def test_released_they_are_as_before(toy_head, line):
    key(toy_head, "jawOpen", (15, 0.3), (23, 0.5))
    before = [value_at(toy_head, "jawOpen", frame) for frame in range(8, 40)]
    hold(toy_head, line)
    held_keys.release(toy_head, line)
    assert line.held == "" and [value_at(toy_head, "jawOpen", frame) for frame in range(8, 40)] == before


def test_corrections_are_held_with_the_take_beneath_them(toy_head, line):
    corrections.begin(toy_head, line)
    key(toy_head, "eyeBlinkLeft", (16, 0.2), (20, 0.9), (24, 0.2))
    corrections.end(toy_head)
    assert value_at(toy_head, "eyeBlinkLeft", 20) == pytest.approx(0.9)
    held = hold(toy_head, line)
    assert np.interp(9 / FPS, *np.array(held["eyeBlinkLeft"][0]).T) == pytest.approx(0.9, abs=1e-4)
    assert value_at(toy_head, "eyeBlinkLeft", 20) == pytest.approx(0.2)  # it will be in the take itself
    baking.bake(toy_head)
    assert value_at(toy_head, "eyeBlinkLeft", 20) == pytest.approx(0.2)  # a muted curve is not baked down either
    baking.unbake(toy_head)
    held_keys.release(toy_head, line)
    assert value_at(toy_head, "eyeBlinkLeft", 20) == pytest.approx(0.9)


def test_keys_are_held_within_the_sound_and_the_preview_range(toy_head, line):
    key(toy_head, "jawOpen", (1, 0.0), (60, 0.59))
    assert held_keys.hold(toy_head, line, bpy.context.scene) == ("jawOpen",)  # it has keys beyond
    held = HeldKeys.from_text(line.held).curves["jawOpen"][0]
    assert (held[0][0], held[-1][0]) == (0.0, 1.0)
    assert (held[0][1], held[-1][1]) == pytest.approx((0.1, 0.34), abs=1e-3)
    held_keys.release(toy_head, line)
    scene = bpy.context.scene
    scene.use_preview_range, scene.frame_preview_start, scene.frame_preview_end = True, 17, 23
    held = hold(toy_head, line)["jawOpen"][0]
    assert (held[0][0], held[-1][0]) == pytest.approx((6 / FPS, 12 / FPS), abs=1e-6)
    held_keys.release(toy_head, line)
    scene.frame_preview_start = scene.frame_preview_end = 100
    with pytest.raises(held_keys.HoldError, match="is keyed within the preview range while"):
        hold(toy_head, line)
    assert line.held == ""


def test_gains_are_taken_out_and_values_beyond_one_are_cut(toy_head, line):
    toy_head.mien_driving.set_rows((Row("jawOpen", "cheekPuff", 0.5), Row("eyeBlinkLeft", "/P B M/")), "mine")
    key(toy_head, "jawOpen", (15, 0.2), (19, 0.9))
    key(toy_head, "eyeBlinkLeft", (15, 0.2), (19, 0.9))
    held = hold(toy_head, line)
    assert list(held) == ["cheekPuff"]  # a viseme is no channel
    assert (held["cheekPuff"][0][0][1], held["cheekPuff"][0][-1][1]) == pytest.approx((0.4, 1.0), abs=1e-4)


def test_a_blink_does_not_hold_the_eyes_that_look_down_but_a_jaw_the_lips_that_it_closes(toy_head, line):
    blink = Row("jawOpen", "eyeBlinkLeft - 0.5 eyeLookDownLeft")
    toy_head.mien_driving.set_rows((blink, Row("mouthClose", "eyeLookDownLeft")), "mine")
    key(toy_head, "jawOpen", (15, 0.3), (19, 0.5))
    (curve,) = hold(toy_head, line).pop("eyeBlinkLeft")  # the take beneath has 0.2 in mouthClose
    assert (curve[0][1], curve[-1][1]) == pytest.approx((0.4, 0.6), abs=1e-3)
    assert list(HeldKeys.from_text(line.held).curves) == ["eyeBlinkLeft"]
    held_keys.release(toy_head, line)
    toy_head.mien_driving.set_rows((Row("jawOpen", "jawOpen - 1.03 mouthClose"),), "mine")
    assert {name: curve[-1][1] for name, (curve,) in hold(toy_head, line).items()} == pytest.approx(
        {"jawOpen": 0.5, "mouthClose": 0.0}, abs=1e-3
    )


@pytest.mark.parametrize("mode", ["XYZ", "QUATERNION", "AXIS_ANGLE"])
def test_a_head_that_was_turned_is_held_in_the_angles_of_a_take(toy_head, voice, mode):
    target = toy_head.mien.head_object
    target.rotation_mode = mode
    line = lines.add(toy_head, str(voice), 11)
    toy_head.mien.place_sound = False
    apply(toy_head, weights_take(np.zeros((24, 3)), head=np.tile([0.1, 0.2, -0.05], (24, 1))), start=11)
    assert line.held == "" and target.animation_data.action is None
    path = head_rotation.path_of(target)
    rotations = [head_rotation.matrix(*angles) for angles in ((0.3, -0.2, 0.1), (0.1, 0.4, 0.1))]
    for frame, values in zip((15, 21), head_rotation.rotation_values(mode, rotations)[1], strict=True):
        setattr(target, path, values)
        target.keyframe_insert(path, frame=frame)
    held = hold(toy_head, line)
    ends = {name: (curve[0], curve[-1]) for name, (curve,) in held.items()}
    for name, first, last in (("headPitch", 0.3, 0.1), ("headYaw", -0.2, 0.4), ("headRoll", 0.1, 0.1)):
        assert np.ravel(ends[name]) == pytest.approx([4 / FPS, first, 10 / FPS, last], abs=1e-5)
    bpy.context.scene.frame_set(18)
    np.testing.assert_allclose(target.matrix_basis.to_3x3(), head_rotation.matrix(0.1, 0.2, -0.05), atol=1e-5)
    held_keys.release(toy_head, line)
    bpy.context.scene.frame_set(15)
    np.testing.assert_allclose(target.matrix_basis.to_3x3(), rotations[0], atol=1e-5)


def test_a_single_key_holds_a_single_frame(toy_head, line):
    key(toy_head, "jawOpen", (23, 0.5))
    assert hold(toy_head, line) == {"jawOpen": [[[0.5, pytest.approx(0.5, abs=1e-4)]]]}


def test_without_keys_there_is_a_sentence(toy_head, line):
    with pytest.raises(held_keys.HoldError, match="Neither a shape key of 'Toy head' .* is keyed while the line is"):
        hold(toy_head, line)


def test_held_keys_are_in_the_direction_and_move_with_the_line(toy_head, line):
    direction = pytest.importorskip("mien.direction", reason="the backend is not installed for this Python")
    key(toy_head, "jawOpen", (15, 0.3), (23, 0.5))
    hold(toy_head, line)
    line.start_frame = 111
    text = scene_direction.direction(toy_head, line, bpy.context.scene, 0, 111, 135, FPS)
    read = direction.Direction.from_json(text)
    (name, at, values), *more = read.held_at(np.arange(24) / FPS)
    assert name == "jawOpen" and not more and at.tolist() == list(range(4, 13))
    assert values[[0, -1]] == pytest.approx([0.3, 0.5], abs=1e-4)
    trimmed = json.loads(scene_direction.direction(toy_head, line, bpy.context.scene, 0, 117, 135, FPS))
    assert trimmed["held"]["jawOpen"][0][0] == [0.0, pytest.approx(0.35, abs=1e-4)]
    assert "held" not in scene_direction.direction(
        toy_head, line, bpy.context.scene, 0, 111, 135, FPS, lambda field: field != "held"
    )


def test_keys_are_held_once_until_they_are_released(toy_head, line):
    key(toy_head, "jawOpen", (15, 0.3), (23, 0.5))
    hold(toy_head, line)
    before = line.held
    with pytest.raises(held_keys.HoldError, match="held already; press Release Keys first"):
        hold(toy_head, line)
    assert line.held == before
    assert held_keys.refusal(toy_head, None) == "Choose a sound file first"


def test_a_line_that_is_deleted_releases_them(toy_head, line):
    key(toy_head, "jawOpen", (15, 0.3), (23, 0.5))
    hold(toy_head, line)
    lines.remove(toy_head, line)
    assert value_at(toy_head, "jawOpen", 19) == pytest.approx(0.4)


def test_the_scene_is_left_on_its_frame(toy_head, line):
    key(toy_head, "jawOpen", (15, 0.3), (23, 0.5))
    bpy.context.scene.frame_set(3, subframe=0.5)
    hold(toy_head, line)
    assert (bpy.context.scene.frame_current, bpy.context.scene.frame_subframe) == (3, 0.5)


def test_the_buttons_hold_and_release(toy_head, line):
    assert MIEN_OT_release_keys.disabled_reason(bpy.context) == "No keys are held"
    key(toy_head, "jawOpen", (15, 0.3), (23, 0.5))
    assert MIEN_OT_hold_keys.disabled_reason(bpy.context).startswith("Search for the backend first")
    hold(toy_head, line)
    assert held_summary(line, bpy.context.scene) == "Held from frame 15 to 23: jawOpen"
    assert bpy.ops.mien.release_keys() == {"FINISHED"} and HeldKeys.from_text(line.held) == HeldKeys()
