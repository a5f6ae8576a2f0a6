# SPDX-License-Identifier: GPL-3.0-or-later
"""Keyed emotions become curves of the Direction with the values that the scene shows on each frame."""

import json

import bpy
import numpy as np
import pytest

from addon.scene import direction as scene_direction
from addon.scene import lines
from addon.scene.direction import EMOTIONS, as_keys, direction

FPS = 24.0


@pytest.fixture
def line(toy_head, voice):
    return lines.add(toy_head, str(voice), 11)


def direction_of(speaker, line, start: float = 11, last: float | None = 35, seed: int = 0) -> dict:
    return json.loads(direction(speaker, line, bpy.context.scene, seed, start, last, FPS))


def key(group, name: str, *keys: tuple[float, float]) -> None:
    for frame, value in keys:
        setattr(group, name, value)
        group.keyframe_insert(name, frame=frame)


def straight(speaker) -> None:
    """Make all keys linear, so that the expected curves are short."""
    from addon.animation import fcurves

    data = speaker.animation_data
    for fcurve in fcurves.fcurves_of(data.action, getattr(data, "action_slot", None)):
        for point in fcurve.keyframe_points:
            point.interpolation = "LINEAR"


def test_values_without_keys_are_numbers(toy_head, line):
    toy_head.mien.performance.emotion = "sad"
    fields = direction_of(toy_head, line, seed=5)
    assert fields["emotion"] == {"sad": 1.0} and fields["intensity"] == 0.65 and fields["seed"] == 5
    assert fields["jaw"] == fields["lips"] == fields["blinks"] == 1.0
    assert "style" not in fields and "transcript" not in fields


def test_neutral_has_no_emotion(toy_head, line):
    toy_head.mien.performance.emotion = "sad"
    toy_head.mien.performance.emotion = "neutral"
    assert direction_of(toy_head, line)["emotion"] == {}


def test_an_emotion_in_part_or_several_are_a_mix(toy_head, line):
    group = toy_head.mien.performance
    group.happy = 0.5
    assert group.emotion == "mix"
    group.happy, group.angry = 1.0, 0.25
    assert group.emotion == "mix" and direction_of(toy_head, line)["emotion"] == {"angry": 0.25, "happy": 1.0}
    group.emotion = "mix"  # choosing it changes nothing
    assert group.angry == 0.25
    group.emotion = "angry"
    assert {name: getattr(group, name) for name in EMOTIONS if getattr(group, name)} == {"angry": 1.0}


def test_linear_keys_come_back_as_they_are_in_seconds_of_the_sound(toy_head, line):
    group = toy_head.mien.performance
    key(group, "happy", (11, 1.0), (23, 0.0))
    key(group, "angry", (17, 0.0), (29, 0.8))
    straight(toy_head)
    fields = direction_of(toy_head, line)
    assert fields["emotion"]["happy"] == [[0.0, 1.0], [0.5, 0.0], [1.0, 0.0]]
    assert fields["emotion"]["angry"] == [[0.0, 0.0], [0.25, 0.0], [0.75, 0.8], [1.0, 0.8]]


def test_every_frame_of_a_bezier_is_met(toy_head, line):
    group = toy_head.mien.performance
    key(group, "intensity", (11, 0.1), (20, 0.9), (35, 0.3))
    key(group, "jaw", (11, 0.5), (35, 1.7))
    fields = direction_of(toy_head, line)
    for name in ("intensity", "jaw"):
        seconds, values = np.array(fields[name]).T
        for frame in range(11, 36):
            bpy.context.scene.frame_set(frame)
            assert np.interp((frame - 11) / FPS, seconds, values) == pytest.approx(getattr(group, name), abs=2e-6)


def test_values_beyond_the_limits_are_clipped(toy_head, line):
    key(toy_head.mien.performance, "happy", (11, 0.0), (15, 1.0), (19, 1.0), (35, 0.0))
    from addon.animation import fcurves

    data = toy_head.animation_data
    (fcurve,) = fcurves.fcurves_of(data.action, getattr(data, "action_slot", None))
    fcurve.keyframe_points[1].co.y = 1.6  # a curve may leave the slider's range
    values = np.array(direction_of(toy_head, line)["emotion"]["happy"])[:, 1]
    assert values.max() == 1.0 and values.min() == 0.0


