# SPDX-License-Identifier: GPL-3.0-or-later
"""What the network of stage 1 is told of a voice: phones, prosody, people's lips and an engine's take of it."""

from __future__ import annotations

import numpy as np

from mien.engines.articulation.lips.curve import POWER
from mien.speech_analysis.prosody import Prosody, against_running
from mien.speech_analysis.track import INDEX, PHONES, PhoneTrack

MEMORY = 8.0  # s over which loud and high are relative
MELODY = 5
PHONETIC = len(PHONES) + MELODY  # phones and prosody
MOVED = 5 + 16  # VoiceMotion.plain and .channels
SIZE = PHONETIC + MOVED


def phonetic_features(phones: PhoneTrack, prosody: Prosody) -> np.ndarray:
    """(T, PHONETIC) float32 at 100 Hz: posteriors^0.5; level, loudness, pitch, voicing and hiss, relative to what is
    around where that has a meaning."""
    count = min(len(phones), len(prosody.level))
    posteriors = phones.posteriors[:count]
    speaking, voiced = 1 - posteriors[:, INDEX["SIL"]], prosody.voiced[:count].astype(float)

    def relative(values: np.ndarray, where: np.ndarray, least: float) -> np.ndarray:
        return np.clip(against_running(values[:count], where, MEMORY, least_sd=least), -3, 3)

    melody = [
        np.clip((prosody.level[:count] + 57) / 35, -0.5, 1.5),
        relative(prosody.vowel_level, speaking, 3.0) * speaking,
        relative(prosody.pitch, speaking * voiced, 2.0) * voiced,
        voiced,
        relative(prosody.hiss_level, speaking, 3.0) * speaking,
    ]
    return np.column_stack([posteriors**POWER, *melody]).astype(np.float32)
