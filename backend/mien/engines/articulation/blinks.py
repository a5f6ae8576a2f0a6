# SPDX-License-Identifier: GPL-3.0-or-later
"""Blinks (docs/articulation.md, section 7): log-normal intervals, drawn to pauses and accents."""

from __future__ import annotations

import numpy as np

from mien.channels import ARKIT, INDEX, columns
from mien.engines.articulation.accents import Accent, Phrase
from mien.speech_analysis.track import RATE

LEAST = 0.35  # s between blinks, doubles apart
DOUBLE, INCOMPLETE = 0.08, 0.10  # shares
AT_PAUSES, AT_ACCENTS = 0.55, 0.15  # shares
DRAW = 2.0  # s: how far a blink moves to meet a pause or an accent
LIDS = columns("eyeBlink")
# Channels that move with a shut lid
COMPANIONS = {"browDown": 0.05, "cheekSquint": 0.08, "eyeLookDown": 0.15}


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
        close, stay, open_ = (rng.uniform(a, b) * slow for a, b in ((0.07, 0.10), (0.02, 0.05), (0.11, 0.18)))
        whole = rng.random() >= INCOMPLETE
        peak = rng.uniform(0.92, 1.0) if whole else rng.uniform(0.5, 0.7)
        course, hold = blink(frames, at, close, stay, open_)
        shut = np.maximum(shut, peak * course)
        if whole and hold[1] < frames / RATE:
            intervals.append(hold)
    added = np.zeros((frames, len(ARKIT)))
    added[:, LIDS] = shut[:, None]
    for name, value in COMPANIONS.items():
        added[:, columns(name)] += value * shut[:, None]
    return added, intervals


def blink(frames: int, at: float, close: float, stay: float, open_: float) -> tuple[np.ndarray, tuple[float, float]]:
    """((T,) how shut the lids are, (start, end) seconds of when they are shut) of a blink that begins `at` seconds and
    takes so many seconds to close, to stay and to open."""
    t = np.arange(frames) / RATE
    begin = np.ceil((at + close) * RATE) / RATE  # the hold lies on frames
    end = begin + max(np.ceil(stay * RATE), 1) / RATE
    falling = 0.5 + 0.5 * np.cos(np.pi * np.clip((begin - t) / close, 0, 1))
    # 1 - exp, four time constants long, with the last of it eased to nothing
    rising = np.exp(-4 * np.maximum(t - end, 0) / open_) * np.clip(2 - (t - end) / open_, 0, 1)
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
            onsets.append(at + rng.uniform(0.20, 0.35) + 0.2)
        now = max(rate[min(int(t * RATE), frames - 1)], 0.02)
        t += max(LEAST, 0.85 / now * np.exp(0.65 * rng.standard_normal()))
    onsets += [s / RATE for s in saccades]
    apart: list[float] = []
    for at in sorted(onsets):
        if at >= 0.05 and (not apart or at - apart[-1] >= LEAST):
            apart.append(float(at))
    return [at for at in apart if at < length - 0.1]


def follow_gaze(weights: np.ndarray) -> None:
    """Lids go with the eyes, in place (T, 52): down with a look down, wide with a look up."""
    for side in ("Left", "Right"):
        weights[:, INDEX[f"eyeBlink{side}"]] += 0.35 * weights[:, INDEX[f"eyeLookDown{side}"]]
        weights[:, INDEX[f"eyeWide{side}"]] += 0.20 * weights[:, INDEX[f"eyeLookUp{side}"]]
