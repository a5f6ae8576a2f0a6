# SPDX-License-Identifier: GPL-3.0-or-later
"""Words on the timeline: the take follows a dragged or retyped word there, and nowhere else."""

import json

import bpy
import numpy as np
import pytest
from blender_scene import CHANNELS, value_at
from blender_takes import apply, weights_take

from addon.generation import receive, state
from addon.scene import lines
from addon.scene.timeline import words
from addon.scene.timeline.words import WordError, apply_text

WORDS = [["the", 0.0, 0.4], ["cat", 0.5, 0.9], ["sat", 1.0, 1.4], ["down", 1.5, 1.9]]  # seconds; 24 frames a second


def spoken_take(seed: int = 0, **meta: str):
    """A take of two seconds in which all channels move."""
    weights = np.random.default_rng(seed).random((48, 3))
    head = np.random.default_rng(seed).normal(0, 0.05, (48, 3))
    return weights_take(weights, head=head, **{"words": json.dumps(WORDS), **meta})


@pytest.fixture
def line(toy_head):
    added = lines.add(toy_head, start_frame=11)
    added.transcript = "[happy .6] the cat sat [pause] down"
    apply(toy_head, spoken_take(), start=11)
    assert words.show(bpy.context.scene, toy_head, added, "words") == 4
    return added


def markers() -> dict[str, int]:
    return {marker.name: marker.frame for marker in bpy.context.scene.timeline_markers}


def curves(speaker, step: float = 1.0) -> np.ndarray:
    return np.array([[value_at(speaker, name, frame) for name in CHANNELS] for frame in np.arange(11.0, 59.0, step)])


def head_angles(speaker) -> np.ndarray:
    rows = []
    for frame in range(11, 59):
        bpy.context.scene.frame_set(frame)
        rows.append(tuple(speaker.mien.head_object.rotation_euler))
    return np.array(rows)


def test_each_word_has_a_marker_where_it_begins(line):
    assert markers() == {"the": 11, "cat": 23, "sat": 35, "down": 47}
    assert not any(marker.select for marker in bpy.context.scene.timeline_markers)
    bpy.context.scene.timeline_markers.new("Shot 2", frame=23)
    words.hide(line)
    assert markers() == {"Shot 2": 23} and not line.words


def test_the_mouth_follows_a_dragged_word_between_its_neighbours_alone(line):
    speaker = line.id_data
    before, head = curves(speaker), head_angles(speaker)
    bpy.context.scene.timeline_markers["cat"].frame = 29  # from 23, between 11 and 35
    assert words.changes(line).moved == (1,)
    assert words.retime(speaker, line) == 1
    after = curves(speaker)
    assert after[18, :2] == pytest.approx(before[12, :2], abs=1e-5)  # the word's beginning
    assert after[9, :2] == pytest.approx(before[6, :2], abs=1e-5)
    assert after[24:, :2] == pytest.approx(before[24:, :2], abs=1e-5)  # from the next word on
    assert after[:, 2] == pytest.approx(before[:, 2], abs=1e-6)  # blinks are no words
    np.testing.assert_allclose(head_angles(speaker), head, atol=1e-6)
    assert not words.changes(line).moved
    assert [round(first) for _, first, _ in words.known(speaker, line, "words")] == [11, 29, 35, 47]


@pytest.mark.parametrize("drag", [0, 6])
def test_words_have_the_rate_of_their_take_whatever_the_scenes(line, drag):
    bpy.context.scene.timeline_markers["cat"].frame += drag
    bpy.context.scene.render.fps = 60
    words.retime(line.id_data, line)
    assert [round(first) for _, first, _ in words.known(line.id_data, line, "words")] == [11, 23 + drag, 35, 47]


def test_a_word_cannot_pass_another(line):
    bpy.context.scene.timeline_markers["cat"].frame = 40
    before = curves(line.id_data)
    with pytest.raises(WordError, match="'sat' lies before"):
        words.retime(line.id_data, line)
    assert np.array_equal(curves(line.id_data), before)


def test_lines_take_their_markers_along(line):
    bpy.context.scene.timeline_markers["cat"].frame = 29
    line.start_frame += 100
    assert markers() == {"the": 111, "cat": 129, "sat": 135, "down": 147}
    assert words.changes(line).moved == (1,)
    lines.remove(line.id_data, line)
    assert markers() == {}


def test_a_retyped_word_replaces_the_mouth_of_that_word_alone(line):
    speaker = line.id_data
    bpy.context.scene.timeline_markers["sat"].name = "sang"
    text, spans = words.corrected(line)
    assert text == "[happy .6] the cat sang [pause] down" and spans == ((35.0, 47.0),)
    before, other = curves(speaker), spoken_take(seed=5, words=json.dumps([*WORDS[:2], ["sang", 1.0, 1.45], WORDS[3]]))
    request = state.Request(
        speaker=speaker.name, scene=bpy.context.scene.name, sound="", start_frame=11, direction="{}", engine="",
        fps="24", address="", start_own=False, line=line.uid, line_start=11, take=line.takes[0].uid, spans=spans,
        transcript=text,
    )  # fmt: skip
    note = receive.receive(bpy.context.scene, speaker, other, request)
    after = curves(speaker)
    assert "says the corrected words" in note and line.transcript == text and len(line.takes) == 1
    np.testing.assert_allclose(after[24:36, :2], other.weights[24:36, :2], atol=1e-5)
    np.testing.assert_allclose(after[:22], before[:22], atol=1e-6)
    np.testing.assert_allclose(after[39:], before[39:], atol=1e-6)
    assert after[:, 2] == pytest.approx(before[:, 2], abs=1e-6)
    assert markers() == {"the": 11, "cat": 23, "sang": 35, "down": 47}


@pytest.mark.parametrize(
    ("text", "changes", "expected"),
    [
        ("a b c", {1: "x y"}, "a x y c"),
        ("[look left] a [happy .6] b", {1: "x"}, "[look left] a [happy .6] x"),
        ("a  b\nc", {2: "d"}, "a b d"),
    ],
)
def test_words_are_counted_without_tags(text, changes, expected):
    assert apply_text(text, changes) == expected


def test_a_transcript_that_was_shortened_is_refused():
    with pytest.raises(WordError, match="show them again"):
        apply_text("a b", {2: "c"})


def test_a_take_without_words_says_what_it_needs(toy_head):
    lines.add(toy_head, start_frame=11)
    apply(toy_head, weights_take(np.zeros((4, 3))), start=11)
    assert bpy.ops.mien.show_words(kind="words") == {"FINISHED"}
    assert not bpy.context.scene.timeline_markers and bpy.ops.mien.hide_words.poll() is False
