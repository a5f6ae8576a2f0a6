# SPDX-License-Identifier: GPL-3.0-or-later
"""The buttons of words: what they ask of the backend, and why they are greyed out."""

import json

import bpy
import numpy as np
from blender_scene import CHANNELS
from fake_backend import take_bytes

from addon.ui.timeline import words_panel

WORDS = [["one", 0.0, 0.4], ["two", 0.5, 0.9]]


def spoken_take(**meta: str) -> bytes:
    weights = np.random.default_rng(0).random((24, 3)).astype(np.float32)
    head = np.zeros((24, 3), np.float32)
    names = {"channels": json.dumps(CHANNELS), "words": json.dumps(WORDS), **meta}
    return take_bytes({"weights": weights, "head_rotation": head}, **names)


def reason(operator) -> str:
    return operator.disabled_reason(bpy.context)


def test_dragged_and_retyped_words_are_followed_by_the_buttons(speaker, backend):
    line = speaker.mien.lines[0]
    line.transcript, line.start_frame = "one two", 11
    assert reason(words_panel.MIEN_OT_show_words) == "There is no take yet; press Generate"
    backend.take = spoken_take
    assert bpy.ops.mien.generate() == {"FINISHED"}
    assert reason(words_panel.MIEN_OT_retime_words) == "Show the words first"
    assert bpy.ops.mien.show_words() == {"FINISHED"}
    markers = bpy.context.scene.timeline_markers
    assert [(marker.name, marker.frame) for marker in markers] == [("one", 11), ("two", 23)]
    assert reason(words_panel.MIEN_OT_correct_words) == "Rename a word's marker on the timeline first"
    markers["two"].frame = 26
    assert reason(words_panel.MIEN_OT_correct_words) == "Press Follow Dragged Words first"
    assert bpy.ops.mien.retime_words() == {"FINISHED"}
    assert reason(words_panel.MIEN_OT_retime_words) == "Drag a word's marker on the timeline first"
    markers["two"].name = "too"
    assert bpy.ops.mien.correct_words() == {"FINISHED"}
    sent = json.loads(backend.requests[-1]["direction"])
    assert sent["transcript"] == line.transcript == "one too" and len(line.takes) == 1
    assert bpy.ops.mien.hide_words() == {"FINISHED"} and not len(markers)
