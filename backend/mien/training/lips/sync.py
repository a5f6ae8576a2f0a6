# SPDX-License-Identifier: GPL-3.0-or-later
"""The offset between the picture and the sound of a clip, found by the lips: films are often some frames out of sync.

The tracked lip aperture is compared with the curve that people's statistics give for the sound, at offsets of up to 8
pictures either way. A clip whose lips do not follow its sound at any of them better than a chance shift does is of no
use: the sound is somebody else's, or the face does not speak.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from mien.engines.articulation.lips.curve import LipCurve
from mien.engines.articulation.lips.offset_search import least_correlation, lip_correlation, search_offset
from mien.speech_analysis.track import RATE
from mien.training.lips.clips import LipClip

FARTHEST = 8  # pictures
LEAST_MARGIN = 0.06  # above the best correlation of lips shifted by more than BEYOND
BEYOND = 0.8  # s
NO_BETTER = 0.02  # than no offset: then there is none
LEAST_SECONDS = 1.5  # of tracked lips


@dataclass(frozen=True)
class Sync:
    """offset: seconds by which the lips are late; correlation of aperture and curve there; refusal: why the clip cannot
    be used, in words, or empty."""

    offset: float
    correlation: float
    refusal: str = ""


def find_offset(clip: LipClip, curve: LipCurve) -> Sync:
    """Of one clip, whose sound gives this curve."""
    seconds = min(float(clip.valid.sum()) * clip.frame, len(curve) / RATE)
    if seconds < LEAST_SECONDS:
        return Sync(0.0, 0.0, f"the face is seen for {seconds:.1f} s only; {LEAST_SECONDS:g} s are needed")
    if not np.ptp(curve.aperture) > 0 or not np.ptp(clip.curves[0, clip.valid]) > 0:
        return Sync(0.0, 0.0, "the lips or the sound do not change")
    lips, times = clip.curves[0, clip.valid], clip.times[clip.valid]
    tried = search_offset(curve.aperture[None], times, lips, clip.frame, FARTHEST)
    correlations, best = tried.correlations, tried.best
    if correlations[best] - correlations[FARTHEST] < NO_BETTER:
        best = FARTHEST
    turns = np.arange(BEYOND, len(curve) / RATE - BEYOND, clip.frame)
    chance = [lip_correlation(np.roll(curve.aperture, round(turn * RATE))[None], times, lips) for turn in turns]
    enough = least_correlation(seconds)
    least = max(enough, max(chance, default=0.0) + LEAST_MARGIN if len(chance) > 2 * FARTHEST else 0.0)
    sync = Sync(-float(tried.offsets[best]), float(correlations[best]))
    if correlations[best] < enough:
        why = f"the lips do not follow the sound (correlation {correlations[best]:.2f} at best)"
    elif correlations[best] < least:
        why = f"the lips follow the sound no better than a shifted one (correlation {correlations[best]:.2f})"
    elif best in (0, len(correlations) - 1):
        why = f"picture and sound are {FARTHEST} pictures apart, or more"
    else:
        return sync
    return Sync(sync.offset, sync.correlation, why)
