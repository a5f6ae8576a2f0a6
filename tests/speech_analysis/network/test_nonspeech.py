# SPDX-License-Identifier: GPL-3.0-or-later
"""Sounds without speech move no mouth. They are synthesised here, by other means than those of the training."""

from __future__ import annotations

import functools

import numpy as np
import pytest
from mien.audio.speech import RATE, Speech
from mien.engines import engine
from mien.heads.default import load_head
from mien.speech_analysis.recogniser import recognise_phones
from mien.speech_analysis.track import INDEX
from mien.take import Take

MEAN_MM, MOST_MM = 0.3, 2.0  # how far the lips part beyond rest: on average, and ever (speech: some 3 and 12)
SECONDS = 6
T = np.arange(SECONDS * RATE) / RATE


def tone(hertz: float) -> np.ndarray:
    return np.sin(2 * np.pi * hertz * T)


def music() -> np.ndarray:
    """A bar of plucked strings (Karplus and Strong 1983): three voices, four notes a second."""
    rng = np.random.default_rng(3)
    out = np.zeros(len(T))
    for voice, root in enumerate((110.0, 165.0, 220.0)):
        for beat in range(4 * SECONDS):
            hertz = root * 2 ** (rng.choice([0, 2, 4, 7, 9, 12]) / 12)
            line = rng.uniform(-1, 1, round(RATE / hertz))
            begin = beat * RATE // 4 + voice * 800
            for at in range(begin, min(begin + RATE // 2, len(T))):
                out[at] += line[at % len(line)]
                line[at % len(line)] = 0.498 * (line[at % len(line)] + line[(at + 1) % len(line)])
    return out


def dog() -> np.ndarray:
    """Barks: a falling, rough pitch through two wide resonances, a fifth of a second each, in pairs."""
    rng = np.random.default_rng(4)
    out = np.zeros(len(T))
    for begin in (0.3, 0.65, 1.9, 2.2, 3.6, 4.0, 5.1):
        n = round(0.18 * RATE)
        t = np.arange(n) / RATE
        pitch = 620 * np.exp(-2.5 * t) * (1 + 0.05 * rng.standard_normal(n).cumsum() / 40)
        source = np.sign(np.sin(2 * np.pi * np.cumsum(pitch) / RATE)) + 0.6 * rng.standard_normal(n)
        spectrum = np.fft.rfft(source)
        f = np.fft.rfftfreq(n, 1 / RATE)
        shape = np.exp(-(((f - 900) / 400) ** 2)) + 0.5 * np.exp(-(((f - 1900) / 500) ** 2))
        envelope = np.minimum(1, t / 0.01) * np.exp(-9 * t)
        at = round(begin * RATE)
        out[at : at + n] += np.fft.irfft(spectrum * shape, n) * envelope
    return out


def noise() -> np.ndarray:
    return np.random.default_rng(5).standard_normal(len(T))


SOUNDS = {
    "low tone": lambda: tone(220),
    "high tone": lambda: tone(1000),
    "music": music,
    "dog": dog,
    "noise": noise,
    "silence": lambda: np.zeros(len(T)),
}


@functools.cache
def sound(name: str, level: float) -> Speech:
    """At `level` dB below full scale (root mean square)."""
    samples = SOUNDS[name]()
    loudness = np.sqrt(np.mean(samples**2))
    return Speech.from_samples(np.clip(samples / max(loudness, 1e-9) * 10 ** (level / 20), -1, 1), name)


def perform(speech: Speech) -> Take:
    from mien.direction import Direction

    return engine("articulation").generate(speech, Direction(), lambda done, stage: None)


@pytest.mark.parametrize("level", [-18, -40])
@pytest.mark.parametrize("name", SOUNDS)
def test_no_mouth_moves(name: str, level: int) -> None:
    take = perform(sound(name, level))
    head = load_head()
    rest = float(head.lip_aperture(np.zeros((1, len(take.channels)), np.float32), take.channels)[0])
    parted = np.maximum(head.lip_aperture(take.weights, take.channels) - rest, 0) * 1000
    assert parted.mean() <= MEAN_MM and parted.max() <= MOST_MM, (parted.mean(), parted.max())


@pytest.mark.parametrize("name", SOUNDS)
def test_the_recogniser_finds_no_speech(name: str) -> None:
    track = recognise_phones(sound(name, -18))
    assert np.mean(track.posteriors.argmax(1) == INDEX["SIL"]) > 0.9 and np.mean(track.voice > 0.5) < 0.1


def test_a_voice_moves_it(recording: Speech) -> None:
    """The bounds mean something: speech is far beyond them."""
    take = perform(recording)
    gap = load_head().lip_aperture(take.weights, take.channels) * 1000
    assert gap.mean() > 4 * MEAN_MM and gap.max() > 4 * MOST_MM
