# SPDX-License-Identifier: GPL-3.0-or-later
"""By how much a film's sound is late against its lips: public clips are 1 to 6 pictures off, and nothing can be learnt
from them before that is mended."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from mien.engines.articulation.lips.offset_search import search_offset
from mien.engines.personatalk.voice_motion import VoiceMotion

FARTHEST = 14  # pictures, at 25 a second
APERTURES = (0, 2)  # columns of VoiceMotion.plain: the take's and people's lip aperture


@dataclass(frozen=True)
class SoundOffset:
    """late: seconds by which the sound is late (negative: early); correlation of lips and sound there; found: whether
    it can be relied on."""

    late: float
    correlation: float
    found: bool


def find_offset(voice: VoiceMotion, times: np.ndarray, gap: np.ndarray, frame: float) -> SoundOffset:
    """Of the voice of a film and its lips' gap (n,) at times (n,) seconds of the sound; a picture lasts `frame` s."""
    if len(times) < 3 or not np.ptp(gap) > 0:
        return SoundOffset(0.0, 0.0, False)
    tried = search_offset(voice.plain[:, APERTURES].T, times, gap, frame, round(FARTHEST / 25 / frame))
    correlation = float(tried.correlations[tried.best])
    found = correlation >= tried.enough and not tried.at_an_end
    return SoundOffset(tried.between if found else float(tried.offsets[tried.best]), correlation, found)
