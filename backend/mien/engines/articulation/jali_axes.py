# SPDX-License-Identifier: GPL-3.0-or-later
"""JALI's two axes (Edwards et al. 2016): how far jaw and lips go, from the speaker, the emotion and the sound."""

from __future__ import annotations

import numpy as np

from mien.engines.articulation import phone_table
from mien.engines.articulation.coarticulation import smooth
from mien.speech_analysis.prosody import Prosody, against_running
from mien.speech_analysis.track import INDEX, PhoneTrack

MEMORY = 8.0  # s over which loud and soft are relative
VOWELS = [INDEX[p] for p in phone_table.VOWELS]
HISSES = [INDEX[p] for p in (*phone_table.SIBILANTS, "F", "TH", "T", "K", "P", "HH")]
# Per standard deviation of vowel loudness, pitch, and hiss. Half of what was first proposed: against tracked
# lips, scaling the opening by loudness did worse, not better (docs/articulation.md, sections 4 and 1b)
JAW_BY_LOUDNESS, JAW_BY_PITCH, LIPS_BY_HISS, LIPS_BY_LOUDNESS = 0.12, 0.05, 0.10, 0.05


def axes(prosody: Prosody, track: PhoneTrack) -> tuple[np.ndarray, np.ndarray]:
    """(T,) factors on jaw and lips that follow the voice, around 1."""
    vowel = track.posteriors[:, VOWELS].sum(1)
    hiss = track.posteriors[:, HISSES].sum(1)
    loud = against_running(prosody.vowel_level, vowel, MEMORY, least_sd=3.0)
    high = against_running(prosody.pitch, vowel * prosody.voiced, MEMORY, least_sd=2.0)
    sharp = against_running(prosody.hiss_level, hiss, MEMORY, least_sd=3.0)
    loud, high, sharp = weighted_mean(loud, vowel), weighted_mean(high, vowel), weighted_mean(sharp, hiss)
    jaw = np.clip(1 + JAW_BY_LOUDNESS * loud + JAW_BY_PITCH * high, 0.6, 1.6)
    lips = np.clip(1 + LIPS_BY_HISS * sharp + LIPS_BY_LOUDNESS * loud, 0.7, 1.5)
    return smooth(jaw, 31), smooth(lips, 31)


def weighted_mean(values: np.ndarray, weight: np.ndarray, taps: int = 31) -> np.ndarray:
    """Mean over 300 ms counting each frame by `weight` (T,), so that consonants take the vowels' value."""
    return smooth(np.clip(values, -3, 3) * weight, taps) / np.maximum(smooth(weight, taps), 0.05)
