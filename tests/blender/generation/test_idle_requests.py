# SPDX-License-Identifier: GPL-3.0-or-later
"""The request of an idle: silence as long as the scene or the lines, by the engine that lives without a voice."""

import json
import wave

import bpy
import pytest

from addon.connection.backend_info import BackendInfo, EngineInfo
from addon.generation import idle_requests
from addon.generation.runner import runner
from addon.scene import lines


def info(*names: str) -> BackendInfo:
    return BackendInfo("http://127.0.0.1:1", "0.1.0", "cpu", tuple(EngineInfo(name) for name in names), names[0])


def request_of(speaker):
    (request,) = idle_requests.of_speaker(bpy.context, bpy.context.scene, speaker)
    return request


@pytest.mark.parametrize(("engines", "chosen"), [(("toy", "articulation"), "articulation"), (("toy",), "toy")])
def test_the_engine_without_a_voice_where_there_is_one(speaker, engines, chosen):
    speaker.mien.performance.engine = "toy"
    runner.report_backend(info(*engines), "")
    assert request_of(speaker).engine == chosen


def test_it_is_silence_as_long_as_the_scene(speaker):
    scene = bpy.context.scene
    scene.frame_start, scene.frame_end, scene.render.fps = 11, 70, 30
    request = request_of(speaker)
    assert request.idle and request.start_frame == 11 and request.line == 0 and not request.sound_to_place
    with wave.open(request.sound) as sent:
        assert sent.getnframes() / sent.getframerate() == pytest.approx(2.0)


def test_it_has_the_speakers_mood_and_no_words(speaker):
    lines.active(speaker).transcript = "Hello there"
    speaker.mien.performance.sad, speaker.mien.idle_seed = 0.4, 9
    direction = json.loads(request_of(speaker).direction)
    assert direction["emotion"] == {"sad": 0.4} and direction["seed"] == 9 and "transcript" not in direction
