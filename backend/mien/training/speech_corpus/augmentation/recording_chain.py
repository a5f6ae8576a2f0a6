# SPDX-License-Identifier: GPL-3.0-or-later
"""What microphones, lines and codecs do to a sound: each `(samples (N,), rng) -> (N,) float32`, without any delay.

Filters have no phase or are run both ways, resamplers centre their kernels, so a click stays at its sample.
"""

from __future__ import annotations

import numpy as np
import soxr
from scipy import fft, ndimage, signal

from mien.training.speech_corpus.augmentation.noise import fast_length
from mien.training.speech_corpus.utterance import RATE

FRAME = 80  # samples of a gain frame, 5 ms


def fitted(samples: np.ndarray, n: int) -> np.ndarray:
    """Cut or filled up with silence to n samples."""
    return np.pad(samples[:n], (0, max(0, n - len(samples)))).astype(np.float32)


def filtered(samples: np.ndarray, knots_hz: np.ndarray, gains_db: np.ndarray) -> np.ndarray:
    """Samples through a zero-phase filter of the gains given at the frequencies given (log-frequency between them)."""
    n = len(samples)
    length = fast_length(n + 1024)  # room for the kernel, so that nothing wraps round
    spectrum = np.asarray(fft.rfft(samples, length))
    grid = np.linspace(0.0, RATE / 2, 513)  # a coarse grid is a short kernel
    gain = np.interp(np.log(np.maximum(grid, 20.0)), np.log(knots_hz), gains_db)
    kernel = np.roll(np.asarray(fft.irfft(10.0 ** (gain / 20.0))), 512) * np.hanning(1025)[:-1]
    response = np.asarray(fft.rfft(np.roll(np.pad(kernel, (0, length - 1024)), -512)))
    return np.asarray(fft.irfft(spectrum * response, length))[:n].astype(np.float32)


