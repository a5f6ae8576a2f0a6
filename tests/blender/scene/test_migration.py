# SPDX-License-Identifier: GPL-3.0-or-later
"""A file of version 0.1 opens with its settings as a line and its animation as a take.

(By hand: files made by version 0.1 itself in 4.2.23, 5.0.1 and 5.2.3, opened in each and from 4.2 in 5.2.)
"""

import json

import bpy
import numpy as np
import pytest
from blender_scene import CHANNELS, value_at
from blender_takes import own_layers, weights_take

from addon.animation import fcurves, nla_layers, takes
from addon.scene import lines, migration
from addon.shape_keys import keys


def old_action(id_, name: str, put: list[fcurves.Curve]):
    """An action as version 0.1 left it: its facts, its channel group, no role."""
    action = bpy.data.actions.new(name)
    slot = fcurves.slot_for(action, id_)
    fcurves.fill(fcurves.bag_of(action, slot), put)
    action[nla_layers.FACTS] = json.dumps({"meta": {"seed": "7"}, "start_frame": 11})
    return action, slot


def ramp(path: str, index: int = 0) -> fcurves.Curve:
    frames = np.array([11, 30, 35], np.float32)
    return fcurves.Curve(path, index, frames, np.array([0.1, 0.8, 0.0], np.float32))


@pytest.fixture
def old(toy_head, voice):
    """The toy head as version 0.1 saved it: stored settings, Mien's action as the active one."""
    stored = {"sound": str(voice), "start_frame": 11, "emotion": 3, "seed": 7, "jaw": 1.5, "style": "clear"}
    for name, value in stored.items():
        toy_head.mien[name] = value
    shape_keys = toy_head.data.shape_keys
    data = shape_keys.animation_data_create()
    data.action, slot = old_action(shape_keys, "Mien take seed 7", [ramp(keys.value_path(n)) for n in CHANNELS])
    if slot is not None:
        data.action_slot = slot
    return toy_head


def test_the_settings_become_a_line_and_a_performance(old, voice):
    assert migration.migrate(old)
    (line,) = old.mien.lines
    performance = old.mien.performance
    assert (line.sound, line.start_frame, line.seed, line.name) == (str(voice), 11, 7, "voice")
    assert (performance.emotion, performance.jaw, performance.style) == ("sad", 1.5, "clear")
    assert performance.intensity == pytest.approx(0.65)


def test_the_animation_becomes_the_lines_take_and_shows_the_same(old):
    before = [value_at(old, "jawOpen", frame) for frame in (11, 20, 30, 35, 80)]
    migration.migrate(old)
    (take,) = old.mien.lines[0].takes
    assert (take.seed, take.name, take.last_frame) == (7, "Take 1", 35)
    assert [value_at(old, "jawOpen", frame) for frame in (11, 20, 30, 35, 80)] == pytest.approx(before, abs=1e-6)
    assert old.data.shape_keys.animation_data.action is None
    old.mien.lines[0].start_frame += 100
    assert value_at(old, "jawOpen", 130) == pytest.approx(0.8)


def test_a_take_on_that_versions_track_leaves_the_animators_action_active(old):
    shape_keys = old.data.shape_keys
    data = shape_keys.animation_data
    mine, slot = data.action, getattr(data, "action_slot", None)
    data.action = None
    smile = old.shape_key_add(name="userSmile", from_mix=False)
    smile.keyframe_insert("value", frame=1)
    theirs = data.action
    track = data.nla_tracks.new()
    track.name = migration.OLD_TRACK
    strip = track.strips.new("old", 11, mine)
    if slot is not None:
        strip.action_slot = slot
    migration.migrate(old)
    assert data.action == theirs
    assert [track.name for track in data.nla_tracks] == [f"Mien: rest of {shape_keys.name}", "Mien: voice, Take 1"]
    assert value_at(old, "jawOpen", 30) == pytest.approx(0.8)


def test_a_new_take_of_that_seed_goes_in_its_place(old):
    from addon.generation import receive

    migration.migrate(old)
    receive.put(bpy.context.scene, old, weights_take(np.full((20, 3), 0.3), seed="7"), 11)
    assert len(old.mien.lines[0].takes) == 1 and len(own_layers(old.data.shape_keys)) == 1
    assert value_at(old, "jawOpen", 20) == pytest.approx(0.3)


def test_it_is_done_once_and_when_a_file_is_opened(old, tmp_path):
    name, path = old.name, str(tmp_path / "old.blend")
    bpy.ops.wm.save_as_mainfile(filepath=path)
    bpy.ops.wm.open_mainfile(filepath=path)
    speaker = bpy.data.objects[name]
    assert len(speaker.mien.lines) == 1 and len(takes.active(lines.active(speaker)).name)
    assert not migration.migrate(speaker)
    lines.remove(speaker, speaker.mien.lines[0])
    assert not migration.migrate(speaker)


def test_a_file_of_now_is_left_as_it_is(toy_head, voice):
    assert not migration.migrate(toy_head)
    toy_head.mien.sound = str(voice)
    assert not migration.migrate(toy_head) and len(toy_head.mien.lines) == 1
