# SPDX-License-Identifier: GPL-3.0-or-later
"""An accepted suggestion is keys of the performance within the line, and nothing else."""

import bpy
import numpy as np
import pytest
from fake_backend import SUGGESTED

from addon.animation import fcurves
from addon.scene import lines
from addon.scene.timeline import suggested_emotion
from addon.scene.timeline.suggested_emotion import Suggestion, SuggestionError, accept

SUGGESTION = Suggestion.from_reply(SUGGESTED, 0.0)


def curve(speaker, name: str):
    path = lines.active(speaker).performance.path_from_id(name)
    data = speaker.animation_data
    every = fcurves.fcurves_of(data.action, getattr(data, "action_slot", None))
    return next((each for each in every if each.data_path in (path, f"mien.performance.{name}")), None)


def key(speaker, name: str) -> tuple[list[float], list[float]]:
    frames, values = fcurves.keys_of(curve(speaker, name))
    return frames.tolist(), values.tolist()


def test_intensity_is_keyed_at_the_line_and_as_it_was_around_it(speaker):
    scene, line = bpy.context.scene, lines.active(speaker)
    line.start_frame, speaker.mien.performance.intensity = 101, 0.65
    said = accept(scene, speaker, line, SUGGESTION, False)
    assert said.startswith("Intensity 0.40 to 0.90 keyed")
    frames, values = key(speaker, "intensity")
    assert frames == [97, 107, 113, 119, 125, 135]  # 24 frames a second; 0.4 s before and after
    np.testing.assert_allclose(values, [0.65, 0.4, 0.4, 0.9, 0.9, 0.65], atol=1e-6)
    assert curve(speaker, "angry") is None
    for frame, value in ((1, 0.65), (110, 0.4), (122, 0.9), (500, 0.65)):
        scene.frame_set(frame)
        assert speaker.mien.performance.intensity == pytest.approx(value)


def test_keys_within_the_line_are_replaced_and_others_stay(speaker):
    scene, line = bpy.context.scene, lines.active(speaker)
    line.start_frame = 101
    for frame, value in ((50, 0.2), (110, 1.0), (200, 0.3)):
        speaker.mien.performance.intensity = value
        speaker.keyframe_insert("mien.performance.intensity", frame=frame)
    before = [curve(speaker, "intensity").evaluate(frame) for frame in (50, 97, 135, 200)]
    accept(scene, speaker, line, SUGGESTION, False)
    frames, values = key(speaker, "intensity")
    assert frames == [50, 97, 107, 113, 119, 125, 135, 200]
    np.testing.assert_allclose([values[0], values[1], values[-2], values[-1]], before, atol=1e-5)


def test_emotions_take_the_place_of_those_that_are_set(speaker):
    scene, line = bpy.context.scene, lines.active(speaker)
    speaker.mien.performance.emotion = "happy"
    said = accept(scene, speaker, line, SUGGESTION, True)
    assert "and angry keyed" in said
    scene.frame_set(22)
    assert (speaker.mien.performance.angry, speaker.mien.performance.happy) == (1.0, 0.0)
    scene.frame_set(200)
    assert (speaker.mien.performance.angry, speaker.mien.performance.happy) == (0.0, 1.0)
    assert curve(speaker, "sad") is None


def test_a_line_of_its_own_performance_gets_the_keys(speaker):
    line = lines.active(speaker)
    line.own = True
    accept(bpy.context.scene, speaker, line, SUGGESTION, False)
    assert curve(speaker, "intensity").data_path == "mien.lines[0].performance.intensity"


def test_seconds_that_a_strip_cuts_are_counted(speaker):
    suggestion = Suggestion.from_reply(SUGGESTED, 2.0)
    accept(bpy.context.scene, speaker, lines.active(speaker), suggestion, False)
    assert key(speaker, "intensity")[0][1] == lines.active(speaker).start_frame + 48 + 6


def test_a_driver_is_not_overridden(speaker):
    speaker.driver_add("mien.performance.angry")
    with pytest.raises(SuggestionError, match="Angry has a driver"):
        accept(bpy.context.scene, speaker, lines.active(speaker), SUGGESTION, True)
    assert curve(speaker, "intensity") is None if speaker.animation_data.action else True


@pytest.mark.parametrize("reply", [{}, {**SUGGESTED, "intensity": [[1]]}, {**SUGGESTED, "intensity": []}, []])
def test_a_reply_of_another_kind_is_a_sentence(reply):
    with pytest.raises(SuggestionError):
        suggested_emotion.Suggestion.from_reply(reply, 0.0)
