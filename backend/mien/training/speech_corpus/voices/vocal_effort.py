# SPDX-License-Identifier: GPL-3.0-or-later
"""Vocal effort and voice quality, from whisper to shout, by signal processing: each `(frames, rng) -> frames`.

Directions from Traunmueller & Eriksson 2000 (vocal effort: pitch, first formant and level of the highs rise together),
Ito, Takeda & Itakura 2005 (whisper: no pitch, weak bass, raised low formants) and Klatt & Klatt 1990 (breathy and
pressed voices); the amounts are drawn widely about them.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from scipy import ndimage

from mien.training.speech_corpus.voices.vocoder import HERTZ, Frames

OCTAVES = np.log2(np.maximum(HERTZ, 60.0) / 500.0).astype(np.float32)  # about 500 Hz


def tilted(frames: Frames, db_an_octave: float, where: np.ndarray) -> Frames:
    """Frames brighter (or duller) from 500 Hz to 5 kHz, in the share `where` (T,) of each."""
    gain = np.float32(db_an_octave) * np.clip(OCTAVES, -1.0, 3.3)
    return replace(frames, envelope=frames.envelope + where[:, None].astype(np.float32) * gain)


def raised(frames: Frames, factor: float, spread: float) -> Frames:
    """Pitch times `factor`, its movement about the middle times `spread` (1 as it was, 0 a monotone)."""
    voiced = frames.voiced
    if not voiced.any():
        return frames
    pitch = frames.pitch.copy()
    middle = np.exp(np.log(pitch[voiced]).mean())
    pitch[voiced] = np.clip(middle * factor * (pitch[voiced] / middle) ** spread, 45.0, 750.0)
    return replace(frames, pitch=pitch)


def share_voiced(frames: Frames) -> np.ndarray:
    """(T,) 1 within voiced segments, 0 outside, with ramps of 15 ms."""
    return ndimage.uniform_filter1d(frames.voiced.astype(np.float32), 5)


def whisper(frames: Frames, rng: np.random.Generator) -> Frames:
    voiced = share_voiced(frames)
    frames = frames.with_formants(rng.uniform(1.0, 1.12), 1.0)
    frames = tilted(frames, rng.uniform(3.0, 7.0), voiced)
    bass = np.clip(-np.log2(np.maximum(HERTZ, 30.0) / rng.uniform(300.0, 600.0)), 0.0, 2.0)
    quieter = rng.uniform(6.0, 16.0) + rng.uniform(3.0, 10.0) * bass
    envelope = frames.envelope - (voiced[:, None] * quieter).astype(np.float32)
    return Frames(np.zeros_like(frames.pitch), envelope, np.ones_like(frames.breath))


def breathy(frames: Frames, rng: np.random.Generator) -> Frames:
    frames = tilted(frames, -rng.uniform(0.5, 3.0), share_voiced(frames))
    edge = rng.uniform(800.0, 3000.0)
    noise = (rng.uniform(0.4, 0.95) / (1.0 + np.exp(-(HERTZ - edge) / 400.0))).astype(np.float32)
    return replace(frames, breath=frames.breath + (1.0 - frames.breath) * noise)


def shout(frames: Frames, rng: np.random.Generator) -> Frames:
    strength = rng.uniform(0.3, 1.0)
    voiced = share_voiced(frames)
    frames = raised(frames, 1.0 + 0.7 * strength * rng.uniform(0.6, 1.3), 1.0 + 0.5 * strength * rng.uniform(-0.5, 1.5))
    frames = frames.with_formants(1.0 + 0.12 * strength * rng.uniform(0.3, 1.3), 1.0)
    frames = tilted(frames, strength * rng.uniform(2.0, 5.0), voiced)
    softer = (1.0 - voiced) * strength * rng.uniform(0.0, 9.0)  # consonants do not grow with the vowels
    frames = replace(frames, envelope=frames.envelope - softer[:, None].astype(np.float32))
    return replace(frames, breath=frames.breath * np.float32(rng.uniform(0.3, 1.0)))  # a firmly shut glottis


def mumble(frames: Frames, rng: np.random.Generator) -> Frames:
    """Little movement, little contrast: envelopes blurred in time and their peaks levelled, the highs gone."""
    blurred = ndimage.uniform_filter1d(frames.envelope, int(rng.integers(3, 10)), axis=0)
    flat = ndimage.uniform_filter1d(blurred, 65, axis=1)  # over 1 kHz
    contrast = np.float32(rng.uniform(0.5, 0.85))
    voiced = share_voiced(frames)
    frames = replace(frames, envelope=flat + (blurred - flat) * contrast)
    return tilted(raised(frames, rng.uniform(0.85, 1.0), rng.uniform(0.2, 0.7)), -rng.uniform(0.5, 3.0), voiced)


def creak(frames: Frames, rng: np.random.Generator) -> Frames:
    """Slow uneven pulses of an almost shut glottis, in random segments (most often where the pitch is low)."""
    if not frames.voiced.any():
        return frames
    low = np.percentile(frames.pitch[frames.voiced], rng.uniform(30.0, 100.0))
    where = frames.voiced & (ndimage.uniform_filter1d(frames.pitch, 21) <= low)
    count = len(frames.pitch)
    held = np.repeat(rng.normal(0.0, 0.18, count // 4 + 1), 4)[:count]  # uneven from pulse to pulse, every 20 ms
    pitch = np.where(where, np.clip(rng.uniform(40.0, 75.0) * np.exp(held), 30.0, 110.0), frames.pitch)
    loud = where * np.repeat(rng.normal(0.0, 2.5, count // 4 + 1), 4)[:count]
    return replace(frames, pitch=pitch, envelope=frames.envelope + loud[:, None].astype(np.float32))


def press(frames: Frames, rng: np.random.Generator) -> Frames:
    """Pressed voice, as of restrained anger: tight and bright, with little noise and jumps of loudness."""
    frames = tilted(
        raised(frames, rng.uniform(0.95, 1.3), rng.uniform(0.8, 1.7)), rng.uniform(1.0, 4.0), share_voiced(frames)
    )
    level = np.mean(frames.envelope, axis=1)
    push = np.float32(rng.uniform(0.05, 0.35)) * (level - ndimage.uniform_filter1d(level, 61))
    return replace(
        frames, envelope=frames.envelope + push[:, None], breath=frames.breath * np.float32(rng.uniform(0.2, 0.8))
    )


EFFORTS = {"whisper": whisper, "breathy": breathy, "shout": shout, "mumble": mumble, "creak": creak, "press": press}
