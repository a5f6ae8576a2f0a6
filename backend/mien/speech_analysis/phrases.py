# SPDX-License-Identifier: GPL-3.0-or-later
"""Phrases: what is said between two pauses."""

from __future__ import annotations

import numpy as np

from mien.numeric.mask_runs import runs
from mien.speech_analysis.track import RATE, PhoneTrack

PAUSE = 0.25  # s: a longer silence is a pause


def phrases(phones: PhoneTrack) -> np.ndarray:
    """(N, 2) seconds of the sound, begin and end of each phrase, in order; none where nothing is said."""
    spoken = np.zeros(len(phones), bool)
    for segment in phones.segments:
        spoken[segment.begin : segment.end] = segment.phone != "SIL"
    for begin, end in runs(~spoken):
        if begin > 0 and end < len(spoken) and (end - begin) / RATE < PAUSE:
            spoken[begin:end] = True
    return runs(spoken) / RATE
