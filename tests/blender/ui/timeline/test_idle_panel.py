# SPDX-License-Identifier: GPL-3.0-or-later
"""Make Idle asks the backend for a take of silence and puts it beneath the lines."""

import json
import wave

import bpy
from blender_scene import CHANNELS, value_at
from fake_backend import channel_take

from addon.generation import idle_requests, runner
from addon.scene.timeline import idle
from addon.ui.timeline import idle_panel


def test_an_idle_is_a_take_of_silence_as_long_as_the_scene(speaker, backend, monkeypatch):
    assert bpy.ops.mien.generate() == {"FINISHED"}  # what the backend has is known from now on
    scene = bpy.context.scene
    scene.frame_start, scene.frame_end = 1, 48
    speaker.mien.performance.happy, speaker.mien.idle_seed = 0.5, 7
    backend.take = lambda **meta: channel_take(48, CHANNELS, **meta)
    assert bpy.ops.mien.make_idle() == {"FINISHED"}
    asked = json.loads(backend.requests[-1]["direction"])
    assert asked["seed"] == 7 and asked["emotion"] == {"happy": 0.5} and "transcript" not in asked
    (request,) = idle_requests.of_speaker(bpy.context, scene, speaker)
    with wave.open(request.sound) as sent:
        assert sent.getnframes() / sent.getframerate() == 2.0
        assert set(sent.readframes(99999)) == {0x80}
    assert runner.runner.state.note.startswith("'Toy head' has an idle from frame 1 to 48")
    assert len(speaker.mien.lines[0].takes) == 1 and len(idle.strips(speaker)) == 2
    assert value_at(speaker, "eyeBlinkLeft", 48) == 1.0
    assert bpy.ops.mien.remove_idle() == {"FINISHED"}
    assert idle_panel.MIEN_OT_remove_idle.disabled_reason(bpy.context) == "There is no idle"


def test_the_articulation_engine_makes_it_where_there_is_one(speaker):
    (request,) = idle_requests.of_speaker(bpy.context, bpy.context.scene, speaker)
    assert request.engine == "articulation" and request.idle
