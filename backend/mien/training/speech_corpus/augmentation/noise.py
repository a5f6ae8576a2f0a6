# SPDX-License-Identifier: GPL-3.0-or-later
"""Noises to mix with speech, each `(rng, n) -> (n,) float32` with an effective value of 1."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy import fft, signal

from mien.training.speech_corpus.utterance import RATE


def wander(rng: np.random.Generator, n: int, knots: int, spread: float) -> np.ndarray:
    """(n,) a smooth random curve about 0 with standard deviation `spread`, from `knots` random points."""
    values = rng.normal(0.0, spread, max(knots, 2))
    at = np.linspace(0.0, len(values) - 1.0, n)
    left = np.minimum(at.astype(int), len(values) - 2)
    share = at - left
    share = share * share * (3.0 - 2.0 * share)
    return values[left] * (1.0 - share) + values[left + 1] * share


def levelled(samples: np.ndarray) -> np.ndarray:
    """The same at an effective value of 1 (silence stays silence)."""
    rms = float(np.sqrt(np.mean(np.square(samples, dtype=np.float64)))) if len(samples) else 0.0
    return (samples / rms if rms > 0 else samples).astype(np.float32)


def fast_length(n: int) -> int:
    """The least number of samples, n or more, whose real Fourier transform is fast."""
    return fft.next_fast_len(n, real=True)  # pyright: ignore[reportReturnType]: scipy has no type for it


def coloured(rng: np.random.Generator, n: int, slope: float | None = None, bumps_db: float = 0.0) -> np.ndarray:
    """Noise whose power falls with frequency as f^-slope (0 white, 1 pink, 2 brown; drawn if None), on a spectrum
    with random bumps of `bumps_db`."""
    slope = float(rng.choice([0.0, 1.0, 2.0]) + rng.uniform(-0.3, 0.3)) if slope is None else slope
    length = fast_length(n)
    spectrum = np.asarray(fft.rfft(rng.standard_normal(length, dtype=np.float32)))
    hertz = np.maximum(np.arange(len(spectrum)) * (RATE / length), 20.0)
    gain = hertz ** (-slope / 2.0)
    if bumps_db:
        gain *= 10.0 ** (np.interp(np.log(hertz), np.linspace(3.0, 9.0, 14), rng.normal(0, bumps_db, 14)) / 20.0)
    return levelled(np.asarray(fft.irfft(spectrum * gain, length))[:n])


def hum(rng: np.random.Generator, n: int) -> np.ndarray:
    """Mains hum: 50 or 60 Hz and its overtones."""
    seconds = np.arange(n) / RATE
    base = rng.choice([50.0, 60.0]) * rng.uniform(0.995, 1.005)
    orders = np.flatnonzero(rng.random(14) < 0.6) + 1
    orders = orders if len(orders) else np.array([2])
    overtones = (
        rng.uniform(0.2, 1.0) / order**0.7 * np.sin(2 * np.pi * (base * order * seconds + rng.random()))
        for order in orders
    )
    tones = sum(overtones, np.zeros(n))
    return levelled(tones)


def fan(rng: np.random.Generator, n: int) -> np.ndarray:
    """A fan or a motor: rushing air that pulses with the blades, and a faint tone of them."""
    turn = 2 * np.pi * (rng.uniform(8.0, 140.0) * np.arange(n) / RATE + rng.random()) + wander(rng, n, 4, 3.0)
    air = coloured(rng, n, rng.uniform(0.5, 1.6), 4.0) * (1.0 + rng.uniform(0.0, 0.6) * np.sin(turn))
    tone = np.sin(turn * rng.integers(1, 4)) + 0.5 * np.sin(turn * rng.integers(4, 9))
    return levelled(air + rng.uniform(0.0, 0.5) * tone)


def swells(rng: np.random.Generator, n: int) -> np.ndarray:
    """Noise that swells and falls: passing cars, wind, waves."""
    swell = wander(rng, n, 2 + int(n / RATE * rng.uniform(0.3, 3.0)), rng.uniform(3.0, 9.0))
    return levelled(coloured(rng, n, rng.uniform(0.8, 2.4), 4.0) * 10.0 ** (swell / 20.0))


def knocks(rng: np.random.Generator, n: int, at: np.ndarray, hertz: float, decay_s: float) -> np.ndarray:
    """Short strikes that begin at the samples `at`, each a few damped tones about `hertz` with noise in them."""
    sound = np.zeros(n)
    seconds = np.arange(int(decay_s * 7 * RATE) + 1) / RATE
    for begin in at[(at >= 0) & (at < n)]:
        pitches = hertz * rng.uniform(0.6, 2.6, 3)
        strike = np.sin(2 * np.pi * (pitches[:, None] * seconds + rng.random((3, 1)))).sum(0)
        strike += rng.uniform(0.3, 3.0) * rng.standard_normal(len(seconds)) * np.exp(-seconds / (decay_s * 0.3))
        end = min(n, int(begin) + len(seconds))
        sound[int(begin) : end] += (rng.uniform(0.2, 1.0) * strike * np.exp(-seconds / decay_s))[: end - int(begin)]
    return sound


def clicks(rng: np.random.Generator, n: int) -> np.ndarray:
    """Typing, clicks, crackle, things put down."""
    gaps = rng.exponential(1.0 / rng.uniform(1.5, 12.0), int(n / RATE * 20) + 2) + 0.03
    at = (np.cumsum(gaps) * RATE).astype(int)
    hertz = np.exp(rng.uniform(np.log(200.0), np.log(5000.0)))
    decay_s = np.exp(rng.uniform(np.log(0.001), np.log(0.012)))
    return levelled(knocks(rng, n, at, hertz, decay_s) + 1e-4 * rng.standard_normal(n))


def babble(rng: np.random.Generator, n: int, others: Sequence[np.ndarray]) -> np.ndarray:
    """Three to eight people at once, cut out of `others` (sounds of any length), none of them to be understood."""
    sound = np.zeros(n, np.float32)
    for _ in range(int(rng.integers(3, 9))):
        other = others[rng.integers(len(others))]
        if len(other):
            voice = np.resize(np.roll(other, -int(rng.integers(len(other)))), n)
            sound += levelled(voice) * np.float32(rng.uniform(0.4, 1.0))
    return levelled(sound)


def formants(
    samples: np.ndarray, hertz: Sequence[float] | np.ndarray, widths: Sequence[float] | np.ndarray
) -> np.ndarray:
    """Samples through resonances at `hertz`, one after another, each `widths` Hz wide: a vocal tract's colour."""
    for centre, width in zip(hertz, widths, strict=True):
        radius = np.exp(-np.pi * width / RATE)
        poles = [1.0, -2.0 * radius * np.cos(2 * np.pi * centre / RATE), radius**2]
        samples = np.asarray(signal.lfilter([sum(poles)], poles, samples))
    return samples
