# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether a sound is like speech, to choose between the tracks of a film: syllables rise and fall, and the pitch of a
voice glides, where noise is steady and the notes of an instrument keep their pitch.

It costs a tenth of the recogniser and knows less: the recogniser decides later what was said.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import soxr

RATE = 16000
HOP = 160
LONGEST_S = 120.0  # of a sound that are looked at
QUIET_DB = 40.0  # a second so far below the loudest is silence
SILENT_DB = -110.0  # as is one below this
RANGE_DB = 15.0  # from the softest to the loudest tenth of a second of speech
VOICED = (0.1, 0.95)  # share of a second
GLIDE = 0.04  # semitones in 10 ms, the median of a second of voiced speech
LEAST_S, LEAST_SHARE = 1.0, 0.1  # seconds like speech, and of the sound that is not silent


def is_speech_like(blocks: Iterator[np.ndarray], rate: int, limit_s: float = LONGEST_S) -> bool:
    """Whether some of the first two minutes of (n,) mono blocks are like speech."""
    samples = _first(blocks, rate, min(limit_s, LONGEST_S))
    like, loud = seconds_like_speech(samples)
    return like >= min(LEAST_S, 0.5 * loud) and like >= LEAST_SHARE * loud and like > 0


def seconds_like_speech(samples: np.ndarray) -> tuple[float, float]:
    """(seconds like speech, seconds that are not silent) of (N,) samples at 16 kHz."""
    frames = len(samples) // HOP
    if frames < 10 or not np.any(samples):
        return 0.0, 0.0
    import parselmouth  # slow to import

    level = 10 * np.log10((samples[: frames * HOP].reshape(-1, HOP).astype(np.float64) ** 2).mean(1) + 1e-14)
    scale = max(float(np.abs(samples).max()), 1e-9)
    sound = parselmouth.Sound(samples.astype(np.float64) / scale, RATE)
    try:
        pitch = sound.to_pitch_ac(time_step=0.01, pitch_floor=60.0, pitch_ceiling=500.0)
    except parselmouth.PraatError:  # too short
        return 0.0, 0.0
    hertz = np.zeros(frames)
    at = np.clip(np.round(pitch.xs() * 100 - 0.5).astype(int), 0, frames - 1)
    hertz[at] = pitch.selected_array["frequency"]
    like = loud = 0
    quiet = max(SILENT_DB, float(np.percentile(level, 99)) - QUIET_DB)
    width = min(100, frames)
    for begin in range(0, frames - width + 1, width):
        part = slice(begin, begin + width)
        if np.percentile(level[part], 90) < quiet:
            continue
        loud += 1
        like += _like(level[part], hertz[part])
    return like * width / 100, loud * width / 100


def _like(level: np.ndarray, hertz: np.ndarray) -> bool:
    smooth = np.convolve(level, np.full(5, 0.2), "valid")
    moves = np.percentile(smooth, 95) - np.percentile(smooth, 5)
    voiced = hertz > 0
    both = voiced[1:] & voiced[:-1]
    if moves < RANGE_DB or not VOICED[0] < voiced.mean() < VOICED[1] or both.sum() < 5:
        return False
    steps = np.abs(12 * np.log2(hertz[1:][both] / hertz[:-1][both]))
    return float(np.median(steps)) > GLIDE


def _first(blocks: Iterator[np.ndarray], rate: int, seconds: float) -> np.ndarray:
    """(N,) the first seconds at 16 kHz."""
    pieces, done = [], 0
    for block in blocks:
        pieces.append(block)
        done += len(block)
        if done >= seconds * rate:
            break
    samples = np.concatenate(pieces) if pieces else np.zeros(0, np.float32)
    samples = np.nan_to_num(samples[: round(seconds * rate)].astype(np.float32), posinf=0, neginf=0)
    return samples if rate == RATE or not len(samples) else soxr.resample(samples, rate, RATE)
