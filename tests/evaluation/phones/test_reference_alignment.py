# SPDX-License-Identifier: GPL-3.0-or-later
from pathlib import Path

import numpy as np
import pytest
from mien.evaluation.cache import Cache
from mien.evaluation.phones import pocketsphinx
from mien.evaluation.phones.recordings import Prompt
from mien.evaluation.phones.reference_alignment import Truth, believable, pronounced, truth_by, truth_of
from mien.speech_analysis import espeak
from mien.speech_analysis.errors import RecognitionError
from mien.speech_analysis.prosody import analyse_prosody
from mien.speech_analysis.track import INDEX, PhoneTrack, segments_of
from voices import SHIPPED, TRANSCRIPT

NOWHERE = Cache(None)
needs_espeak = pytest.mark.skipif(bool(espeak.missing()), reason=espeak.missing())


@pytest.fixture
def prompt() -> Prompt:
    return Prompt("pocketsphinx", "en", "LibriVox", SHIPPED, TRANSCRIPT)


def test_the_alignment_of_the_recording_is_believable_and_kept(prompt: Prompt, recording, tmp_path: Path) -> None:
    truth = truth_of(prompt, recording, Cache(tmp_path))
    assert 5 < truth.rate < 20 and -0.6 < truth.fit < -0.1
    kept = truth_of(prompt, recording, Cache(tmp_path))
    np.testing.assert_array_equal(kept.phones, truth.phones)
    assert kept.fit == truth.fit


def test_the_alignment_has_the_phones_of_the_text_in_order(prompt: Prompt, recording) -> None:
    said = [s.phone for s in segments_of(truth_of(prompt, recording, NOWHERE).phones)]
    # might, much, be, prudently, power, them: mister before them all
    assert [p for p in said if p in "PBM"] == ["M", "M", "M", "B", "P", "P", "M"]
    assert [p for p in said if p in ("F", "V")][-1] == "F"  # for
    assert said[0] == said[-1] == "SIL"


def test_the_alignment_puts_stops_where_the_sound_dips(prompt: Prompt, recording) -> None:
    """Independent of the model: lips closed for p and b let little sound out."""
    level = analyse_prosody(recording).level
    stops = [s for s in segments_of(truth_of(prompt, recording, NOWHERE).phones) if s.phone in ("P", "B")]
    assert len(stops) == 3
    for stop in stops:
        assert 2 <= stop.end - stop.begin <= 20
        around = level[stop.begin - 20 : stop.end + 20].max()
        assert level[stop.begin : stop.end].min() < around - 12


def test_listening_without_the_text_agrees_with_the_alignment_in_most_frames(prompt: Prompt, recording) -> None:
    heard = pocketsphinx.recognise(recording).posteriors.argmax(1)
    assert np.mean(heard == truth_of(prompt, recording, NOWHERE).phones) > 0.5  # of 40 phones; 0.65 measured


def test_a_wrong_text_fits_worse(prompt: Prompt, recording) -> None:
    other = Prompt(**{**vars(prompt), "text": "Zoos use goose juice, she sees sheep. " * 3})
    assert truth_of(other, recording, NOWHERE).fit < truth_of(prompt, recording, NOWHERE).fit - 0.2


def test_a_text_too_long_for_its_sound_is_refused(prompt: Prompt, recording) -> None:
    with pytest.raises(RecognitionError, match="too long for 7.1 s"):
        truth_of(Prompt(**{**vars(prompt), "text": TRANSCRIPT * 9}), recording, NOWHERE)


def test_another_recogniser_aligns_the_text_by_its_own_posteriors(recording) -> None:
    track = PhoneTrack.from_segments([("SIL", 0.2), ("G", 0.1), ("OW", 0.3), ("SIL", 0.1)])
    truth = truth_by(Prompt("", "en", "", SHIPPED, "go"), track)
    assert [(s.phone, s.begin, s.end) for s in segments_of(truth.phones)] == [
        ("SIL", 0, 20), ("G", 20, 30), ("OW", 30, 60), ("SIL", 60, 70)
    ]  # fmt: skip


def test_english_has_every_pronunciation_of_words_digits_and_parts() -> None:
    assert pronounced("en", "the")[0][:2] == [["DH", "AH"], ["DH", "IY"]]
    assert pronounced("en", "press 2")[1] == [["T", "UW"]]
    assert len(pronounced("en", "call-forward-blue")) == 3


@needs_espeak
def test_words_that_the_dictionary_lacks_are_pronounced_by_espeak() -> None:
    assert pronounced("en", "zibbafoo")[0][0][0] == "Z"


@needs_espeak
@pytest.mark.parametrize(("language", "text"), [("es", "buzón"), ("ru", "быстро"), ("it", "bene")])
def test_other_languages_are_pronounced_by_espeak(language: str, text: str) -> None:
    assert pronounced(language, text)[0][0][0] == "B"


@needs_espeak
def test_french_may_drop_its_schwas() -> None:
    long, short = pronounced("fr", "venir")[0]
    assert [phone for phone in long if phone != "AH"] == short


@needs_espeak
def test_what_cannot_be_pronounced_is_refused() -> None:
    with pytest.raises(RecognitionError, match="nothing to say"):
        pronounced("es", "...")


def truth_with(phones: int, fit: float) -> Truth:
    """A second of so many phones."""
    names = [INDEX["AA"], INDEX["S"]]
    return Truth(np.repeat([names[i % 2] for i in range(phones)], 100 // phones), fit)


def test_alignments_that_nobody_could_speak_or_that_fit_far_worse_are_not_believed() -> None:
    usual = [truth_with(10, fit) for fit in np.linspace(-0.5, -0.4, 11)]
    odd = [
        truth_with(1, -0.45),
        truth_with(25, -0.45),
        truth_with(10, -1.2),
        truth_with(10, -0.1),
        Truth(np.zeros(100, int), -np.inf),
    ]
    assert believable(usual + odd) == [True] * 11 + [False, False, False, True, False]
    assert believable([]) == []
