# SPDX-License-Identifier: GPL-3.0-or-later
"""What a user is told of a sound."""

import numpy as np
import pytest
from mien.audio.speech import Reading, Speech
from mien.speech_analysis.recogniser import recognise_phones
from mien.speech_analysis.report import speech_seconds, warnings_of
from sounds import melody, noise, silence, tone, voice


@pytest.mark.parametrize(
    ("samples", "words"),
    [
        (silence(), "the sound is silence, 4.0 s of it"),
        (noise(), "the sound is like noise, at -"),
        (tone(), "the sound is like music or a tone, at -"),
        (melody(), "the sound is like music or a tone, at -"),
        (np.zeros(3), "silence"),
    ],
    ids=["silence", "noise", "tone", "music", "three samples"],
)
def test_what_is_no_speech_is_said_to_be_none(samples: np.ndarray, words: str) -> None:
    speech = Speech.from_samples(samples)
    for track in (recognise_phones(speech), None):
        (sentence,) = warnings_of(speech, track)
        assert sentence.startswith(f"Nothing was heard as speech: {words}" if words[:3] == "the" else "Nothing")
        assert sentence.endswith(".") and speech_seconds(speech, track) == 0


def test_silence_with_a_transcript_is_silence_all_the_same() -> None:
    speech = Speech.from_samples(silence())
    track = recognise_phones(speech, "And Mister John")
    assert speech_seconds(speech, track) == 0 and warnings_of(speech, track)[0].startswith("Nothing was heard")


def test_a_voice_needs_no_words() -> None:
    speech = Speech.from_samples(voice())
    assert warnings_of(speech, recognise_phones(speech)) == [] and speech_seconds(speech, recognise_phones(speech)) > 3


def test_how_it_was_read_comes_first() -> None:
    speech = Speech.from_samples(silence(), reading=Reading(notes=("Of 2 channels the left one alone was taken.",)))
    assert warnings_of(speech, recognise_phones(speech))[0] == "Of 2 channels the left one alone was taken."
    assert len(warnings_of(speech, recognise_phones(speech))) == 2


def test_a_reading_survives_its_json() -> None:
    reading = Reading(-30.5, 7.5, 2, 3, ("a", "b"))
    assert Reading.from_json(reading.to_json()) == reading and Reading.from_json("") == Reading()
