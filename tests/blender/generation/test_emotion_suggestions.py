# SPDX-License-Identifier: GPL-3.0-or-later
"""What a voice suggests comes in the background, is kept by line, and is not of the file."""

import time

import bpy
import pytest

from addon.generation.emotion_suggestions import suggestions
from addon.generation.runner import runner
from addon.scene import lines
from addon.scene.sound import SoundError
from addon.scene.timeline.suggested_emotion import Suggestion


def arrived() -> None:
    end = time.monotonic() + 30
    while suggestions.busy and time.monotonic() < end:
        runner._drain()
        time.sleep(0.02)
    assert not suggestions.busy


def test_it_comes_in_the_background(speaker, backend):
    line = lines.active(speaker)
    suggestions.begin(bpy.context, bpy.context.scene, speaker, line)
    assert suggestions.busy == line.name and suggestions.of(speaker, line) is None
    arrived()
    assert isinstance(suggestions.of(speaker, line), Suggestion) and not runner.state.running
    suggestions.drop(speaker, line)
    suggestions.drop(speaker, line)
    assert suggestions.of(speaker, line) is None


def test_a_line_that_is_gone_meanwhile_is_no_fault(speaker, backend):
    line = lines.add(speaker, speaker.mien.lines[0].sound, 50)
    suggestions.begin(bpy.context, bpy.context.scene, speaker, line)
    lines.remove(speaker, line)
    arrived()
    assert suggestions.of(speaker, lines.active(speaker)) is None


def test_what_is_cut_before_the_line_is_counted(speaker, backend):
    line = lines.active(speaker)
    line.trim_start, line.trim_end = 0.25, 0.75
    assert suggestions.run(bpy.context, bpy.context.scene, speaker, line) == ""
    assert suggestions.of(speaker, line).cut_s == pytest.approx(0.25)
    assert len(backend.requests[-1]["sound"]) < 2 * 16000  # half a second of it was sent


def test_without_a_backend_there_is_a_sentence(speaker, backend):
    backend.shut_down()
    line = lines.active(speaker)
    said = suggestions.run(bpy.context, bpy.context.scene, speaker, line)
    assert "mien serve" in said and suggestions.of(speaker, line) == said


def test_a_sound_that_is_not_there_is_refused_at_once(speaker, backend):
    line = lines.active(speaker)
    line.sound = "/nowhere/voice.wav"
    with pytest.raises(SoundError):
        suggestions.begin(bpy.context, bpy.context.scene, speaker, line)
    assert not suggestions.busy
