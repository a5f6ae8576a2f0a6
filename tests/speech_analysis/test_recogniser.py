# SPDX-License-Identifier: GPL-3.0-or-later
"""The phone recogniser that ships: transcripts in any language, and the cache of tracks."""

import numpy as np
import pytest
import voices
from mien.audio.speech import Speech
from mien.engines.articulation.constraints import LIKELY
from mien.speech_analysis import espeak, network, recogniser
from mien.speech_analysis.errors import RecognitionError
from mien.speech_analysis.network.inference import WEIGHTS
from mien.speech_analysis.prosody import analyse_prosody
from mien.speech_analysis.recogniser import recognise_phones
from mien.speech_analysis.track import INDEX
from voices import sound, well_formed

SIL = INDEX["SIL"]


def needs_espeak() -> None:
    if why := espeak.missing():
        pytest.skip(why)


@pytest.mark.parametrize("length", [0, 1, 160, 161, 410, 4000])
@pytest.mark.parametrize("kind", ["silence", "steady", "noise"])
def test_the_shortest_sounds_give_a_track(kind: str, length: int) -> None:
    speech = sound(kind, length)
    well_formed(recognise_phones(speech), speech)


def test_the_recording_has_silence_at_its_ends_and_speech_between(recording) -> None:
    track = recognise_phones(recording)
    well_formed(track, recording)
    for end in (track.posteriors[:10], track.posteriors[-20:]):
        assert np.all(end.argmax(1) == SIL)
    assert track.posteriors[30:660, SIL].mean() < 0.05
    assert track.voice[:10].max() < 0.5 and track.voice[30:660].mean() > 0.9


def test_posteriors_keep_their_doubt(recording) -> None:
    """Lips need the second best guess: rows of nothing but 0 and 1 would be a hard decision."""
    sure = recognise_phones(recording).posteriors.max(1)
    assert 0.1 < np.mean(sure < 0.9) < 0.9


def test_the_same_sound_gives_the_same_track(recording) -> None:
    first, again = network.recognise(recording), network.recognise(recording)
    np.testing.assert_array_equal(first.posteriors, again.posteriors)
    assert first.segments == again.segments


def test_how_loud_it_was_recorded_does_not_matter(recording) -> None:
    """20 dB down: few frames are heard as another phone (0.86 the same, measured), and no closure is lost."""
    whole = recognise_phones(recording)
    quiet = recognise_phones(Speech.from_samples(recording.samples * 0.1))
    assert np.mean(whole.posteriors.argmax(1) == quiet.posteriors.argmax(1)) > 0.8
    shut = [s for s in whole.segments if s.phone in "PBM" and whole.closure[s.begin : s.end].max() > LIKELY]
    assert len(shut) > 3 and all(quiet.closure[s.begin : s.end].max() > LIKELY for s in shut)


def test_digital_silence_around_speech_is_surely_silence(recording) -> None:
    track = recognise_phones(Speech.from_samples(np.pad(recording.samples, 8000)))
    assert track.posteriors[:40, SIL].min() > 0.9 and track.posteriors[-40:, SIL].min() > 0.9


def test_a_transcript_is_laid_over_the_sound_in_order(recording, transcript) -> None:
    needs_espeak()
    track = recognise_phones(recording, transcript)
    well_formed(track, recording)
    assert set(np.unique(track.posteriors)) == {0, 1} and "transcript" in track.source
    phones = [s.phone for s in track.segments]
    # might, much, be, prudently, power, them: mister before them all
    assert [p for p in phones if p in "PBM"] == ["M", "M", "M", "B", "P", "P", "M"]
    assert [p for p in phones if p in ("F", "V")][-1] == "F"  # for
    assert phones[0] == phones[-1] == "SIL"
    shut = [s for s in track.segments if s.phone in "PBM"]
    assert all(track.closure[s.begin : s.end].min() == 1 for s in shut)


def test_alignment_puts_stops_where_the_sound_dips(recording, transcript) -> None:
    """Independent of the network: lips closed for p and b let little sound out."""
    needs_espeak()
    track, level = recognise_phones(recording, transcript), analyse_prosody(recording).level
    stops = [s for s in track.segments if s.phone in ("P", "B")]
    assert len(stops) == 3
    for stop in stops:
        assert 2 <= stop.end - stop.begin <= 20
        around = level[stop.begin - 20 : stop.end + 20].max()
        assert level[stop.begin : stop.end].min() < around - 12


@pytest.mark.parametrize("name", voices.SYNTHETIC)
def test_a_transcript_in_its_own_language_finds_every_closure(name: str) -> None:
    """Nobody says which language it is; espeak-ng's own events are the truth."""
    voice, text = voices.SYNTHETIC[name]
    track, truth = recognise_phones(voices.voice(name), text), voices.true_track(name)
    shut = [s for s in truth.segments if s.phone in "PBM"]
    recognised = [s for s in track.segments if s.phone in "PBM"]
    met = [any(f.begin < s.end + 5 and f.end > s.begin - 5 for f in recognised) for s in shut]
    assert len(shut) > 5 and np.mean(met) > 0.9, (voice, list(zip(shut, met, strict=True)))


@pytest.mark.parametrize("text", ["mister\njohn, dashwood!", "MISTER JOHN DASHWOOD", "“Mister” john—dashwood…"])
def test_punctuation_and_case_are_no_words(hum, text: str) -> None:
    needs_espeak()
    try:
        well_formed(recognise_phones(hum, text), hum)
    except RecognitionError as error:
        assert "too long" in str(error)


def test_a_transcript_of_no_words_is_refused(hum) -> None:
    needs_espeak()
    with pytest.raises(RecognitionError, match="no words"):
        recognise_phones(hum, "... — !")
    assert "transcript" not in recognise_phones(hum, " \n ").source  # none given


@pytest.mark.parametrize("text", ["漢字とかな", "ᚠᚢᚦᚬᚱᚴ"])
def test_a_script_that_cannot_be_read_is_named(hum, text: str) -> None:
    needs_espeak()
    with pytest.raises(RecognitionError, match="kanji|Runic"):
        recognise_phones(hum, text)


@pytest.mark.parametrize("length", [0, 1, 1600])
def test_a_transcript_too_long_for_its_sound_is_refused(length: int) -> None:
    needs_espeak()
    with pytest.raises(RecognitionError, match="transcript"):
        recognise_phones(Speech.from_samples(np.zeros(length)), "considerable prudently " * 10)


def test_without_espeak_a_transcript_is_refused_in_words(hum, monkeypatch) -> None:
    monkeypatch.setattr(espeak, "missing", lambda: "install it.")
    with pytest.raises(RecognitionError, match="espeak-ng, and it is not here: install it."):
        recognise_phones(hum, "one more time")


def test_only_the_last_few_tracks_are_cached(monkeypatch) -> None:
    recogniser._tracks.clear()
    calls = []
    recognise = network.recognise
    monkeypatch.setattr(network, "recognise", lambda speech, progress: calls.append(speech.name) or recognise(speech))
    sounds = [Speech.from_samples(np.full(1600, i / 10), str(i)) for i in range(7)]
    for speech in sounds:
        assert recognise_phones(speech) is recognise_phones(Speech.from_samples(speech.samples, "the same, read again"))
    assert calls == list("0123456")
    assert len(recogniser._tracks) == recogniser.CACHED
    recognise_phones(sounds[6])
    recognise_phones(sounds[0])
    assert calls == list("01234560")


def test_the_weights_that_ship_are_small_and_have_their_card() -> None:
    assert WEIGHTS.stat().st_size <= 10_000_000
    assert WEIGHTS.with_suffix(".card.json").is_file()
