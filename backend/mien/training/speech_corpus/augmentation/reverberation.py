# SPDX-License-Identifier: GPL-3.0-or-later
"""Room impulse responses whose direct sound is their first sample, so that reverberation never moves a phone."""

from __future__ import annotations

import functools

import numpy as np
from scipy import fft, signal

from mien.training.speech_corpus.augmentation.noise import fast_length
from mien.training.speech_corpus.utterance import RATE

RESPONSES = 64
BANDS_HZ = (500.0, 1500.0, 4000.0)  # where the reverberation is split, for walls swallow the highs first


def impulse_response(rng: np.random.Generator, rt60_s: float, direct_db: float) -> np.ndarray:
    """(R,) float32, an impulse response: 1 at sample 0, early reflections, then noise that decays by 60 dB in `rt60_s`
    (longer in the bass, shorter in the highs). The direct sound is `direct_db` above all that follows, in energy."""
    length = int(rt60_s * 1.2 * RATE)
    seconds = np.arange(length) / RATE
    noise = rng.standard_normal(length)
    parts, low = [], noise
    for edge in reversed(BANDS_HZ):
        below = signal.sosfiltfilt(signal.butter(2, edge, fs=RATE, output="sos"), low)
        parts.append(low - below)  # highest band first
        low = below
    parts.append(low)
    longer = np.cumsum([rng.uniform(0.35, 0.9), *rng.uniform(0.05, 0.35, len(parts) - 1)])
    longer *= rt60_s / longer[1]
    late = sum(part * 10.0 ** (-3.0 * seconds / rt60) for part, rt60 in zip(parts, longer, strict=True))
    onset_s = rng.uniform(0.002, 0.015)
    late *= np.clip((seconds - onset_s) / onset_s, 0.0, 1.0)
    tail = late / np.sqrt(np.sum(late**2)) * rng.uniform(0.4, 1.0)
    reflections = int(rng.integers(3, 12))
    at = onset_s + rng.gamma(1.5, 0.008, reflections)
    heights = rng.choice([-1.0, 1.0], reflections, p=[0.3, 0.7]) * onset_s / at * rng.uniform(0.3, 1.0, reflections)
    np.add.at(tail, np.minimum((at * RATE).astype(int), length - 1), heights / np.sqrt(np.sum(heights**2)))
    tail *= 10.0 ** (-direct_db / 20.0) / np.sqrt(np.sum(tail**2))
    tail[0] = 1.0
    return tail.astype(np.float32)


@functools.cache
def responses() -> tuple[np.ndarray, ...]:
    """The bank of `RESPONSES` impulse responses, RT60 0.15 to 0.9 s, always the same ones."""
    rng = np.random.default_rng(20)
    return tuple(
        impulse_response(rng, float(np.exp(rng.uniform(np.log(0.15), np.log(0.9)))), rng.uniform(-3.0, 15.0))
        for _ in range(RESPONSES)
    )


def reverberate(samples: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """(N,) samples with the reverberation of a random room: as long, as loud, direct sound where it was."""
    impulse = responses()[rng.integers(RESPONSES)]
    length = fast_length(len(samples) + len(impulse) - 1)
    spectrum = np.asarray(fft.rfft(samples, length)) * np.asarray(fft.rfft(impulse, length))
    wet = np.asarray(fft.irfft(spectrum, length))[: len(samples)]
    return (wet / np.sqrt(np.sum(impulse**2))).astype(np.float32)
