# SPDX-License-Identifier: GPL-3.0-or-later
"""Blinks (docs/articulation.md, section 7): log-normal intervals, drawn to pauses and accents, none of them long."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from mien.channels import ARKIT, columns
from mien.engines.articulation.accents import Accent, Phrase
from mien.speech_analysis.track import RATE

LEAST = 0.55  # s between onsets, doubles apart
LONGEST, RARE = 7.5, 0.1  # s without a blink at most, where there are RARE blinks a second or more
DOUBLE, INCOMPLETE = 0.06, 0.12  # shares
AT_PAUSES, AT_ACCENTS = 0.30, 0.15  # shares
DRAW = 1.2  # s: how far a blink moves to meet a pause or an accent
MEDIAN = 0.68  # of a log-normal interval, times 1 / rate
CLOSE, STAY, OPEN = (0.08, 0.12), (0.02, 0.05), (0.24, 0.42)  # s
OPENING = 0.65  # power of time: lids open fast at first and settle slowly
LIDS, WIDE = columns("eyeBlink"), columns("eyeWide")
# Channels that move with a shut lid
COMPANIONS = {"browDown": 0.04, "cheekSquint": 0.08, "eyeLookDown": 0.15}


def blinks(
    frames: int,
    rate: np.ndarray,
    duration: np.ndarray,
    phrases: list[Phrase],
    accents: list[Accent],
    saccades: list[int],
    rng: np.random.Generator,
) -> tuple[np.ndarray, list[tuple[float, float]]]:
    """((T, 52) weights to add, [(start, end)] seconds in which the lids are shut).

    rate (T,) blinks a second; duration (T,) factor on how long they take; `saccades` are frames of large gaze shifts
    that bring a blink along.
    """
    shut = np.zeros(frames)
    intervals: list[tuple[float, float]] = []
    for at in _times(frames, rate, phrases, accents, saccades, rng):
        slow = duration[min(int(at * RATE), frames - 1)]
        whole = rng.random() >= INCOMPLETE
        peak = rng.uniform(0.92, 1.0) if whole else rng.uniform(0.55, 0.75)
        course, hold = blink(frames, at, *(float(slow) * s for s in times(rng)))
        shut = np.maximum(shut, peak * course)
        if whole and hold[1] < frames / RATE:
            intervals.append(hold)
    added = np.zeros((frames, len(ARKIT)))
    added[:, LIDS] = shut[:, None]
    for name, value in COMPANIONS.items():
        added[:, columns(name)] += value * shut[:, None]
    return added, intervals


def add_blinks(weights: np.ndarray, added: np.ndarray) -> None:
    """Adds blinks (T, 52) to weights (T, 52), in place. Wide eyes shut, too: eyeWide gives way as the lids come down,
    as both at 1 leave a fifth of the eye open."""
    weights[:, WIDE] *= 1 - np.sqrt(np.clip(added[:, LIDS], 0, 1))
    weights += added


def times(rng: np.random.Generator) -> tuple[float, float, float]:
    """Seconds that a blink takes to close, to stay and to open."""
    return rng.uniform(*CLOSE), rng.uniform(*STAY), rng.uniform(*OPEN)


def blink(frames: int, at: float, close: float, stay: float, open_: float) -> tuple[np.ndarray, tuple[float, float]]:
    """((T,) how shut the lids are, (start, end) seconds of when they are shut) of a blink that begins `at` seconds and
    takes so many seconds to close, to stay and to open."""
    t = np.arange(frames) / RATE
    begin = np.ceil((at + close) * RATE) / RATE  # the hold lies on frames
    end = begin + max(np.ceil(stay * RATE), 1) / RATE
    falling = 0.5 + 0.5 * np.cos(np.pi * np.clip((begin - t) / close, 0, 1))
    rising = 0.5 + 0.5 * np.cos(np.pi * np.clip((t - end) / open_, 0, 1) ** OPENING)
    return np.where(t < begin, falling, rising), (float(begin), float(end))


def _times(
    frames: int,
    rate: np.ndarray,
    phrases: list[Phrase],
    accents: list[Accent],
    saccades: list[int],
    rng: np.random.Generator,
) -> list[float]:
    """Onsets in seconds, rising."""
    length = frames / RATE
    ends = np.array([p.end / RATE for p in phrases])
    strong = np.array([a.peak / RATE for a in accents])

    def rate_at(seconds: float) -> float:
        return max(float(rate[min(int(seconds * RATE), frames - 1)]), 0.02)

    onsets: list[float] = []
    t = rng.uniform(0.2, 2.0)
    while t < length:
        choice = rng.random()
        at = t
        if choice < AT_PAUSES and len(ends):
            near = ends[np.abs(ends - t).argmin()]
            at = near + rng.uniform(-0.15, 0.15) if abs(near - t) < DRAW else t
        elif choice < AT_PAUSES + AT_ACCENTS and len(strong):
            near = strong[np.abs(strong - t).argmin()]
            at = near + rng.uniform(-0.05, 0.05) if abs(near - t) < DRAW else t
        onsets.append(at)
        if rng.random() < DOUBLE:
            onsets.append(at + rng.uniform(0.55, 0.75))
        t += max(LEAST, MEDIAN / rate_at(t) * np.exp(0.65 * rng.standard_normal()))
    onsets += [s / RATE for s in saccades]
    apart: list[float] = []
    for at in sorted(onsets):
        if at >= 0.05 and (not apart or at - apart[-1] >= LEAST):
            apart.append(float(at))
    return _filled([at for at in apart if at < length - 0.1], length, rate_at, rng)


def _filled(
    onsets: list[float], length: float, rate_at: Callable[[float], float], rng: np.random.Generator
) -> list[float]:
    """The same with more onsets where eyes would stay open for too long."""
    filled: list[float] = []
    last = 0.0
    for at in [*onsets, length]:
        while at - last > (longest := LONGEST * max(1.0, RARE / rate_at(last))):
            last += min(rng.uniform(0.4, 0.9) * longest, max(at - last - LEAST, LEAST))
            if last < length - 0.1:
                filled.append(last)
        if at < length:
            filled.append(at)
        last = at
    return filled
