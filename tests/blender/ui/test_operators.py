# SPDX-License-Identifier: GPL-3.0-or-later
"""Operators without a window: blocking generation, its refusals, and undo."""

import json
from fractions import Fraction

import bpy
import numpy as np
import pytest
from blender_scene import CHANNELS, HAS_AUDIO, shown, value_at
from fake_backend import channel_take

import addon
from addon.animation import takes
from addon.connection import preferences
from addon.connection.client import Client
from addon.generation import requests, runner
from addon.scene import lines, sound, speakers
from addon.shape_keys import keys
from addon.ui import backend_panel, generate_operators, operators


def reason(operator) -> str:
    return operator.disabled_reason(bpy.context)


def test_registering_twice_over_leaves_nothing_behind():
    addon.unregister()
    assert not hasattr(bpy.types.Object, "mien") and not hasattr(bpy.types.WindowManager, "mien_run")
    assert runner._before_load not in bpy.app.handlers.load_pre
    addon.register()
    assert bpy.ops.mien.add_head.poll()


def test_add_head_is_one_undo_step():
    bpy.ops.ed.undo_push(message="before")
    assert bpy.ops.mien.add_head("EXEC_DEFAULT", True) == {"FINISHED"}
    assert "Mien head" in bpy.data.objects and "Mien head rotation" in bpy.data.objects
    bpy.ops.ed.undo()
    assert len(bpy.data.objects) == 0


def test_generate_blocks_and_applies_at_the_scenes_exact_rate(speaker, backend):
    scene = bpy.context.scene
    scene.render.fps, scene.render.fps_base = 30, 1.001
    line, performance = lines.active(speaker), speaker.mien.performance
    line.start_frame, line.seed = 51, 7
    performance.emotion, performance.intensity, performance.blinks = "happy", 0.8, 0.0
    assert bpy.ops.mien.generate() == {"FINISHED"}
    request = backend.requests[0]
    assert request["fps"] == "30000/1001"
    assert json.loads(request["direction"]) == {
        "emotion": {"happy": 1.0},
        "intensity": 0.8,
        "seed": 7,
        "jaw": 1.0,
        "lips": 1.0,
        "blinks": 0.0,
        "brows": 1.0,
        "gaze": 1.0,
        "head": 1.0,
        "temperature": 1.0,
    }
    assert value_at(speaker, "eyeBlinkLeft", 51 + 23) == pytest.approx(1.0)
    assert [sound.start_of(strip) for strip in sound.strips_of(scene)] == ([51] if HAS_AUDIO else [])
    assert "speaks from frame 51 to 74 (seed 7)" in bpy.context.window_manager.mien_run.note


def test_generate_is_one_undo_step_and_undo_restores(speaker, backend):
    name, empty = speaker.name, speaker.mien.head_object.name
    speaker.data.shape_keys.key_blocks["jawOpen"].value = 0.4
    bpy.ops.ed.undo_push(message="before")
    before = shown(speaker).copy()
    bpy.ops.mien.generate()
    assert len(bpy.data.actions) == 4 and (not HAS_AUDIO or len(sound.strips_of(bpy.context.scene)) == 1)
    bpy.ops.ed.undo()
    speaker = bpy.data.objects[name]
    assert len(bpy.data.actions) == 0
    assert bpy.context.scene.sequence_editor is None or len(sound.strips_of(bpy.context.scene)) == 0
    assert speaker.data.shape_keys.key_blocks["jawOpen"].value == pytest.approx(0.4)
    assert bpy.data.objects[empty].animation_data is None
    np.testing.assert_array_equal(shown(speaker), before)
    bpy.ops.ed.redo()
    assert len(bpy.data.actions) == 4  # a take and the rest, for the keys and for the head
    assert value_at(bpy.data.objects[name], "eyeBlinkLeft", 24) == pytest.approx(1.0)


def test_generating_again_makes_another_take_and_a_locked_seed_the_same_one(speaker, backend):
    line = lines.active(speaker)
    for _ in range(2):
        bpy.ops.mien.generate()
    assert [(take.name, take.seed) for take in line.takes] == [("Take 1", 0), ("Take 2", 1)]
    line.lock_seed = True
    bpy.ops.mien.generate()
    assert [(take.name, take.seed) for take in line.takes] == [("Take 1", 0), ("Take 2", 1)]
    assert takes.active(line).seed == 0
    assert sorted(action.name for action in bpy.data.actions if "Take" in action.name) == [
        "Mien voice, Take 1",
        "Mien voice, Take 1 head",
        "Mien voice, Take 2",
        "Mien voice, Take 2 head",
    ]
    assert not HAS_AUDIO or len(sound.strips_of(bpy.context.scene)) == 1


def test_a_failed_job_raises_its_sentence_and_changes_nothing(speaker, backend):
    backend.fail = "The sound holds nothing but silence."
    with pytest.raises(RuntimeError, match="nothing but silence"):
        bpy.ops.mien.generate()
    assert len(bpy.data.actions) == 0 and not bpy.context.window_manager.mien_run.running
    assert "left as it was" in bpy.context.window_manager.mien_run.error


def test_a_take_of_another_mesh_is_refused_in_the_panel_too(speaker, backend):
    backend.take = lambda **meta: channel_take(channels=("noSuchKey",), **meta)
    with pytest.raises(RuntimeError, match="none of ARKit's 52"):
        bpy.ops.mien.generate()
    assert len(bpy.data.actions) == 0


def test_no_backend_is_a_sentence(speaker, monkeypatch):
    monkeypatch.setattr(preferences._Defaults, "address", "http://127.0.0.1:9")
    monkeypatch.setattr(preferences._Defaults, "start_own", False)
    with pytest.raises(RuntimeError, match="Start one with 'mien serve'"):
        bpy.ops.mien.generate()


