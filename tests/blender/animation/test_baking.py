# SPDX-License-Identifier: GPL-3.0-or-later
"""Baking shows the same on every frame, can be reverted, and keeps the animator's own curves."""

import bpy
import numpy as np
import pytest
from blender_scene import CHANNELS, value_at
from blender_takes import apply, correct, random_weights, weights_take
from mathutils import Euler

from addon.animation import baking, corrections, fcurves, takes
from addon.scene import lines


@pytest.fixture
def speaker(toy_head):
    """A head with two lines, the second of two takes; the first is corrected and moved."""
    for number, start in enumerate((11, 61)):
        lines.add(toy_head, start_frame=start)
        head = np.random.default_rng(number).normal(0, 0.1, (20, 3))
        apply(toy_head, weights_take(random_weights(seed=number), head=head), start=start)
    apply(toy_head, weights_take(random_weights(seed=9), seed="1"), start=61)
    first = toy_head.mien.lines[0]
    correct(toy_head, first, (15, 0.3), (20, 0.9), (25, 0.1))
    first.start_frame = 5
    return toy_head


def every_frame(speaker) -> np.ndarray:
    """(F, N) values of all keys and the head rotation, at whole frames and between."""
    rows = []
    for frame in np.arange(-2.0, 95.0, 1.0):
        row = [value_at(speaker, name, frame) for name in CHANNELS]
        head = speaker.mien.head_object.evaluated_get(bpy.context.evaluated_depsgraph_get())
        rows.append([*row, *head.matrix_basis.to_quaternion()])
    return np.array(rows)


def test_every_frame_shows_the_same_before_and_after(speaker):
    before = every_frame(speaker)
    count = baking.bake(speaker)
    np.testing.assert_allclose(every_frame(speaker), before, atol=2e-6)
    assert count == len(CHANNELS) + 3 and speaker.mien.baked
    data = speaker.data.shape_keys.animation_data
    assert data.action.name == "Mien Toy head, baked key" and not data.use_tweak_mode


def test_reverting_keeps_the_baked_action(speaker):
    before = every_frame(speaker)
    baking.bake(speaker)
    data = speaker.data.shape_keys.animation_data
    baked = data.action
    names = baking.unbake(speaker)
    np.testing.assert_allclose(every_frame(speaker), before, atol=1e-6)
    assert data.action is None and baked.use_fake_user and baked.name in names and not speaker.mien.baked
    baking.bake(speaker)
    assert data.action != baked  # kept as it was
    np.testing.assert_allclose(every_frame(speaker), before, atol=2e-6)


def test_a_quaternion_head_is_combined_as_blender_does(toy_head):
    head = toy_head.mien.head_object
    head.rotation_mode = "QUATERNION"
    apply(toy_head, weights_take(random_weights(), head=np.random.default_rng(0).normal(0, 0.2, (20, 3))), start=1)
    corrections.begin(toy_head, toy_head.mien.lines[0])
    for frame, pitch in ((5, 0.1), (12, 0.5)):
        bpy.context.scene.frame_set(frame)
        head.rotation_quaternion = Euler((pitch, 0.1, 0.0)).to_quaternion()
        head.keyframe_insert("rotation_quaternion", frame=frame)
    corrections.end(toy_head)
    before = every_frame(toy_head)
    baking.bake(toy_head)
    np.testing.assert_allclose(every_frame(toy_head), before, atol=5e-6)


def test_an_active_action_of_the_animator_stays_and_wins(speaker):
    smile = speaker.shape_key_add(name="userSmile", from_mix=False)
    for frame, value in ((1, 0.1), (60, 0.8)):
        smile.value = value
        smile.keyframe_insert("value", frame=frame)
    data = speaker.data.shape_keys.animation_data
    theirs, before = data.action, every_frame(speaker)
    smiles = [value_at(speaker, "userSmile", frame) for frame in (1, 30, 60)]
    baking.bake(speaker)
    assert data.action == theirs and [track.name for track in data.nla_tracks][-1] == "Mien: Toy head, baked key"
    np.testing.assert_allclose(every_frame(speaker), before, atol=2e-6)
    assert [value_at(speaker, "userSmile", frame) for frame in (1, 30, 60)] == smiles
    baking.unbake(speaker)
    assert data.action == theirs and baking.baked_action(speaker.data.shape_keys) is None
    np.testing.assert_allclose(every_frame(speaker), before, atol=1e-6)


def test_baking_by_the_button_is_one_undo_step(speaker):
    name = speaker.name
    bpy.context.view_layer.objects.active = speaker
    bpy.ops.ed.undo_push(message="before")
    assert bpy.ops.mien.bake_down("EXEC_DEFAULT", True) == {"FINISHED"}
    assert bpy.data.objects[name].mien.baked
    bpy.ops.ed.undo()
    speaker = bpy.data.objects[name]
    assert not speaker.mien.baked and speaker.data.shape_keys.animation_data.action is None


def test_a_click_on_a_take_does_not_show_it_over_the_baked_action(speaker):
    baking.bake(speaker)
    before = every_frame(speaker)
    speaker.mien.lines[1].active_take = 0
    np.testing.assert_allclose(every_frame(speaker), before, atol=1e-7)


def test_a_locked_track_is_refused_before_anything_changes(speaker):
    baking.bake(speaker)
    baking.unbake(speaker)
    data = speaker.mien.head_object.animation_data
    data.use_tweak_mode = False
    corrections.begin(speaker, speaker.mien.lines[0])
    with pytest.raises(fcurves.CurveError, match="tweak mode"):
        baking.bake(speaker)
    assert not speaker.mien.baked and all(baking.baked_action(id_) is None for id_ in takes.driven(speaker))
