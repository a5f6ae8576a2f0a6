# SPDX-License-Identifier: GPL-3.0-or-later
"""Pauses and breaths in the silences between phones, which synthesisers leave out."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy.signal import windows

from mien.training.speech_corpus.augmentation.noise import coloured, formants, levelled
from mien.training.speech_corpus.utterance import RATE, Timed

SILENCE_S = 0.06  # the shortest silence between phones that may be lengthened
PAUSE_CHANCE, BREATH_CHANCE = 0.5, 0.5  # of a silence to be lengthened, of a pause to have a breath in it
EDGE = 80  # samples faded on each side of a cut, 5 ms


def breath(rng: np.random.Generator, seconds: float) -> np.ndarray:
    """(N,) float32 of air through an open mouth, in or out: noise with wide formants, an effective value of 1."""
    n = int(seconds * RATE)
    centres = (rng.uniform(450, 1000), rng.uniform(1200, 2000), rng.uniform(2400, 3300), rng.uniform(3800, 5500))
    air = formants(coloured(rng, n, rng.uniform(-0.5, 0.8)), centres, rng.uniform(150, 700, 4))
    at = np.linspace(0.0, 1.0, n)
    peak, sharp = rng.uniform(0.2, 0.85), rng.uniform(0.8, 2.5)
    return levelled(air * np.minimum(at / peak, (1.0 - at) / (1.0 - peak)) ** sharp)


def pauses(
    samples: np.ndarray, phones: Sequence[Timed], rng: np.random.Generator
) -> tuple[np.ndarray, tuple[Timed, ...]]:
    """Samples (N,) with silences of 0.1 to 1.2 s and breaths of 0.2 to 0.6 s inserted into some of the silences of 60
    ms and more between phones, before the first and after the last; later phones move by exactly what was inserted."""
    seconds = len(samples) / RATE
    edges = [(0.0, phones[0][1]), *((a[2], b[1]) for a, b in zip(phones, phones[1:], strict=False))] if phones else []
    edges += [(phones[-1][2] if phones else 0.0, seconds)]
    quiet, parts, moved = np.float32(0.0), [], []
    level = float(np.sqrt(np.mean(np.square(samples)))) if len(samples) else 0.0
    if len(samples) >= 320:  # the noise floor of the voice continues through the pause
        power = np.square(samples[: len(samples) // 160 * 160]).reshape(-1, 160).mean(1)
        quiet = np.float32(min(np.sqrt(np.percentile(power, 2)), level * 0.03))
    done, shift = 0, 0
    for i, (begin, end) in enumerate(edges):
        if end - begin >= SILENCE_S and rng.random() < PAUSE_CHANCE:
            cut = int((begin + end) / 2 * RATE)
            added = _pause(rng, level, quiet)
            parts += [_faded(samples[done:cut], done > 0, True), added]
            done, shift = cut, shift + len(added)
        if i < len(phones):
            name, first, last = phones[i]
            moved.append((name, first + shift / RATE, last + shift / RATE))
    parts.append(_faded(samples[done:], done > 0, False))
    return np.concatenate(parts).astype(np.float32), tuple(moved)


def _pause(rng: np.random.Generator, level: float, quiet: np.float32) -> np.ndarray:
    silence = rng.standard_normal(int(rng.gamma(1.5, 0.25) * RATE) % int(1.1 * RATE) + RATE // 10, dtype=np.float32)
    silence *= quiet
    if rng.random() >= BREATH_CHANCE:
        return silence
    air = breath(rng, rng.uniform(0.2, 0.6)) * np.float32(level * 10.0 ** (-rng.uniform(12.0, 34.0) / 20.0))
    air += quiet * rng.standard_normal(len(air), dtype=np.float32)
    where = int(rng.uniform(0.0, len(silence)))
    return np.concatenate([silence[:where], air, silence[where:]])


def _faded(part: np.ndarray, first: bool, last: bool) -> np.ndarray:
    edge = min(EDGE, len(part) // 2)
    ramp = windows.hann(2 * edge + 1)[:edge].astype(np.float32)
    part = part.copy()
    if first:
        part[:edge] *= ramp
    if last:
        part[len(part) - edge :] *= ramp[::-1]
    return part