def test_in_edit_mode_the_take_is_not_lost_in_silence(speaker, backend):
    bpy.ops.object.mode_set(mode="EDIT")
    with pytest.raises(RuntimeError, match="Leave Edit Mode"):
        bpy.ops.mien.generate()
    bpy.ops.object.mode_set(mode="OBJECT")
    assert len(bpy.data.actions) == 0
    assert bpy.ops.mien.generate() == {"FINISHED"}


def test_a_fault_of_miens_own_takes_the_scene_back(speaker, backend, monkeypatch):
    def fail(*_):
        raise ZeroDivisionError("on purpose")

    monkeypatch.setattr(sound, "add_strip", fail)
    bpy.ops.ed.undo_push(message="before")
    with pytest.raises(RuntimeError, match="the scene was taken back"):
        bpy.ops.mien.generate()
    assert len(bpy.data.actions) == 0


def test_every_greyed_out_button_says_why(speaker, cube, backend):
    run = bpy.context.window_manager.mien_run
    assert "none of ARKit's shape keys" in reason(generate_operators.MIEN_OT_generate)
    bpy.context.view_layer.objects.active = None
    assert "Select the mesh" in reason(generate_operators.MIEN_OT_generate)
    assert "Select the mesh" in reason(operators.MIEN_OT_apply_take)
    bpy.context.view_layer.objects.active = speaker
    assert reason(generate_operators.MIEN_OT_generate) == ""
    speaker.mien.sound = ""
    assert reason(generate_operators.MIEN_OT_generate) == "Choose a sound file first"
    run.running, run.speaker = True, "Anna"
    assert "Already generating for 'Anna'" in reason(generate_operators.MIEN_OT_generate)
    run.running = False
    assert reason(generate_operators.MIEN_OT_cancel) == "Nothing is being generated"
    assert "no backend of its own" in reason(backend_panel.MIEN_OT_stop_backend)
    assert not bpy.ops.mien.generate.poll()


def test_a_backend_elsewhere_needs_online_access(speaker, monkeypatch):
    monkeypatch.setattr(preferences._Defaults, "address", "http://192.168.1.2:8642")
    if bpy.app.online_access:
        pytest.skip("this Blender may go online")
    assert "allow online access" in reason(generate_operators.MIEN_OT_generate)
    monkeypatch.setattr(preferences._Defaults, "address", "no address")
    assert "not an address of a backend" in reason(generate_operators.MIEN_OT_generate)


def test_the_empty_of_a_head_is_as_good_as_the_head(speaker):
    bpy.context.view_layer.objects.active = speaker.mien.head_object
    assert speakers.speaker_of(bpy.context) == speaker


def test_a_take_file_is_applied(speaker, tmp_path):
    path = tmp_path / "voice.take.safetensors"
    path.write_bytes(channel_take(channels=CHANNELS))
    lines.active(speaker).start_frame = 5
    assert bpy.ops.mien.apply_take(filepath=str(path)) == {"FINISHED"}
    assert value_at(speaker, "eyeBlinkLeft", 28) == pytest.approx(1.0)
    path.write_bytes(b"nonsense")
    with pytest.raises(RuntimeError, match="cut short|another format"):
        bpy.ops.mien.apply_take(filepath=str(path))


def test_a_renamed_speaker_gets_its_take_and_a_deleted_one_is_named(speaker, backend):
    (request,) = requests.of_line(bpy.context, bpy.context.scene, speaker, lines.active(speaker), [0])
    speaker.name = "Berta"
    assert runner.find_speaker(request) == speaker
    backend.slow = 0.0
    keys.add(speaker, "extra", keys.rest(speaker.data))
    bpy.data.objects.remove(speaker)
    assert "not there any more" in runner.runner.run([request])


def test_a_take_arrives_in_a_scene_that_was_renamed(speaker, backend):
    (request,) = requests.of_line(bpy.context, bpy.context.scene, speaker, lines.active(speaker), [0])
    backend.slow = 0.0
    bpy.context.scene.name = "Shot 20"
    assert runner.runner.run([request]) == "" and len(speaker.mien.lines[0].takes) == 1


def test_a_speaker_that_was_unlinked_from_its_scene_is_named(speaker, backend):
    (request,) = requests.of_line(bpy.context, bpy.context.scene, speaker, lines.active(speaker), [0])
    backend.slow = 0.0
    speaker.use_fake_user = True
    for collection in speaker.users_collection:
        collection.objects.unlink(speaker)
    assert "not there any more" in runner.runner.run([request]) and not len(speaker.mien.lines[0].takes)


def test_the_panels_state_keeps_a_backends_info(speaker, backend):
    bpy.ops.mien.generate()
    assert runner.runner.state.info == Client(backend.address).info()
    assert bpy.context.window_manager.mien_run.backend.startswith("Mien 0.1.0 at")


def test_a_file_saved_while_a_run_went_on_opens_without_it(tmp_path):
    path = str(tmp_path / "busy.blend")
    bpy.context.window_manager.mien_run.running = True
    bpy.ops.wm.save_as_mainfile(filepath=path)
    bpy.ops.wm.open_mainfile(filepath=path)
    assert not bpy.context.window_manager.mien_run.running


def test_opening_a_file_drops_the_run(speaker, backend):
    backend.slow = 60
    runner.runner.begin(requests.of_line(bpy.context, bpy.context.scene, speaker, lines.active(speaker), [0]))
    assert runner.runner.state.running
    bpy.ops.wm.read_homefile(use_empty=True)
    assert not runner.runner.state.running
    assert "Another file was opened" in runner.runner.state.note
    assert sound.scene_fps(bpy.context.scene) == Fraction(24)
