# SPDX-License-Identifier: GPL-3.0-or-later
"""Lines of a speaker, one after another: made by picking a sound, named, removed."""

import bpy
import numpy as np
import pytest
from blender_scene import value_at
from blender_takes import apply, random_weights, weights_take

from addon.animation import fcurves, takes
from addon.scene import lines, sound


def test_the_first_sound_picked_makes_the_first_line(toy_head, voice):
    toy_head.mien.sound = str(voice)
    assert [(line.name, line.uid, line.sound) for line in toy_head.mien.lines] == [("voice", 1, str(voice))]
    toy_head.mien.sound = str(voice.with_name("other.wav"))
    assert len(toy_head.mien.lines) == 1 and toy_head.mien.sound.endswith("other.wav")


def test_a_name_that_was_given_stays(toy_head, voice):
    line = lines.add(toy_head)
    line.name = "Hello"
    line.sound = str(voice)
    assert line.name == "Hello"


def test_lines_follow_each_other(toy_head):
    weights = [random_weights(seed=seed) for seed in range(2)]
    for number in range(2):
        lines.add(toy_head, start_frame=1 + 50 * number)
        apply(toy_head, weights_take(weights[number]), start=1 + 50 * number)
    for number in range(2):
        assert value_at(toy_head, "jawOpen", 6 + 50 * number) == pytest.approx(weights[number][5, 0], abs=1e-6)
    assert [len(line.takes) for line in toy_head.mien.lines] == [1, 1]
    for frame in (-10, 36, 200):
        assert value_at(toy_head, "jawOpen", frame) == 0.0


def test_removing_a_line_takes_its_own_away_and_no_number_is_used_again(toy_head):
    for number in range(3):
        lines.add(toy_head, start_frame=1 + 50 * number)
        apply(toy_head, weights_take(np.ones((10, 3))), start=1 + 50 * number)
    lines.remove(toy_head, toy_head.mien.lines[1])
    assert [value_at(toy_head, "jawOpen", frame) for frame in (5, 55, 105)] == [1.0, 0.0, 1.0]
    assert [line.uid for line in toy_head.mien.lines] == [1, 3]
    lines.remove(toy_head, toy_head.mien.lines[1])
    assert lines.add(toy_head).uid == 4
    assert sorted(layer.mark.line for layer in all_layers(toy_head)) == [1, 1]


def all_layers(speaker) -> list:
    from addon.animation import nla_layers

    return [layer for id_ in takes.driven(speaker) for layer in nla_layers.layers(id_) if layer.mark.role == "take"]


def test_curves_of_a_lines_own_performance_go_with_it(toy_head):
    for number in range(3):
        line = lines.add(toy_head)
        line.own = True
        line.performance.happy = 0.25 * number
        line.performance.keyframe_insert("happy", frame=1)
    toy_head.driver_add(toy_head.mien.lines[2].performance.path_from_id("sad")).driver.expression = "0.5"
    toy_head.keyframe_insert("location", frame=1)
    lines.remove(toy_head, toy_head.mien.lines[1])
    data = toy_head.animation_data
    curves = fcurves.fcurves_of(data.action, getattr(data, "action_slot", None))
    happy = {curve.data_path: curve.evaluate(1) for curve in curves if "happy" in curve.data_path}
    assert happy == {"mien.lines[0].performance.happy": 0.0, "mien.lines[1].performance.happy": 0.5}
    assert [driver.data_path for driver in data.drivers] == ["mien.lines[1].performance.sad"]
    assert sum(curve.data_path == "location" for curve in curves) == 3


def test_a_locked_track_keeps_the_line(toy_head):
    apply(toy_head, weights_take(random_weights()))
    all_layers(toy_head)[0].track.lock = True
    with pytest.raises(fcurves.CurveError, match="locked"):
        lines.remove(toy_head, toy_head.mien.lines[0])
    assert len(toy_head.mien.lines) == 1 and len(all_layers(toy_head)) == 2


def test_a_line_without_a_sound_says_so(toy_head, tmp_path):
    assert lines.refusal(None) == "Choose a sound file first"
    assert "There is no sound file" in lines.refusal(lines.add(toy_head, str(tmp_path / "gone.wav")))


def test_lines_and_takes_are_saved(toy_head, tmp_path, voice):
    lines.add(toy_head, str(voice), 5)
    apply(toy_head, weights_take(random_weights(), seed="4"), start=5)
    name, path = toy_head.name, str(tmp_path / "scene.blend")
    bpy.ops.wm.save_as_mainfile(filepath=path)
    bpy.ops.wm.read_homefile(use_empty=True)
    bpy.ops.wm.open_mainfile(filepath=path)
    (line,) = bpy.data.objects[name].mien.lines
    assert (line.start_frame, sound.absolute(line.sound), line.uid) == (5, voice, 1)
    assert [(take.seed, take.uid, take.last_frame) for take in line.takes] == [(4, 1, 24)]
    assert takes.line_of(line.takes[0]) == line


def test_lines_of_one_file_have_distinct_names(toy_head, voice):
    """An override finds the items of a list by their names."""
    for _ in range(3):
        lines.add(toy_head, str(voice))
    assert [line.name for line in toy_head.mien.lines] == ["voice", "voice 2", "voice 3"]
    toy_head.mien.lines[2].name = "voice"
    assert [line.name for line in toy_head.mien.lines] == ["voice", "voice 2", "voice 3"]
    toy_head.mien.lines[0].name = "Hello"
    toy_head.mien.lines[2].name = "voice"
    assert [line.name for line in toy_head.mien.lines] == ["Hello", "voice 2", "voice"]
