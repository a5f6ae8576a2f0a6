# SPDX-License-Identifier: GPL-3.0-or-later
"""Blinks (docs/articulation.md, section 7): log-normal intervals, drawn to pauses and accents, none of them long."""

from __future__ import annotations

from bisect import insort
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from mien.channels import ARKIT, columns
from mien.engines.articulation.accents import Accent, Phrase
from mien.engines.articulation.emotion.profiles import PROFILES
from mien.speech_analysis.track import RATE

LEAST = 0.55  # s between onsets, doubles apart
LONGEST, RARE = 7.5, 0.1  # s without a blink at most, where there are RARE blinks a second or more
DOUBLE, INCOMPLETE = 0.06, 0.12  # shares
AT_PAUSES, AT_ACCENTS = 0.30, 0.15  # shares
DRAW = 1.2  # s: how far a blink moves to meet a pause or an accent
MEDIAN = 0.68  # of a log-normal interval, times 1 / rate
# Of the rate at which blinks may come: that of the emotion that blinks most. Every other keeps its share of the same
# blinks, so that a seed blinks at the same moments whatever the emotion and however strong it is
OFTEN = max(profile.blinks for profile in PROFILES.values())
SPACED = (5**0.5 - 1) / 2  # of a turn: marks so far apart leave every share evenly spread, without long gaps
CLOSE, STAY, OPEN = (0.08, 0.12), (0.02, 0.05), (0.24, 0.42)  # s
OPENING = 0.65  # power of time: lids open fast at first and settle slowly
LIDS, WIDE = columns("eyeBlink"), columns("eyeWide")
# Channels that move with a shut lid
COMPANIONS = {"browDown": 0.04, "cheekSquint": 0.08, "eyeLookDown": 0.15}


@dataclass(frozen=True)
class Onset:
    """When a blink begins, seconds, and the seed of how it goes, which is its own: other blinks do not change it."""

    at: float
    seed: int


def blinks(
    frames: int,
    often: np.ndarray | float,
    rate: np.ndarray,
    duration: np.ndarray,
    phrases: list[Phrase],
    accents: list[Accent],
    saccades: list[int],
    rng: np.random.Generator,
) -> tuple[np.ndarray, list[tuple[float, float]]]:
    """((T, 52) weights to add, [(start, end)] seconds in which the lids are shut).

    rate (T,) blinks a second of the emotions, at most OFTEN; `often` (T,) a factor on it, who blinks and when; duration
    (T,) factor on how long they take; `saccades` are frames of large gaze shifts that bring a blink along. The same
    `often` and `rng` give the same moments: a lower rate leaves some of them out, and moves none.
    """
    shut = np.zeros(frames)
    intervals: list[tuple[float, float]] = []
    often = np.broadcast_to(often, frames)
    for onset in _onsets(frames, often, np.broadcast_to(rate, frames), phrases, accents, saccades, rng):
        own = np.random.default_rng(onset.seed)
        slow = duration[min(int(onset.at * RATE), frames - 1)]
        whole = own.random() >= INCOMPLETE
        peak = own.uniform(0.92, 1.0) if whole else own.uniform(0.55, 0.75)
        course, hold = blink(frames, onset.at, *(float(slow) * s for s in times(own)))
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


def _onsets(
    frames: int,
    often: np.ndarray,
    rate: np.ndarray,
    phrases: list[Phrase],
    accents: list[Accent],
    saccades: list[int],
    rng: np.random.Generator,
) -> list[Onset]:
    """In the order of time, no two closer than LEAST."""
    length = frames / RATE
    ends = np.array([p.end / RATE for p in phrases])
    strong = np.array([a.peak / RATE for a in accents])

    def at_time(values: np.ndarray, seconds: float) -> float:
        return float(values[min(int(seconds * RATE), frames - 1)])

    def rate_at(seconds: float) -> float:
        return max(at_time(often, seconds) * at_time(rate, seconds), 0.02)

    possible: list[tuple[Onset, float]] = []  # and the share of OFTEN from which on it comes
    mark, t = rng.random(), rng.uniform(0.2, 2.0)
    gaps = int(rng.integers(2**63))
    while t < length:
        choice = rng.random()
        at = t
        if choice < AT_PAUSES and len(ends):
            near = ends[np.abs(ends - t).argmin()]
            at = near + rng.uniform(-0.15, 0.15) if abs(near - t) < DRAW else t
        elif choice < AT_PAUSES + AT_ACCENTS and len(strong):
            near = strong[np.abs(strong - t).argmin()]
            at = near + rng.uniform(-0.05, 0.05) if abs(near - t) < DRAW else t
        mark = (mark + SPACED) % 1
        possible.append((Onset(float(at), int(rng.integers(2**63))), mark))
        if rng.random() < DOUBLE:
            possible.append((Onset(float(at + rng.uniform(0.55, 0.75)), int(rng.integers(2**63))), mark))
        often_now = max(at_time(often, t) * OFTEN, 0.02)
        t += max(LEAST, MEDIAN / often_now * np.exp(0.65 * rng.standard_normal()))
    possible += [(Onset(frame / RATE, frame), 0.0) for frame in saccades]
    apart: list[Onset] = []
    for onset, mark in sorted(possible, key=lambda each: each[1]):  # so that none that comes later drives one away
        comes = 0.05 <= onset.at < length - 0.1 and mark * OFTEN < at_time(rate, onset.at)
        if comes and all(abs(onset.at - other.at) >= LEAST for other in apart):
            insort(apart, onset, key=lambda each: each.at)
    return _filled(apart, length, rate_at, np.random.default_rng(gaps))


def _filled(
    onsets: list[Onset], length: float, rate_at: Callable[[float], float], rng: np.random.Generator
) -> list[Onset]:
    """The same with more onsets where eyes would stay open for too long."""
    filled: list[Onset] = []
    last = 0.0
    for onset in [*onsets, Onset(length, 0)]:
        while onset.at - last > (longest := LONGEST * max(1.0, RARE / rate_at(last))):
            last += min(rng.uniform(0.4, 0.9) * longest, max(onset.at - last - LEAST, LEAST))
            if last < length - 0.1:
                filled.append(Onset(float(last), int(rng.integers(2**63))))
        if onset.at < length:
            filled.append(onset)
        last = onset.at
    return filled
