# SPDX-License-Identifier: GPL-3.0-or-later
"""By how much a film's sound is late against its lips: public clips are 1 to 6 pictures off, and nothing can be learnt
from them before that is mended."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from mien.engines.personatalk.voice_motion import VoiceMotion

FARTHEST = 14  # pictures, at 25 a second
LEAST, LEAST_FOR_A_SECOND = 0.25, 0.7  # correlation; the second over the root of the seconds
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
    reach = round(FARTHEST / 25 / frame)
    offsets = np.arange(-reach, reach + 1) * frame
    correlations = np.array([_correlation(voice, times + offset, gap) for offset in offsets])
    best = int(correlations.argmax())
    enough = max(LEAST, LEAST_FOR_A_SECOND / np.sqrt(len(times) * frame))
    found = bool(correlations[best] >= enough and 0 < best < len(offsets) - 1)
    late = float(offsets[best])
    if found:  # between pictures, by the parabola through three
        before, here, after = correlations[best - 1 : best + 2]
        late += frame * 0.5 * float((before - after) / min(before - 2 * here + after, -1e-9))
    return SoundOffset(late, float(correlations[best]), found)


def _correlation(voice: VoiceMotion, times: np.ndarray, gap: np.ndarray) -> float:
    """Mean over the apertures."""
    inside = (times >= 0) & (times < voice.seconds)
    if inside.sum() < len(times) / 2:
        return 0.0
    curves = voice.plain_at(times[inside])[:, APERTURES].T
    lips = gap[inside]
    return float(np.mean([np.corrcoef(c, lips)[0, 1] if np.ptp(c) > 0 and np.ptp(lips) > 0 else 0.0 for c in curves]))
