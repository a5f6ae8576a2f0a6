# SPDX-License-Identifier: GPL-3.0-or-later
"""Degrades a clean sound as another room, microphone and line would; fast enough for every step of a training."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from mien.training.speech_corpus.augmentation import noise, recording_chain
from mien.training.speech_corpus.augmentation.music import bed
from mien.training.speech_corpus.augmentation.reverberation import reverberate

CLEAN = 0.25  # this share gets another gain and nothing else
GAIN_DB = (-48.0, -8.0)  # the level of speech against full scale
SNR_DB = 35.0  # at most; see `noisy`
NOISE_SHARE, REVERBERATION_SHARE = 0.55, 0.4
# Steps of the recording chain after reverberation and noise, in this order, each with its probability.
CHANNEL = (
    (recording_chain.equalise, 0.5),
    (recording_chain.compress, 0.25),
    (recording_chain.clip, 0.12),
    (recording_chain.band, 0.12),
    (recording_chain.narrow, 0.1),
    (recording_chain.mu_law, 0.06),
    (recording_chain.bits, 0.06),
    (recording_chain.holes, 0.15),
    (recording_chain.dropouts, 0.05),
)
NOISES = (noise.coloured, noise.hum, noise.fan, noise.swells, noise.clicks, bed)


def level(samples: np.ndarray) -> float:
    """Effective value of the 20 ms frames within 30 dB of the loudest; a thousandth for silence."""
    frames = samples[: len(samples) // 320 * 320].reshape(-1, 320)
    power = np.square(frames).mean(1) if len(frames) else np.zeros(1)
    return float(np.sqrt(max(power[power >= power.max() * 1e-3].mean(), 1e-6)))


def noisy(samples: np.ndarray, rng: np.random.Generator, others: Sequence[np.ndarray] = ()) -> np.ndarray:
    """One or two noises under the samples, 0 to 35 dB softer, 22 dB on average. `others`: sounds to make babble of."""
    for _ in range(1 + int(rng.random() < 0.2)):
        kind = int(rng.integers(len(NOISES) + (len(others) > 0)))
        below_db = SNR_DB * rng.beta(2.0, 1.2)
        if kind < len(NOISES):
            sound = NOISES[kind](rng, len(samples))
        else:
            sound, below_db = noise.babble(rng, len(samples), others), max(below_db, 8.0)
        samples = samples + np.float32(level(samples) * 10.0 ** (-below_db / 20.0)) * sound
    return samples


def degrade(samples: np.ndarray, rng: np.random.Generator, others: Sequence[np.ndarray] = ()) -> np.ndarray:
    """Samples (N,) float32 at 16 kHz as another room, microphone and line would give them: (N,) float32 within [-1, 1],
    every phone where it was. `others`: sounds of other voices, for babble. The same `rng` gives the same sound."""
    sound = np.asarray(samples, np.float32)
    if not len(sound):
        return sound
    if rng.random() >= CLEAN:
        if rng.random() < REVERBERATION_SHARE:
            sound = reverberate(sound, rng)
        if rng.random() < NOISE_SHARE:
            sound = noisy(sound, rng, others)
        for change, chance in CHANNEL:
            if rng.random() < chance:
                sound = change(sound, rng)
    sound = sound * np.float32(10.0 ** (rng.uniform(*GAIN_DB) / 20.0) / level(sound))
    sound /= max(1.0, float(np.abs(sound).max()))
    if rng.random() < 0.1:
        sound = np.clip(sound + np.float32(rng.uniform(-0.02, 0.02)), -1.0, 1.0)
    return np.round(sound * 32767.0) / np.float32(32767.0)  # what 16 bits leave of a soft one
