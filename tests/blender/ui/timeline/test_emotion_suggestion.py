# SPDX-License-Identifier: GPL-3.0-or-later
"""Suggest from Voice asks the backend, changes nothing, and Accept keys what it said."""

import bpy
import pytest

from addon.animation import fcurves
from addon.generation.emotion_suggestions import suggestions
from addon.generation.runner import runner
from addon.scene import lines
from addon.scene.timeline.suggested_emotion import Suggestion
from addon.ui.timeline import emotion_suggestion


def curves_of(speaker) -> dict[str, object]:
    data = speaker.animation_data
    if data is None:
        return {}
    every = fcurves.fcurves_of(data.action, getattr(data, "action_slot", None))
    return {curve.data_path: curve for curve in every}


def test_nothing_is_keyed_before_it_is_accepted(speaker, backend):
    assert emotion_suggestion.MIEN_OT_accept_suggestion.disabled_reason(bpy.context)
    assert bpy.ops.mien.suggest_emotion() == {"FINISHED"}
    assert list(backend.requests[-1]) == ["sound", "filename"] and backend.requests[-1]["sound"][:4] == b"RIFF"
    found = suggestions.of(speaker, lines.active(speaker))
    assert isinstance(found, Suggestion) and not curves_of(speaker)
    assert emotion_suggestion.in_words(found) == "Intensity 0.40 to 0.90"
    assert bpy.ops.mien.accept_suggestion() == {"FINISHED"}
    assert set(curves_of(speaker)) == {"mien.performance.intensity"}
    assert bpy.ops.mien.accept_suggestion(with_emotions=True) == {"FINISHED"}
    assert set(curves_of(speaker)) == {"mien.performance.intensity", "mien.performance.angry"}
    assert bpy.ops.mien.drop_suggestion() == {"FINISHED"}
    assert suggestions.of(speaker, lines.active(speaker)) is None and curves_of(speaker)


def test_one_question_at_a_time(speaker, backend, monkeypatch):
    reason = emotion_suggestion.MIEN_OT_suggest_emotion.disabled_reason
    assert reason(bpy.context) == ""
    monkeypatch.setattr(type(runner), "working_in_background", property(lambda _: True))
    assert reason(bpy.context) == "Wait a moment"
    monkeypatch.setattr(suggestions, "busy", "Line 1")
    assert reason(bpy.context) == "'Line 1' is being listened to; wait for it"


def test_a_suggestion_is_of_its_line(speaker, backend):
    assert bpy.ops.mien.suggest_emotion() == {"FINISHED"}
    first, second = lines.active(speaker), lines.add(speaker, speaker.mien.lines[0].sound, 100)
    assert suggestions.of(speaker, second) is None
    assert suggestions.of(speaker, speaker.mien.lines[0]) is not None and first.uid != second.uid
    with pytest.raises(RuntimeError, match="poll"):
        bpy.ops.mien.accept_suggestion()


def test_what_goes_wrong_is_said(speaker, backend):
    backend.suggested = None
    with pytest.raises(RuntimeError, match="No voice is heard"):
        bpy.ops.mien.suggest_emotion()
    assert "No voice is heard" in suggestions.of(speaker, lines.active(speaker))
    backend.info = lambda info=backend.info: {**info(), "suggests_emotions": False}
    with pytest.raises(RuntimeError, match="suggests nothing; update it"):
        bpy.ops.mien.suggest_emotion()
    backend.shut_down()
    with pytest.raises(RuntimeError):
        bpy.ops.mien.suggest_emotion()
