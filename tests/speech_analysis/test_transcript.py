# SPDX-License-Identifier: GPL-3.0-or-later
"""Texts that are aligned with a voice: as they were said, with times, tags and faults."""

import numpy as np
import pytest
from mien.speech_analysis import espeak
from mien.speech_analysis.errors import RecognitionError
from mien.speech_analysis.recogniser import recognise_phones
from mien.speech_analysis.track import PhoneTrack

pytestmark = pytest.mark.skipif(bool(espeak.missing()), reason="needs espeak-ng")
HALVES = (
    "And Mister John Dashwood had then leisure",
    "to consider how much there might be prudently in his power to do for them.",
)


def subtitles(*cues: tuple[float, float, str]) -> str:
    lines = [f"{n}\n00:00:{b:06.3f} --> 00:00:{e:06.3f}\n{text}\n" for n, (b, e, text) in enumerate(cues, 1)]
    return "\n".join(lines)


def shared(one: PhoneTrack, two: PhoneTrack, begin: float = 0.0, end: float = 7.1) -> float:
    """Share of the frames with the same phone."""
    part = slice(round(begin * 100), round(end * 100))
    return float((one.posteriors[part].argmax(1) == two.posteriors[part].argmax(1)).mean())


@pytest.fixture(scope="module")
def plain(recording, transcript) -> PhoneTrack:
    return recognise_phones(recording, transcript)


@pytest.fixture(scope="module")
def boundary(plain) -> float:
    """Second at which the second half of the text begins: its 't' in "to consider"."""
    phones = [segment for segment in plain.segments if segment.phone != "SIL"]
    at = next(i for i in range(len(phones)) if [p.phone for p in phones[i : i + 2]] in (["T", "UW"], ["T", "AH"]))
    return phones[at].seconds[0]


def test_the_right_text_agrees(plain) -> None:
    assert plain.disagreements == () and plain.speech is not None and (plain.speech > 0.5).mean() > 0.8


@pytest.mark.parametrize(
    "decorated",
    ["\ufeff{}", "<speak><prosody rate='slow'>{}</prosody></speak>", "[happy .6] {} [pause]", "\u202a{}\u202c\r\n"],
)
def test_marks_and_tags_change_nothing(recording, transcript, plain, decorated: str) -> None:
    track = recognise_phones(recording, decorated.format(transcript))
    assert shared(track, plain) == 1.0 and track.disagreements == ()


def test_subtitles_are_aligned_within_their_times(recording, plain, boundary) -> None:
    track = recognise_phones(recording, subtitles((0, boundary, HALVES[0]), (boundary, 7.1, HALVES[1])))
    assert shared(track, plain) > 0.95 and track.disagreements == ()


def test_the_times_of_subtitles_are_used(recording, plain, boundary) -> None:
    """The same words twice, of which the sound has them once: the cue says where."""
    words = " ".join([HALVES[1]])
    track = recognise_phones(recording, subtitles((boundary, 7.1, words)))
    hearing = recognise_phones(recording)
    before = round((boundary - 1.1) * 100)
    assert np.array_equal(track.posteriors[:before], hearing.posteriors[:before])
    assert shared(track, plain, boundary + 0.2) > 0.9


def test_what_subtitles_leave_out_is_heard(recording, boundary) -> None:
    track, hearing = recognise_phones(recording, subtitles((0, 1.0, "And Mister"))), recognise_phones(recording)
    assert np.array_equal(track.posteriors[250:], hearing.posteriors[250:])


def test_subtitles_of_another_part_are_refused(recording) -> None:
    with pytest.raises(RecognitionError, match=r"the subtitles begin at 20.0 s and the sound ends at 7.1 s"):
        recognise_phones(recording, subtitles((20, 25, HALVES[0])))
    later = subtitles((0, 7.1, " ".join(HALVES)), (20, 25, "and many more words that are not in this sound"))
    assert recognise_phones(recording, later).disagreements == ()


@pytest.mark.parametrize(
    "text",
    [
        "The quick brown fox jumps over the lazy dog.",
        "وكان لدى السيد جون داشوود وقت فراغ",
        subtitles((0, 7, "Fox and dog")),
    ],
)
def test_a_wrong_text_is_noticed(recording, text: str) -> None:
    track = recognise_phones(recording, text)
    places = track.disagreements
    assert places and sum(end - begin for begin, end in places) > (1.0 if "-->" in text else 5.0)


def test_where_words_are_wrong_is_named(recording, plain, boundary) -> None:
    track = recognise_phones(recording, f"{HALVES[0]} and the quick brown fox jumps over lazy dogs.")
    assert track.disagreements and all(end > boundary for _, end in track.disagreements)
    assert min(begin for begin, _ in track.disagreements) > boundary - 1.0
    left_out = recognise_phones(recording, f"And Mister John {HALVES[1]}")
    ((begin, end),) = left_out.disagreements[:1]
    assert 0.3 < begin < boundary < end + 1.0


@pytest.mark.parametrize("text", ["<b></b>", "[music]", "...", subtitles((0, 2, "..."))])
def test_a_text_without_words_is_refused(recording, text: str) -> None:
    with pytest.raises(RecognitionError, match="no words"):
        recognise_phones(recording, text)
