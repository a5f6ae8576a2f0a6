# SPDX-License-Identifier: GPL-3.0-or-later
"""Tags of a transcript and their places among the words."""

import pytest
from mien.direction import EMOTIONS
from mien.speech_analysis.subtitles import cues_of
from mien.speech_analysis.tags import Tag, read_tags


@pytest.mark.parametrize(
    ("text", "tags"),
    [
        ("[happy] one two", [Tag("emotion", 0, "happy")]),
        ("one [Happy .6] two [/happy] three", [Tag("emotion", 1, "happy", 0.6), Tag("emotion", 2)]),
        ("one [sad 0.25] two [/]", [Tag("emotion", 1, "sad", 0.25), Tag("emotion", 2)]),
        ("one [pause] two", [Tag("pause", 1)]),
        ("[look left] one [look camera] two", [Tag("look", 0, "left"), Tag("look", 1, "camera")]),
        ("one *two three*, four", [Tag("stress", 1, until=3)]),
        ("*One!* [pause] *two*.", [Tag("stress", 0, until=1), Tag("pause", 1), Tag("stress", 1, until=2)]),
    ],
)
def test_tags_are_read_with_their_places(text, tags) -> None:
    read = read_tags(text, EMOTIONS)
    assert list(read.tags) == tags and not read.notes
    assert not set("[]*/") & set(read.text)


@pytest.mark.parametrize(
    "text", ["one two", "one [music] two", "[sad music] one", "2 * 3 * 4", "a [Applause] b", "[ ]"]
)
def test_what_is_no_tag_is_left_as_it_was(text) -> None:
    read = read_tags(text, EMOTIONS)
    assert (read.text, read.tags, read.notes) == (text, (), ())


@pytest.mark.parametrize(
    ("text", "note"),
    [
        ("[hapy .6] one", "The tag [hapy .6] is not followed; did you mean 'happy'?"),
        ("[happy 6] one", "The tag [happy 6] is not followed: an emotion has a weight from 0 to 1."),
        ("[look lef] one", "The tag [look lef] is not followed; look left, right, up, down, away or camera."),
    ],
)
def test_what_is_nearly_one_is_said(text, note) -> None:
    read = read_tags(text, EMOTIONS)
    assert not read.tags and len(read.notes) == 1
    assert read.notes[0].split("is not followed")[0] == note.split("is not followed")[0]
    assert "happy" in read.notes[0] or read.notes[0] == note


def test_tags_of_subtitles_keep_the_times() -> None:
    text = "1\n00:00:01,000 --> 00:00:02,000\none [happy] two\n\n2\n00:00:03,000 --> 00:00:04,000\n*three* four\n"
    read = read_tags(text, EMOTIONS)
    assert read.tags == (Tag("emotion", 1, "happy"), Tag("stress", 2, until=3))
    assert [(cue.text, cue.begin) for cue in cues_of(read.text)] == [("one two", 1.0), ("three four", 3.0)]
