# SPDX-License-Identifier: GPL-3.0-or-later
"""Emotions swell with phrases, sink in pauses, and wander by the seed."""

import numpy as np
import pytest
from lip_contacts import track_of
from mien.audio.speech import Speech
from mien.engines.articulation.emotion.swell import LEAST, MOST, limited, swell, swell_at, wander
from mien.speech_analysis.prosody import analyse_prosody
from mien.speech_analysis.track import PhoneTrack
from voices import voice

TRACK = PhoneTrack.from_segments([("SIL", 0.5), ("AA", 1.5), ("SIL", 1.0), ("IY", 1.5), ("SIL", 1.5)])
HUM = Speech.from_samples(0.1 * np.sin(2 * np.pi * 140 * np.arange(96000) / 16000).astype(np.float32))


def test_it_rises_into_phrases_and_sinks_in_pauses_and_at_the_ends() -> None:
    course = swell(TRACK, analyse_prosody(HUM))
    begin, early, late, pause, second, end = course[[5, 90, 195, 250, 340, 595]]
    assert min(early, second) > late > pause and early > 1.4 * begin and second > 1.4 * end
    assert np.abs(np.diff(course)).max() < 0.03  # a face does not switch


def test_without_speech_an_emotion_shows_whole() -> None:
    silence = PhoneTrack.from_segments([("SIL", 2.0)])
    nothing = analyse_prosody(Speech.from_samples(np.zeros(32000, np.float32)))
    assert (swell(silence, nothing) == 1).all()


def test_accents_and_loudness_are_in_it() -> None:
    name = "english man"
    course = swell(track_of(name), analyse_prosody(voice(name)))
    assert 0.1 < course[40:-40].std() / course[40:-40].mean() < 0.35


def test_it_is_read_at_any_moment() -> None:
    prosody = analyse_prosody(HUM)
    np.testing.assert_allclose(swell_at(np.arange(100) / 25, TRACK, prosody), swell(TRACK, prosody)[:400:4])


@pytest.mark.parametrize("seed", range(3))
def test_the_seed_makes_it_wander_within_limits(seed: int) -> None:
    own = wander(np.random.default_rng(seed), 3000)
    assert 0.05 < own.std() < 0.35 and abs(own.mean()) < 0.2
    np.testing.assert_array_equal(own, wander(np.random.default_rng(seed), 3000))
    shares = limited(0.9 + 3 * own)
    assert shares.min() >= LEAST and shares.max() <= MOST