def test_a_driver_is_sampled_and_the_scene_restored(toy_head, line):
    group = toy_head.mien.performance
    driver = toy_head.driver_add(group.path_from_id("happy")).driver
    driver.expression = "(frame - 11) / 24"
    bpy.context.scene.frame_set(5, subframe=0.25)
    fields = direction_of(toy_head, line)
    assert fields["emotion"]["happy"] == [[0.0, 0.0], [1.0, 1.0]]
    assert (bpy.context.scene.frame_current, bpy.context.scene.frame_subframe) == (5, 0.25)


def test_an_emotion_on_an_nla_track_is_sampled_as_it_plays(toy_head, line):
    group = toy_head.mien.performance
    key(group, "happy", (1, 0.0), (25, 1.0))
    straight(toy_head)
    data = toy_head.animation_data
    action, slot = data.action, getattr(data, "action_slot", None)
    data.action = None
    strip = data.nla_tracks.new().strips.new("theirs", 11, action)
    if slot is not None:
        strip.action_slot = slot
    assert direction_of(toy_head, line)["emotion"]["happy"] == [[0.0, 0.0], [1.0, 1.0]]


def test_a_start_between_frames_is_second_nought(toy_head, line):
    key(toy_head.mien.performance, "happy", (11, 0.0), (35, 1.0))
    straight(toy_head)
    fields = direction_of(toy_head, line, start=16.5, last=30.25)
    seconds, values = np.array(fields["emotion"]["happy"]).T
    assert (seconds[0], seconds[-1]) == (0.0, pytest.approx(13.75 / 24, abs=1e-6))
    assert values[0] == pytest.approx(5.5 / 24, abs=1e-5)


def test_without_a_length_the_keys_are_sampled_to_the_last(toy_head, line):
    key(toy_head.mien.performance, "happy", (11, 0.0), (59, 1.0))
    straight(toy_head)
    assert direction_of(toy_head, line, last=None)["emotion"]["happy"] == [[0.0, 0.0], [2.0, 1.0]]


def test_a_performance_of_a_line_begins_as_the_speakers_and_differs_from_then_on(toy_head, line):
    toy_head.mien.performance.emotion = "sad"
    toy_head.mien.performance.jaw = 1.5
    line.own = True
    assert direction_of(toy_head, line)["emotion"] == {"sad": 1.0}
    key(line.performance, "angry", (11, 0.0), (35, 1.0))
    toy_head.mien.performance.emotion = "happy"
    fields = direction_of(toy_head, line)
    assert set(fields["emotion"]) == {"sad", "angry"} and fields["jaw"] == 1.5
    line.own = False
    assert direction_of(toy_head, line)["emotion"] == {"happy": 1.0}
    line.own = True
    assert set(direction_of(toy_head, line)["emotion"]) == {"sad", "angry"}  # kept


def test_our_own_takes_leave_the_animators_curves_alone(toy_head, line):
    from blender_takes import apply, random_weights, weights_take

    toy_head.mien.head_object = toy_head  # takes and emotions are curves of one object
    key(toy_head.mien.performance, "happy", (11, 1.0), (35, 0.0))
    before = direction_of(toy_head, line)
    action = toy_head.animation_data.action
    apply(toy_head, weights_take(random_weights(), head=np.full((20, 3), 0.1)), start=11)
    assert toy_head.animation_data.action == action and direction_of(toy_head, line) == before


def test_a_direction_has_transcript_and_style(toy_head, line):
    line.transcript, toy_head.mien.performance.style = " hello ", "clear"
    fields = direction_of(toy_head, line)
    assert (fields["transcript"], fields["style"]) == ("hello", "clear")


def test_gestures_are_asked_for_where_they_are_wanted(toy_head, line):
    assert "gestures" not in direction_of(toy_head, line)
    toy_head.mien.performance.gestures, toy_head.mien.performance.hands = 0.8, "left"
    fields = direction_of(toy_head, line)
    assert (fields["gestures"], fields["hands"]) == (0.8, "left")


def test_constant_samples_are_a_number():
    assert as_keys(np.arange(3.0), np.full(3, 0.25)) == 0.25


def test_the_backend_reads_the_direction(toy_head, line):
    backend = pytest.importorskip("mien.direction", reason="the backend is not installed for this Python")
    key(toy_head.mien.performance, "happy", (11, 1.0), (35, 0.0))
    key(toy_head.mien.performance, "lips", (11, 1.0), (35, 2.0))
    text = scene_direction.direction(toy_head, line, bpy.context.scene, 3, 11, 35, FPS)
    read = backend.Direction.from_json(text)
    assert read.seed == 3 and read.lips.at(np.array([0.0, 1.0])).tolist() == [1.0, 2.0]
