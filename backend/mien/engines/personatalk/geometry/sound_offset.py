# SPDX-License-Identifier: GPL-3.0-or-later
"""By how much a film's sound is late against its lips: public clips are 1 to 6 pictures off, and nothing can be learnt
from them before that is mended."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from mien.engines.articulation.lips.offset_search import search_offset
from mien.engines.personatalk.lip_map import left_out_error
from mien.engines.personatalk.voice_motion import VoiceMotion

FARTHEST = 14  # pictures, at 25 a second
NEAR = np.arange(-2, 2.1, 0.5)  # pictures around the offset of the lips' gap, at which the whole mouth is foretold
PENALTIES = 0.3, 100.0  # of the map that foretells it
SOFT = 0.005  # of the error: what is that much worse counts exp(-1) of the best
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


def settle_offset(
    voice: VoiceMotion, times: np.ndarray, mouth: np.ndarray, gap: np.ndarray, frame: float
) -> SoundOffset:
    """`find_offset`, and where it is found the mean of the offsets around it, each weighted by how well the mouth
    (n, 12), not its gap alone, is foretold there on blocks that are left out. Of few seconds a single best offset is
    off by a picture."""
    offset = find_offset(voice, times, gap, frame)
    if not offset.found:
        return offset
    tried = offset.late + NEAR * frame
    errors = np.array([left_out_error(voice, times + late, mouth, PENALTIES, frame) for late in tried])
    weights = np.exp(-(errors - errors.min()) / SOFT)
    return replace(offset, late=float(weights @ tried / weights.sum()))
