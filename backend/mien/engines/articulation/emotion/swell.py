# SPDX-License-Identifier: GPL-3.0-or-later
"""How an emotion swells and sinks while somebody speaks (docs/articulation.md, section 6): no face holds one pose.

It rises into each phrase, sinks towards its end and further in a pause, and swells with accents and loudness; that much
follows the voice. What wanders besides is drawn from the seed.
"""

from __future__ import annotations

from itertools import pairwise

import numpy as np

from mien.engines.articulation.accents import Accent, Phrase, accents, phrases
from mien.engines.articulation.coarticulation import smooth
from mien.speech_analysis.prosody import Prosody, against_running
from mien.speech_analysis.track import INDEX, RATE, PhoneTrack

# Shares of the emotion: before the first phrase and after the last, soon after a phrase begins, at its end, in a pause
SILENT, RISEN, ENDING, PAUSING = 0.50, 0.95, 0.65, 0.50
AHEAD, RISE, FALL = 0.25, 0.60, 0.80  # s: the face comes before the voice; to its whole; after the voice
SUNK = 0.8  # s: a pause as long sinks to PAUSING, a shorter one less
# An accent: share at 2 standard deviations, s from the rise to the peak and from there to the end
ACCENT, ACCENT_RISE, ACCENT_FALL = 0.25, 0.30, 0.70
LOUDNESS, LOUDNESS_TIME = 0.10, 1.0  # share for a standard deviation, s over which loudness counts
ROUNDED = 31  # taps
LEAST, MOST = 0.35, 1.10  # of the emotion, whatever adds up
LEVEL_NOISE, DRIFT, FLUTTER = 0.08, 0.42, 0.14  # by the seed: constant, 0.08 to 0.3 Hz, 0.4 to 0.9 Hz


def swell(track: PhoneTrack, prosody: Prosody) -> np.ndarray:
    """(T,) share of an emotion that shows, by the voice alone; 1 throughout where nobody speaks."""
    phrased = phrases(track, prosody)
    if not phrased:
        return np.ones(len(track))
    speaking = 1 - track.posteriors[:, INDEX["SIL"]]
    loud = smooth(against_running(prosody.level, speaking, 8.0, least_sd=4.0) * speaking, round(LOUDNESS_TIME * RATE))
    course = _of_phrases(phrased, len(track)) + _of_accents(accents(track, prosody), len(track))
    return smooth(course + LOUDNESS * np.clip(loud, -1.5, 1.5), ROUNDED)


def swell_at(times: np.ndarray, track: PhoneTrack, prosody: Prosody) -> np.ndarray:
    """(F,) the same at times (F,) seconds."""
    course = swell(track, prosody)
    return np.interp(times, np.arange(len(course)) / RATE, course)


def wander(rng: np.random.Generator, frames: int) -> np.ndarray:
    """(T,) around 0, what the seed adds: one level for the take, a slow drift and a faster flutter."""
    t = np.arange(frames) / RATE

    def waves(low: float, high: float) -> np.ndarray:
        return np.mean([np.sin(2 * np.pi * (f * t + rng.random())) for f in rng.uniform(low, high, 3)], axis=0)

    return LEVEL_NOISE * rng.uniform(-1, 1) + DRIFT * waves(0.08, 0.3) + FLUTTER * waves(0.4, 0.9)


def limited(share: np.ndarray) -> np.ndarray:
    """Shares within LEAST to MOST."""
    return np.clip(share, LEAST, MOST)


def _of_phrases(phrased: list[Phrase], frames: int) -> np.ndarray:
    knots: list[tuple[float, float]] = []
    first, last = phrased[0], phrased[-1]
    knots.append((first.begin / RATE - AHEAD, SILENT))
    for phrase in phrased:
        begin, end = phrase.begin / RATE, phrase.end / RATE
        knots += [(begin + min(RISE - AHEAD, 0.4 * phrase.seconds), RISEN), (end, ENDING)]
    for one, two in pairwise(phrased):
        pause = (two.begin - one.end) / RATE
        knots.append(((one.end / RATE + two.begin / RATE) / 2, ENDING - (ENDING - PAUSING) * min(1.0, pause / SUNK)))
    knots.append((last.end / RATE + FALL, SILENT))
    times, shares = zip(*sorted(knots), strict=True)
    return np.interp(np.arange(frames) / RATE, times, shares)


def _of_accents(stressed: list[Accent], frames: int) -> np.ndarray:
    t = np.arange(frames) / RATE
    added = np.zeros(frames)
    for accent in stressed:
        after = t - accent.peak / RATE
        x = np.clip(1 - np.where(after < 0, -after / ACCENT_RISE, after / ACCENT_FALL), 0, 1)
        added = np.maximum(added, ACCENT * min(accent.z / 2, 1.0) * x * x * (3 - 2 * x))
    return added
