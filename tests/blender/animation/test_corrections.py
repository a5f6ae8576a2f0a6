# SPDX-License-Identifier: GPL-3.0-or-later
"""Corrections add to the visible take, and stay when takes are replaced, moved or deleted."""

import bpy
import numpy as np
import pytest
from blender_scene import value_at
from blender_takes import apply, correct, own_layers, random_weights, weights_take

from addon.animation import corrections, fcurves, takes
from addon.scene import lines


@pytest.fixture
def flat(toy_head):
    """A line from frame 11 with takes of 0.2 and 0.4, the first visible."""
    lines.add(toy_head, start_frame=11)
    for seed, value in ((0, 0.2), (1, 0.4)):
        head = np.full((20, 3), 0.1)
        apply(toy_head, weights_take(np.full((20, 3), value), seed=str(seed), head=head), start=11)
    toy_head.mien.lines[0].active_take = 0
    return toy_head, toy_head.mien.lines[0]


def test_the_keyed_value_shows(flat):
    speaker, line = flat
    correct(speaker, line, (15, 0.2), (20, 0.7), (25, 0.2))
    assert [value_at(speaker, "jawOpen", frame) for frame in (11, 15, 20, 25, 30)] == pytest.approx(
        [0.2, 0.2, 0.7, 0.2, 0.2], abs=1e-6
    )
    assert value_at(speaker, "mouthClose", 20) == pytest.approx(0.2, abs=1e-6)
    assert value_at(speaker, "jawOpen", 60) == 0.0 and value_at(speaker, "jawOpen", -15) == 0.0


def test_another_take_gets_the_same_difference(flat):
    speaker, line = flat
    correct(speaker, line, (15, 0.2), (20, 0.7), (25, 0.2))
    line.active_take = 1
    assert [value_at(speaker, "jawOpen", frame) for frame in (15, 20, 25)] == pytest.approx([0.4, 0.9, 0.4], abs=1e-6)


def test_corrections_survive_a_replaced_and_a_longer_take(flat):
    speaker, line = flat
    correct(speaker, line, (15, 0.2), (20, 0.7), (25, 0.2))
    apply(speaker, weights_take(np.full((40, 3), 0.1), seed="0"), start=11)
    line.active_take = 0
    assert [value_at(speaker, "jawOpen", frame) for frame in (15, 20, 25, 49)] == pytest.approx(
        [0.1, 0.6, 0.1, 0.1], abs=1e-6
    )
    correct(speaker, line, (45, 0.5))  # where the take is longer than it was
    assert value_at(speaker, "jawOpen", 45) == pytest.approx(0.5, abs=1e-6)
    assert value_at(speaker, "jawOpen", 20) == pytest.approx(0.6, abs=1e-6)


def test_corrections_move_with_the_line(flat):
    speaker, line = flat
    correct(speaker, line, (15, 0.2), (20, 0.7), (25, 0.2))
    line.start_frame += 100
    assert [value_at(speaker, "jawOpen", frame) for frame in (20, 120)] == pytest.approx([0.0, 0.7], abs=1e-6)
    correct(speaker, line, (121, 0.9))
    assert value_at(speaker, "jawOpen", 121) == pytest.approx(0.9, abs=1e-6)
    line.start_frame -= 100
    assert value_at(speaker, "jawOpen", 21) == pytest.approx(0.9, abs=1e-6)


def test_corrections_are_renamed_with_their_line(flat):
    speaker, line = flat
    correct(speaker, line, (20, 0.7))
    line.name = "Hello"
    assert [layer.track.name for _, layer in corrections.correction_layers(speaker, line)] == [
        f"Mien: Hello, corrections of {id_.name}" for id_ in takes.driven(speaker)
    ]


