# SPDX-License-Identifier: GPL-3.0-or-later
"""A VoiceMotion out of thin air, and a speaker whose mouth follows it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from mien.engines.personatalk.lip_motion import Speaker
from mien.engines.personatalk.voice_motion import CHANNELS, VoiceMotion
from scipy.ndimage import gaussian_filter1d

FRAME = 0.04
CLOSED = 0.01


@dataclass(frozen=True, eq=False)
class Spoken:
    """voice; times (N,) of pictures; mouth (N, 12) of a speaker whose lips part by the voice's opening, and noise."""

    voice: VoiceMotion
    times: np.ndarray
    mouth: np.ndarray
    speaker: Speaker


def voice_motion_of(seconds: float = 12.0, seed: int = 0) -> VoiceMotion:
    """Smooth curves of lips that open some four times a second, shut from 2 to 2.1 s, silent from 5 to 6 s."""
    rng = np.random.default_rng(seed)
    count = round(seconds * 100)
    opening = np.abs(gaussian_filter1d(rng.normal(size=count), 6)) * 1.5
    channels = gaussian_filter1d(rng.normal(size=(count, len(CHANNELS))), 5, axis=0)
    channels[:, 0] = opening + 0.3 * channels[:, 0]
    plain = np.stack([opening, channels[:, 0], opening, channels[:, 0], channels[:, 4]], 1)
    return VoiceMotion(plain, channels, opening, np.array([[2.0, 2.1]]), np.array([[5.0, 6.0]]))


def spoken(late: float = 0.0, noise: float = 0.1, seconds: float = 12.0) -> Spoken:
    """A film whose sound is late by so many seconds: its lips show at t what is heard at t + late."""
    voice = voice_motion_of(seconds)
    times = np.arange(round(seconds / FRAME)) * FRAME
    rng = np.random.default_rng(5)
    gap = CLOSED + voice.opening_at(times + late)
    gap = gap + noise * gap.std() * rng.normal(size=len(gap))
    mouth = 0.002 * rng.normal(size=(len(times), 12))
    mouth[:, 0] = gap / 2
    opening = np.r_[2.0, np.zeros(11)]
    low, high = mouth.min(0), mouth.max(0)
    speaker = Speaker(opening, 0.0, np.r_[0.5, np.zeros(11)], np.r_[CLOSED / 2, np.zeros(11)], CLOSED, low, high)
    return Spoken(voice, times, mouth, speaker)