def equalise(samples: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """A microphone's or a player's colour: a tilt, shelves and a few soft bumps."""
    knots = np.geomspace(60.0, 7600.0, 9)
    octaves = np.log2(knots / 700.0)
    gains = rng.uniform(-3.0, 3.0) * octaves + rng.normal(0.0, rng.uniform(0.5, 4.0), len(knots))
    if rng.random() < 0.3:
        gains -= rng.uniform(3.0, 25.0) * np.clip(np.log2(rng.uniform(80.0, 350.0) / knots), 0.0, 2.0)  # no bass
    if rng.random() < 0.3:
        gains -= rng.uniform(3.0, 15.0) * np.clip(np.log2(knots / rng.uniform(2000.0, 6000.0)), 0.0, 2.0)  # muffled
    return filtered(samples, knots, np.clip(gains, -40.0, 18.0))


def band(samples: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """A narrow line: the telephone's 300 to 3400 Hz, or any low-pass from 2.5 to 7 kHz, with or without a high-pass."""
    low, high = rng.uniform(250.0, 350.0), rng.uniform(3000.0, 3800.0)
    if rng.random() < 0.5:
        low, high = rng.uniform(20.0, 300.0), rng.uniform(2500.0, 7000.0)
    filters = signal.butter(int(rng.integers(1, 5)), [low, high], "bandpass", fs=RATE, output="sos")
    return signal.sosfiltfilt(filters, samples, padlen=min(800, len(samples) - 1)).astype(np.float32)


def mu_law(samples: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """G.711: 8 bits of mu-law, at most times a quarter to full scale."""
    scale = rng.uniform(0.15, 1.0) / max(float(np.abs(samples).max()), 1e-9)
    code = np.sign(samples) * np.log1p(255.0 * np.abs(samples) * scale) / np.log(256.0)
    code = np.round(code * 127.0) / 127.0
    return (np.sign(code) * (256.0 ** np.abs(code) - 1.0) / 255.0 / scale).astype(np.float32)


def bits(samples: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """6 to 12 bits under the peak, with or without dither."""
    step = max(float(np.abs(samples).max()), 1e-9) / 2.0 ** (int(rng.integers(6, 13)) - 1)
    dither = rng.random(len(samples), dtype=np.float32) - 0.5 if rng.random() < 0.5 else 0.0
    return (np.round(samples / step + dither) * step).astype(np.float32)


def narrow(samples: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """There and back through a lower rate, cleanly or (every fourth) by a converter that folds and steps."""
    if rng.random() < 0.25:
        held = samples[::2]
        if rng.random() < 0.5:
            return fitted(np.repeat(held, 2), len(samples))
        return np.interp(np.arange(len(samples)), np.arange(len(held)) * 2.0, held).astype(np.float32)
    rate = float(rng.choice([8000, 8000, 11025, 12000]))
    lower = soxr.resample(samples, RATE, rate, quality="LQ")
    return fitted(soxr.resample(lower, rate, RATE, quality="LQ"), len(samples))


def holes(samples: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """A lossy codec or a noise suppressor: bins far under their neighbourhood are dropped, the rest is coarsened."""
    size = int(rng.choice([256, 512, 1024]))
    kind = {"window": "hann", "nperseg": size, "noverlap": size // 2}
    padded = fitted(samples, max(len(samples), size))
    _, _, spectrum = signal.stft(padded, **kind)
    power = np.abs(spectrum)
    width = int(rng.integers(9, 41))
    around = np.maximum(np.max(power) * 1e-4, ndimage.uniform_filter1d(power, width, axis=0))
    kept = spectrum * (power > around * 10.0 ** (-rng.uniform(2.0, 18.0) / 20.0))
    if rng.random() < 0.5:  # magnitudes in steps of 1.5 to 6 dB
        step = np.log(10.0) / 20.0 * rng.uniform(1.5, 6.0)
        kept *= np.exp(np.round(np.log(power + 1e-12) / step) * step) / (power + 1e-12)
    if rng.random() < 0.5:
        kept[int(size * rng.uniform(3400.0, 7500.0) / RATE) :] = 0.0
    return fitted(signal.istft(kept, **kind)[1], len(samples))


def compress(samples: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Loud parts made softer (ratio 1.5 to 8), soft ones louder; now and then a gate shuts what is softer still."""
    frames = -(-len(samples) // FRAME)
    power = np.square(fitted(samples, frames * FRAME)).reshape(frames, FRAME).mean(1)
    keep = float(np.exp(-1.0 / (rng.uniform(0.01, 0.3) / 0.005)))
    smooth, _ = signal.lfilter([1.0 - keep], [1.0, -keep], power, zi=[keep * float(power[:20].mean())])
    level = 10.0 * np.log10(np.maximum(smooth, 1e-10))
    loud = float(np.percentile(level, 95))
    gain = -(1.0 - 1.0 / rng.uniform(1.5, 8.0)) * np.maximum(level - loud + rng.uniform(5.0, 35.0), 0.0)
    if rng.random() < 0.25:
        gain -= np.clip((loud - rng.uniform(25.0, 45.0)) - level, 0.0, 30.0)
    centres = (np.arange(frames) + 0.5) * FRAME
    louder = np.interp(np.arange(len(samples)), centres, 10.0 ** ((gain - gain[np.argmax(level)]) / 20.0))
    return (samples * louder).astype(np.float32)


def clip(samples: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Driven too hard: hard clipping, or a soft and slightly lopsided saturation."""
    peak = max(float(np.abs(samples).max()), 1e-9)
    driven = samples / peak * 10.0 ** (rng.uniform(1.0, 14.0) / 20.0)
    if rng.random() < 0.5:
        return (np.clip(driven, -1.0, 1.0) * peak).astype(np.float32)
    bend = rng.uniform(-0.3, 0.3)
    return ((np.tanh(driven + bend) - np.tanh(bend)) * peak).astype(np.float32)


def dropouts(samples: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """One to four holes of 5 to 40 ms, with edges of 1 ms."""
    gain = np.ones(len(samples), np.float32)
    for _ in range(int(rng.integers(1, 5))):
        begin = int(rng.integers(len(samples)))
        gain[begin : begin + int(rng.uniform(0.005, 0.04) * RATE)] = 0.0
    return samples * np.asarray(signal.lfilter(np.ones(16) / 16.0, [1.0], gain)).astype(np.float32)
