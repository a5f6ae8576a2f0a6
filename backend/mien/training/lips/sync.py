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
from mien.speech_analysis.track import RATE
from mien.training.lips.clips import LipClip

FARTHEST = 8  # pictures
LEAST_CORRELATION, LEAST_FOR_A_SECOND = 0.25, 0.7  # the second over the root of the seconds: short lips agree by chance
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
    offsets = np.arange(-FARTHEST, FARTHEST + 1) * clip.frame
    correlations = np.array([_correlation(clip, curve.aperture, offset) for offset in offsets])
    best = int(correlations.argmax())
    if correlations[best] - correlations[FARTHEST] < NO_BETTER:
        best = FARTHEST
    length = len(curve) / RATE
    turns = np.arange(BEYOND, length - BEYOND, clip.frame)
    chance = [_correlation(clip, np.roll(curve.aperture, round(turn * RATE)), 0.0) for turn in turns]
    enough = max(LEAST_CORRELATION, LEAST_FOR_A_SECOND / np.sqrt(seconds))
    least = max(enough, max(chance, default=0.0) + LEAST_MARGIN if len(chance) > 2 * FARTHEST else 0.0)
    sync = Sync(float(offsets[best]), float(correlations[best]))
    if correlations[best] < enough:
        why = f"the lips do not follow the sound (correlation {correlations[best]:.2f} at best)"
    elif correlations[best] < least:
        why = f"the lips follow the sound no better than a shifted one (correlation {correlations[best]:.2f})"
    elif best in (0, len(offsets) - 1):
        why = f"picture and sound are {FARTHEST} pictures apart, or more"
    else:
        return sync
    return Sync(sync.offset, sync.correlation, why)


def _correlation(clip: LipClip, aperture: np.ndarray, offset: float) -> float:
    times = clip.times[clip.valid] - offset
    predicted = np.interp(times, np.arange(len(aperture)) / RATE, aperture)
    if not np.ptp(predicted) > 0:
        return 0.0
    return float(np.corrcoef(predicted, clip.curves[0, clip.valid])[0, 1])
