# SPDX-License-Identifier: GPL-3.0-or-later
"""Voice conversion: another vocal tract, pitch, speaking rate and vocal effort, with the exact times of the sounds."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import soxr

from mien.speech_analysis.inventory import VOWELS
from mien.training.speech_corpus.augmentation.noise import wander
from mien.training.speech_corpus.utterance import RATE, Timed
from mien.training.speech_corpus.voices.vocal_effort import EFFORTS, raised
from mien.training.speech_corpus.voices.vocoder import PERIOD_S, Frames, analyse_voice, synthesise_voice

PITCH, FORMANTS, SPEED = (0.6, 1.8), (0.8, 1.25), (0.75, 1.35)
# Probability of each vocal effort; `plain` keeps that of the voice.
CHANCES = {"plain": 0.5, "shout": 0.12, "mumble": 0.1, "whisper": 0.08, "breathy": 0.08, "press": 0.07, "creak": 0.05}
EFFORT_SPEED = {"mumble": (0.95, 1.35), "shout": (0.75, 1.15)}  # speed ranges that go with an effort
RESAMPLED = 0.2  # of the plain ones are resampled instead: pitch, formants and speed change together, without artefacts


def warp(
    samples: np.ndarray, phones: Sequence[Timed], rng: np.random.Generator, vocal_effort: str | None = None
) -> tuple[np.ndarray, tuple[Timed, ...]]:
    """Samples (N,) float32 at 16 kHz and their phones (sound, begin s, end s) as another speaker would have said them.

    Pitch x0.6 to 1.8, formants x0.8 to 1.25, speed x0.75 to 1.35, and a vocal effort of `CHANCES` (drawn if None). The
    level stays. CorpusError where pyworld is missing, KeyError for an unknown effort. About 0.11 CPU-s a second.
    """
    if vocal_effort is None:
        vocal_effort = str(rng.choice(list(CHANCES), p=list(CHANCES.values())))
    if vocal_effort == "plain" and rng.random() < RESAMPLED:
        return resampled(samples, phones, float(np.exp(rng.uniform(np.log(0.85), np.log(1.18)))))
    tract = float(np.exp(np.clip(rng.normal(0.0, 0.1), *np.log(FORMANTS))))
    # Short vocal tracts go with high voices, loosely.
    pitch = float(np.exp(np.clip(1.2 * np.log(tract) + rng.normal(0.0, 0.22), *np.log(PITCH))))
    frames = analyse_voice(samples)
    frames = raised(frames, pitch, float(rng.uniform(0.3, 1.7)))
    frames = frames.with_formants(tract, float(np.clip(tract * np.exp(rng.normal(0.0, 0.04)), *FORMANTS)))
    if vocal_effort != "plain":
        frames = EFFORTS[vocal_effort](frames, rng)
    speed = float(np.clip(np.exp(rng.normal(0.0, 0.15)), *EFFORT_SPEED.get(vocal_effort, SPEED)))
    frames, phones = with_speed(frames, phones, speed, rng)
    sound = synthesise_voice(frames)
    if vocal_effort == "shout" and rng.random() < 0.6:
        peak = np.abs(sound).max() * rng.uniform(0.3, 1.0) + 1e-9
        sound = np.tanh(sound / peak) * peak
    loud = np.sqrt(np.mean(np.square(samples)) / max(np.mean(np.square(sound)), 1e-12))
    sound = sound * min(loud, 0.99 / max(float(np.abs(sound).max()), 1e-9))
    return sound.astype(np.float32), phones


def resampled(samples: np.ndarray, phones: Sequence[Timed], factor: float) -> tuple[np.ndarray, tuple[Timed, ...]]:
    """Resampled to `factor` times the speed: pitch, formants and speed change alike."""
    sound = soxr.resample(samples, RATE * factor, RATE)
    scale = len(sound) / len(samples)
    return sound.astype(np.float32), tuple((name, begin * scale, end * scale) for name, begin, end in phones)


def with_speed(
    frames: Frames, phones: Sequence[Timed], speed: float, rng: np.random.Generator
) -> tuple[Frames, tuple[Timed, ...]]:
    """Frames `speed` times as fast, unevenly as in speech: the rate drifts, and vowels change most."""
    count = len(frames.pitch)
    slower = np.exp(wander(rng, count, 2 + int(count * PERIOD_S * 1.5), 0.1)) / speed
    give = float(speed ** -rng.uniform(0.0, 0.4)) * float(np.exp(rng.normal(0.0, 0.08)))
    edges = np.arange(count) * PERIOD_S
    for name, begin, end in phones:
        if name in VOWELS:
            slower[(edges >= begin) & (edges < end)] *= give
    return time_scaled(frames, phones, np.clip(slower, 1 / SPEED[1] / 1.2, 1.2 / SPEED[0]))


def time_scaled(frames: Frames, phones: Sequence[Timed], slower: np.ndarray) -> tuple[Frames, tuple[Timed, ...]]:
    """Frames (T) of which frame i lasts `slower[i]` times as long; the phones move with their frames."""
    old = np.arange(len(frames.pitch)) * PERIOD_S
    new = np.concatenate([[0.0], np.cumsum(slower[:-1])]) * PERIOD_S
    positions = np.interp(np.arange(0.0, new[-1] + 1e-9, PERIOD_S), new, old) / PERIOD_S
    moved = [(name, *np.interp([begin, end], old, new).tolist()) for name, begin, end in phones]
    return frames.at(positions), tuple(moved)