def test_each_line_has_its_own(flat):
    speaker, first = flat
    correct(speaker, first, (20, 0.7))
    second = lines.add(speaker, start_frame=81)
    apply(speaker, weights_take(np.full((20, 3), 0.3)), start=81)
    assert value_at(speaker, "jawOpen", 90) == pytest.approx(0.3, abs=1e-6)
    correct(speaker, second, (90, 0.6))
    assert value_at(speaker, "jawOpen", 90) == pytest.approx(0.6, abs=1e-6)
    assert value_at(speaker, "jawOpen", 20) == pytest.approx(0.7, abs=1e-6)
    lines.remove(speaker, second)
    assert value_at(speaker, "jawOpen", 20) == pytest.approx(0.7, abs=1e-6)
    assert len(own_layers(speaker.data.shape_keys, "correction")) == 1


@pytest.mark.parametrize("mode", ["XYZ", "QUATERNION"])
def test_the_head_is_corrected_too(flat, mode):
    speaker, line = flat
    head = speaker.mien.head_object
    head.rotation_mode = mode
    for seed in ("0", "1"):
        take = weights_take(np.full((20, 3), 0.2), seed=seed, head=np.full((20, 3), (0.1, 0, 0)))
        apply(speaker, take, start=11)
    corrections.begin(speaker, line)
    bpy.context.scene.frame_set(15)
    wanted = (0.4, 0.0, 0.2)
    if mode == "XYZ":
        head.rotation_euler = wanted
    else:
        from mathutils import Euler

        head.rotation_quaternion = Euler(wanted).to_quaternion()
    head.keyframe_insert("rotation_euler" if mode == "XYZ" else "rotation_quaternion", frame=15)
    corrections.end(speaker)
    bpy.context.scene.frame_set(40)
    bpy.context.scene.frame_set(15)
    shown = head.evaluated_get(bpy.context.evaluated_depsgraph_get()).matrix_basis.to_euler()
    assert tuple(shown) == pytest.approx(wanted, abs=1e-4)


def test_an_action_of_the_animator_is_not_touched(flat):
    speaker, line = flat
    smile = speaker.shape_key_add(name="userSmile", from_mix=False)
    smile.value = 0.5
    smile.keyframe_insert("value", frame=1)
    data = speaker.data.shape_keys.animation_data
    theirs = data.action
    correct(speaker, line, (15, 0.2), (20, 0.7))
    assert data.action == theirs and len(fcurves.fcurves_of(theirs, getattr(data, "action_slot", None))) == 1
    assert value_at(speaker, "jawOpen", 20) == pytest.approx(0.7, abs=1e-6)


def test_takes_wait_while_the_animator_corrects(flat):
    from addon.generation import runner
    from addon.scene.apply import ApplyError

    speaker, line = flat
    assert runner.defer_reason(speaker) == ""
    corrections.begin(speaker, line)
    assert corrections.in_progress(speaker) and "Done Correcting" in runner.defer_reason(speaker)
    with pytest.raises(ApplyError, match="tweak mode"):
        apply(speaker, weights_take(random_weights(), seed="5"), start=11)
    corrections.end(speaker)
    assert not corrections.in_progress(speaker) and runner.defer_reason(speaker) == ""


def test_clearing_removes_them(flat):
    speaker, line = flat
    before = len(bpy.data.actions)
    correct(speaker, line, (20, 0.7))
    assert corrections.correction_layers(speaker, line)
    corrections.clear(speaker, line)
    assert len(bpy.data.actions) == before and not corrections.correction_layers(speaker, line)
    assert value_at(speaker, "jawOpen", 20) == pytest.approx(0.2, abs=1e-6)


def test_a_locked_layer_is_refused_before_anything_changes(flat):
    speaker, line = flat
    correct(speaker, line, (20, 0.7))
    own_layers(speaker.mien.head_object, "correction")[0].track.lock = True
    with pytest.raises(fcurves.CurveError, match="locked"):
        corrections.begin(speaker, line)
    with pytest.raises(fcurves.CurveError, match="locked"):
        corrections.clear(speaker, line)
    assert not corrections.in_progress(speaker) and len(corrections.correction_layers(speaker, line)) == 2


def test_deleting_a_take_keeps_the_corrections(flat):
    speaker, line = flat
    correct(speaker, line, (20, 0.7))
    takes.delete(line, line.takes[0].uid)
    assert value_at(speaker, "jawOpen", 20) == pytest.approx(0.9, abs=1e-6)
