# SPDX-License-Identifier: GPL-3.0-or-later
"""The vocoder WORLD (Morise, Yokomori & Ozawa 2016): a voice as pitch, spectral envelope and noise, and back."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from mien.training.speech_corpus.utterance import RATE, CorpusError

PERIOD_S = 0.005
LOWEST_HZ, HIGHEST_HZ = 50.0, 700.0
SIZE = 1024  # of WORLD's transform; envelopes have SIZE / 2 + 1 bins
HERTZ = np.linspace(0.0, RATE / 2, SIZE // 2 + 1)


@dataclass(frozen=True, eq=False)
class Frames:
    """A voice, every 5 ms from sample 0. `pitch` (T,) Hz, 0 where unvoiced; `envelope` (T, 513) dB of power;
    `breath` (T, 513) the share of noise in the amplitude, 0..1."""

    pitch: np.ndarray
    envelope: np.ndarray
    breath: np.ndarray

    @property
    def voiced(self) -> np.ndarray:
        return self.pitch > 0

    def at(self, positions: np.ndarray) -> Frames:
        """The frames at fractional positions; voicing does not fade, it is that of the nearest frame."""
        last = len(self.pitch) - 1
        left = np.clip(positions.astype(int), 0, max(last - 1, 0))
        right = np.minimum(left + 1, last)
        share = np.clip(positions - left, 0.0, 1.0)
        lower, upper = self.pitch[left], self.pitch[right]
        nearest = np.where(share < 0.5, lower, upper)
        both = (lower > 0) & (upper > 0)
        pitch = np.where(both, lower + (upper - lower) * share, nearest)
        mix = share[:, None].astype(self.envelope.dtype)
        return Frames(
            pitch,
            self.envelope[left] * (1 - mix) + self.envelope[right] * mix,
            self.breath[left] * (1 - mix) + self.breath[right] * mix,
        )

    def with_formants(self, factor: float, upper: float) -> Frames:
        """Resonances moved up by `factor` (those above 3 kHz by `upper`): a shorter or a longer vocal tract."""
        scale = np.interp(HERTZ, [0.0, 1500.0, 3500.0, 8000.0], [factor, factor, upper, upper])
        at = np.clip(HERTZ / scale, 0.0, HERTZ[-1]) * (SIZE / RATE)
        left = np.minimum(at.astype(int), len(HERTZ) - 2)
        share = (at - left).astype(self.envelope.dtype)
        return replace(self, envelope=self.envelope[:, left] * (1 - share) + self.envelope[:, left + 1] * share)


def world():
    """The package pyworld; CorpusError where it is not installed."""
    try:
        import pyworld
    except ImportError as error:
        raise CorpusError(
            f"Voices are warped by pyworld, which cannot be loaded ({error}): pip install 'mien[corpus]'."
        ) from error
    return pyworld


def analyse_voice(samples: np.ndarray) -> Frames:
    """Frames of samples (N,) at 16 kHz. DIO with StoneMask, not Harvest: ten times cheaper, and steady enough here."""
    pyworld = world()
    sound = np.ascontiguousarray(samples, np.float64)
    rough, seconds = pyworld.dio(
        sound, RATE, LOWEST_HZ, HIGHEST_HZ, frame_period=PERIOD_S * 1000, speed=4, allowed_range=0.2
    )
    pitch = pyworld.stonemask(sound, rough, seconds, RATE)
    envelope = pyworld.cheaptrick(sound, pitch, seconds, RATE, fft_size=SIZE)
    # D4C costs more than all the rest, and breath changes slowly: every second frame is enough.
    breath = pyworld.d4c(sound, pitch[::2].copy(), seconds[::2].copy(), RATE, fft_size=SIZE)
    breath = np.repeat(breath, 2, axis=0)[: len(pitch)].astype(np.float32)
    return Frames(pitch, 10.0 * np.log10(np.maximum(envelope, 1e-16)).astype(np.float32), breath)


def synthesise_voice(frames: Frames) -> np.ndarray:
    """(N,) float32 at 16 kHz, frame i at i * 5 ms."""
    envelope = 10.0 ** (frames.envelope.astype(np.float64) / 10.0)
    breath = np.clip(frames.breath.astype(np.float64), 0.001, 0.999)
    return world().synthesize(frames.pitch, envelope, breath, RATE, PERIOD_S * 1000).astype(np.float32)
