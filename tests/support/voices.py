# SPDX-License-Identifier: GPL-3.0-or-later
"""Voices for tests: the one that ships, and three that espeak-ng speaks (two speakers, two languages)."""

from __future__ import annotations

import functools

import numpy as np
import pytest
import soxr
from checkout import SAMPLES
from mien.audio.speech import RATE, Speech, read_speech
from mien.speech_analysis import espeak
from mien.speech_analysis.ipa import phones_of
from mien.speech_analysis.track import PHONES, PhoneTrack

SHIPPED = SAMPLES / "voice" / "sense_and_sensibility.wav"
TRANSCRIPT = SHIPPED.with_suffix(".txt").read_text("utf-8")
SYNTHETIC = {
    "english man": ("en-us+m3", "Bob bought a big apple pie from my father. Maybe mum bakes more, but not for Pam."),
    "english woman": ("en-us+f2", "My puppy jumped up happily. I am above the map, and the people clap by the car."),
    "german man": ("de+m1", "Papa und Mama backen am Abend Apfelkuchen. Bitte bleib hier, mein lieber Opa."),
}
NAMES = ("shipped", *SYNTHETIC)


@functools.cache
def _synthesised(name: str) -> espeak.Synthesised:
    if espeak.missing():
        pytest.skip(f"the synthetic voices cannot be made: {espeak.missing()}")
    return espeak.say(*SYNTHETIC[name])


@functools.cache
def voice(name: str) -> Speech:
    """The speech of that name; skips, saying so, where espeak-ng is not installed."""
    if name == "shipped":
        return read_speech(SHIPPED)
    speech = _synthesised(name)
    return Speech.from_samples(soxr.resample(speech.samples / 32768, speech.rate, RATE), name)


def true_track(name: str) -> PhoneTrack:
    """The phones that espeak-ng reports, as a PhoneTrack of the voice's length."""
    speech = _synthesised(name)
    frames = -(-len(voice(name).samples) * 100 // RATE)
    ends = [*(at for _, at in speech.phones[1:]), frames / 100]
    timed = [("SIL", speech.phones[0][1])]
    for (symbol, begin), end in zip(speech.phones, ends, strict=True):
        phones = phones_of(symbol) or ("SIL",)
        timed += [(phone, (end - begin) / len(phones)) for phone in phones]
    merged: list[tuple[str, float]] = []
    for phone, seconds in timed:
        if merged and merged[-1][0] == phone == "SIL":
            merged[-1] = (phone, merged[-1][1] + seconds)
        else:
            merged.append((phone, seconds))
    return PhoneTrack.from_segments(merged, "espeak-ng")


def sound(kind: str, length: int) -> Speech:
    """`length` samples of silence, of a steady level, or of noise."""
    noise = np.random.default_rng(length).uniform(-1, 1, length)
    samples = {"silence": np.zeros(length), "steady": np.full(length, 0.5), "noise": noise}[kind]
    return Speech.from_samples(samples, kind)


def well_formed(track: PhoneTrack, speech: Speech) -> None:
    """A track is one of that speech: a frame every 10 ms, probabilities, segments without gaps."""
    assert track.posteriors.shape == (max(1, -(-len(speech.samples) // 160)), len(PHONES))
    assert track.posteriors.dtype == np.float32 and track.posteriors.min() >= 0
    np.testing.assert_allclose(track.posteriors.sum(1), 1, atol=1e-4)
    assert [s.begin for s in track.segments] == [0, *(s.end for s in track.segments[:-1])]
    assert track.segments[-1].end == len(track)
