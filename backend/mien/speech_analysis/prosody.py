# SPDX-License-Identifier: GPL-3.0-or-later
"""Prosody of speech: loudness, pitch, voicing and hiss at 100 Hz, like the phones."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import parselmouth

from mien.audio.speech import RATE as SAMPLE_RATE
from mien.audio.speech import Speech
from mien.speech_analysis.track import RATE

HOP = SAMPLE_RATE // RATE
WINDOW = 512  # samples, 32 ms
BLOCK = 3000  # frames of spectrum held at once
FLOOR_DB = -100.0


@dataclass(frozen=True, eq=False)
class Prosody:
    """Curves (T,) float64 at 100 Hz. Levels are dB, a sine of full scale being 0; pitch is in semitones above
    1 Hz, and is interpolated where `voiced` is False."""

    level: np.ndarray
    vowel_level: np.ndarray  # 60 to 1000 Hz
    hiss_level: np.ndarray  # 4 to 8 kHz
    pitch: np.ndarray
    voiced: np.ndarray

    def __len__(self) -> int:
        return len(self.level)


def analyse_prosody(speech: Speech) -> Prosody:
    """Loudness by a 32 ms Hann window around each frame, pitch by Praat's autocorrelation (Boersma 1993)."""
    frames = max(1, -(-len(speech.samples) // HOP))
    padded = np.pad(speech.samples, (WINDOW // 2 - HOP // 2, WINDOW + HOP))
    window = np.hanning(WINDOW).astype(np.float32)
    frequency = np.fft.rfftfreq(WINDOW, 1 / SAMPLE_RATE)
    bands = [frequency >= 0, (frequency >= 60) & (frequency <= 1000), frequency >= 4000]
    power = np.empty((frames, len(bands)))
    for begin in range(0, frames, BLOCK):
        at = np.arange(begin, min(begin + BLOCK, frames))[:, None] * HOP + np.arange(WINDOW)
        spectrum = np.abs(np.fft.rfft(padded[at] * window)) ** 2
        for i, band in enumerate(bands):
            power[begin : begin + len(at), i] = spectrum[:, band].sum(1)
    full = WINDOW * float(window @ window) / 4  # of a sine of amplitude 1 (Parseval)
    level = np.maximum(10 * np.log10(power / full + 1e-12), FLOOR_DB)
    pitch, voiced = _pitch(speech, frames)
    return Prosody(level[:, 0], level[:, 1], level[:, 2], pitch, voiced)


def _pitch(speech: Speech, frames: int) -> tuple[np.ndarray, np.ndarray]:
    if len(speech.samples) < SAMPLE_RATE // 10 or not np.any(speech.samples):
        return np.zeros(frames), np.zeros(frames, bool)
    sound = parselmouth.Sound(speech.samples.astype(np.float64), SAMPLE_RATE)
    track = sound.to_pitch_ac(time_step=1 / RATE, pitch_floor=60.0, pitch_ceiling=500.0)
    hertz = track.selected_array["frequency"]
    at = np.clip(np.round(track.xs() * RATE - 0.5).astype(int), 0, frames - 1)
    voiced = np.zeros(frames, bool)
    pitch = np.zeros(frames)
    voiced[at] = hertz > 0
    if not voiced.any():
        return pitch, voiced
    semitones = np.zeros(frames)
    semitones[at] = 12 * np.log2(np.maximum(hertz, 1.0))
    times = np.flatnonzero(voiced)
    return np.interp(np.arange(frames), times, semitones[times]), voiced


def against_running(values: np.ndarray, where: np.ndarray, seconds: float, least_sd: float) -> np.ndarray:
    """(T,) how many standard deviations each value lies above the mean of `seconds` around it, counting only
    frames in `where`; 0 where nothing counts. `least_sd` keeps a steady voice from looking lively."""
    width = max(1, round(seconds * RATE))
    mass = _around(where.astype(float), width)
    mean = _around(values * where, width) / np.maximum(mass, 1e-9)
    square = _around((values - mean) ** 2 * where, width) / np.maximum(mass, 1e-9)
    z = (values - mean) / np.maximum(np.sqrt(square), least_sd)
    return np.where(mass > 1e-6, z, 0.0)


def _around(values: np.ndarray, width: int) -> np.ndarray:
    """Sum over `width` frames centred on each, by differences of a running sum."""
    total = np.concatenate([[0.0], np.cumsum(values)])
    i = np.arange(len(values))
    return total[np.minimum(i + width // 2 + 1, len(values))] - total[np.maximum(i - width // 2, 0)]
