# SPDX-License-Identifier: GPL-3.0-or-later
"""A take follows the tags of its transcript where they stand, and is as it was elsewhere."""

import json

import numpy as np
import pytest
from mien.direction import Direction
from mien.speak import speak
from mien.speech_analysis import espeak
from mien.speech_analysis.recogniser import recognise_phones
from mien.tagged import follow_tags

pytestmark = pytest.mark.skipif(bool(espeak.missing()), reason="needs espeak-ng")


@pytest.fixture(scope="module")
def words(recording, transcript):
    return recognise_phones(recording, transcript).words


def tagged_text(transcript: str, tags: dict[int, str]) -> str:
    """The transcript with tags before the words of these numbers."""
    return " ".join(
        f"{tags[number]} {word}" if number in tags else word for number, word in enumerate(transcript.split())
    )


def take_of(recording, transcript: str, **direction):
    return speak(recording, Direction.from_json({"transcript": transcript, **direction}), "articulation", 25)


@pytest.fixture(scope="module")
def plain(recording, transcript):
    return take_of(recording, transcript)


def test_no_tags_change_nothing(recording, transcript) -> None:
    direction = Direction(transcript=transcript)
    assert follow_tags(direction, recording).direction is direction


def test_an_emotion_comes_at_its_word_and_goes_at_its_end(recording, transcript, words, plain) -> None:
    take = take_of(recording, tagged_text(transcript, {6: "[happy .8]", 12: "[/happy]"}))
    smile, before = take.channel("mouthSmileLeft"), plain.channel("mouthSmileLeft")
    begin, end = words[6].begin, words[12].begin
    inside = (take.times > begin + 0.6) & (take.times < end - 0.3)
    outside = (take.times < begin - 0.4) | (take.times > end + 1.2)
    assert (smile - before)[inside].mean() > 0.3 and np.abs(smile - before)[outside].max() < 0.1
    assert json.loads(take.meta["direction"])["transcript"].count("[happy .8]") == 1


def test_a_look_turns_the_eyes_for_a_while(recording, transcript, words, plain) -> None:
    take = take_of(recording, tagged_text(transcript, {8: "[look left]"}))
    begin = words[8].begin
    there, away = (take.times > begin + 0.2) & (take.times < begin + 1.2), take.times < begin - 0.05
    assert np.allclose(take.gaze[there, 1], 0.32, atol=0.01) and np.array_equal(take.gaze[away], plain.gaze[away])
    assert (take.channel("eyeLookOutLeft")[there] > 0.5).all() and (take.channel("eyeLookInRight")[there] > 0.5).all()


def test_a_stressed_word_lifts_the_brows_and_nods(recording, transcript, words, plain) -> None:
    text = transcript.split()
    text[5] = f"*{text[5]}*"
    take = take_of(recording, " ".join(text))
    middle = int(np.argmin(np.abs(take.times - (words[5].begin + words[5].end) / 2)))
    assert take.channel("browInnerUp")[middle] - plain.channel("browInnerUp")[middle] > 0.2
    assert np.degrees(take.head_rotation[middle, 0] - plain.head_rotation[middle, 0]) > 2
    assert (
        take.channel("jawOpen")[middle - 4 : middle + 5].max() > plain.channel("jawOpen")[middle - 4 : middle + 5].max()
    )


def test_a_pause_that_the_voice_does_not_make_is_said(recording, transcript, words) -> None:
    gaps = [words[n + 1].begin - words[n].end for n in range(len(words) - 1)]
    none = int(np.argmin(gaps)) + 1
    read = follow_tags(Direction(transcript=tagged_text(transcript, {none: "[pause]"})), recording)
    assert read.notes == (f"The voice makes no pause before '{words[none].text}', at {words[none].begin:.1f} s.",)
    assert read.direction.jaw.constant == 1.0


def test_held_channels_stay(recording, transcript) -> None:
    held = {"browInnerUp": [[[0.0, 0.1], [7.0, 0.1]]]}
    text = transcript.split()
    text[5] = f"*{text[5]}*"
    tagged = follow_tags(Direction.from_json({"transcript": " ".join(text), "held": held}), recording)
    take = tagged.perform(take_of(recording, transcript))
    assert np.array_equal(take.channel("browInnerUp"), take_of(recording, transcript).channel("browInnerUp"))
    assert not np.array_equal(
        take.channel("browOuterUpLeft"), take_of(recording, transcript).channel("browOuterUpLeft")
    )
