# SPDX-License-Identifier: GPL-3.0-or-later
"""How well filmed lips go with a sound at each offset between the two: films are often some pictures out of sync."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from mien.speech_analysis.track import RATE

LEAST = 0.25  # correlation of lips with their sound
LEAST_FOR_A_SECOND = 0.7  # the same, over the root of the seconds: short recordings agree by chance


@dataclass(frozen=True, eq=False)
class OffsetSearch:
    """offsets (2 * reach + 1,) in seconds by which the sound is late against the lips, `frame` s apart, and the
    correlation at each; enough: from which it is more than chance."""

    offsets: np.ndarray
    correlations: np.ndarray
    frame: float
    enough: float

    @property
    def best(self) -> int:
        """The index of the best offset."""
        return int(self.correlations.argmax())

    @property
    def at_an_end(self) -> bool:
        """Whether a better one may lie beyond those that were tried."""
        return self.best in (0, len(self.offsets) - 1)

    @property
    def between(self) -> float:
        """The best offset between pictures, in seconds: the top of the parabola through three."""
        if self.at_an_end:
            return float(self.offsets[self.best])
        before, here, after = self.correlations[self.best - 1 : self.best + 2]
        away = 0.5 * float((before - after) / min(before - 2 * here + after, -1e-9))
        return float(self.offsets[self.best]) + self.frame * away


def search_offset(curves: np.ndarray, times: np.ndarray, gap: np.ndarray, frame: float, reach: int) -> OffsetSearch:
    """Of lips whose gap (n,) is seen at times (n,) seconds of a sound, with curves (C, T) that predict it at 100 Hz,
    at up to `reach` pictures of `frame` s either way."""
    offsets = np.arange(-reach, reach + 1) * frame
    correlations = np.array([lip_correlation(curves, times + offset, gap) for offset in offsets])
    return OffsetSearch(offsets, correlations, frame, least_correlation(len(times) * frame))


def least_correlation(seconds: float) -> float:
    """The correlation above chance of lips that are seen for so many seconds."""
    return max(LEAST, LEAST_FOR_A_SECOND / np.sqrt(seconds)) if seconds > 0 else 1.0


def lip_correlation(curves: np.ndarray, times: np.ndarray, gap: np.ndarray) -> float:
    """Mean correlation of curves (C, T) at 100 Hz, at times (n,) seconds, with the gap (n,); 0 where half of the times
    are outside of the sound."""
    inside = (times >= 0) & (times < curves.shape[1] / RATE)
    if inside.sum() < len(times) / 2 or not np.ptp(gap[inside]) > 0:
        return 0.0
    frames = np.arange(curves.shape[1])
    predicted = [np.interp(times[inside] * RATE, frames, curve) for curve in curves]
    return float(np.mean([np.corrcoef(c, gap[inside])[0, 1] if np.ptp(c) > 0 else 0.0 for c in predicted]))
