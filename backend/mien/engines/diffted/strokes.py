# SPDX-License-Identifier: GPL-3.0-or-later
"""Which gestures a voice gets, and when: strokes that end on accents and at the ends of phrases.

A gesture is preparation, stroke, hold and retraction (Kendon 2004; McNeill 1992); its stroke ends on, or a little
before, the accent that it goes with. Rates, lengths and sizes are near those measured on seven speakers
(docs/gestures.md): 18 strokes a minute, .40 s (p10 to p90 .30 to .70), .21 shoulder widths (.13 to .73).
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from mien.engines.articulation.accents import Accent, Phrase
from mien.speech_analysis.track import RATE

BEAT, PALM, FRAME, DEICTIC = "beat", "open palm", "frame", "deictic"
KINDS = {BEAT: 0.55, PALM: 0.27, FRAME: 0.12, DEICTIC: 0.06}  # of all gestures; frames take both hands
STROKES_A_MINUTE = 14.0  # of speech; a pause has none
LEAST_APART = 0.8  # s between the ends of two strokes
LENGTH, LENGTH_SPREAD, LENGTHS = 0.6, 0.28, (0.4, 1.0)  # s: median, spread of its logarithm, limits
SIZE, SIZE_SPREAD, SIZES = 0.3, 0.58, (0.12, 0.85)  # shoulder widths: the same
LATE = 0.03  # s after the onset of the accented vowel, at which a stroke ends
PREPARATION = (0.6, 0.95)  # s
HOLD, HOLD_SPREAD = 0.35, 0.5  # s
BRIDGED = 2.0  # s between strokes up to which the hand waits where it is
HURRIED = 0.38  # s of preparation, below which a hand has no time to turn
RETRACTION = (1.1, 1.7)  # s
FINAL = 0.2  # of phrases' last accents that are sure to get a stroke
BOTH = 0.25  # of beats and open palms are made with both hands
# What an emotion at 1 does to rate, size and length
MANNERS = {
    "happy": (1.15, 1.2, 0.95), "angry": (1.3, 1.25, 0.8), "surprised": (1.1, 1.15, 0.9), "sad": (0.55, 0.65, 1.25),
    "fear": (0.8, 0.7, 0.85), "disgusted": (0.85, 0.9, 1.0), "contempt": (0.7, 0.8, 1.1),
}  # fmt: skip


@dataclass(frozen=True)
class Stroke:
    """Seconds of the sound: `begin` of the preparation, `start` and `end` of the stroke, `leave` of the hold and
    `home`, when the hand rests again; leave == home where the next stroke begins from here. hands: "left", "right",
    "both"; kind: of KINDS; size: shoulder widths; accent: the second of the accent that it goes with; side: -1 to 1,
    how far aside it goes; height: -1 to 1 in the gesture space."""

    begin: float
    start: float
    end: float
    leave: float
    home: float
    hands: str
    kind: str
    size: float
    accent: float
    side: float
    height: float


def plan_strokes(
    accents: list[Accent],
    phrases: list[Phrase],
    gains: dict[str, np.ndarray],
    seconds: float,
    rng: np.random.Generator,
    hands: str = "both",
    preferred: str | None = None,
) -> list[Stroke]:
    """In order. gains: each emotion's at 100 Hz. hands: those that may move; "none" gives no stroke. preferred: "left"
    or "right", which makes the most of them; None: `preferred_hand`."""
    if hands == "none" or not phrases:
        return []
    preferred = preferred or preferred_hand(hands, rng)
    strokes: list[Stroke] = []
    for accent in _chosen(accents, phrases, gains, rng):
        stroke = _stroke(accent, gains, preferred, hands, rng)
        if stroke.end <= seconds and (not strokes or stroke.end - strokes[-1].end >= LEAST_APART):
            strokes.append(stroke)
    return _joined(strokes, phrases, seconds, rng)


def preferred_hand(hands: str, rng: np.random.Generator) -> str:
    """Which of the hands that may move, "left", "right" or "both", makes the most strokes; the right one more often."""
    return hands if hands != "both" else str(rng.choice(["right", "left"], p=[0.68, 0.32]))


def _chosen(
    accents: list[Accent], phrases: list[Phrase], gains: dict[str, np.ndarray], rng: np.random.Generator
) -> list[Accent]:
    """The accents that get a stroke: the more prominent the likelier, and often the last of a phrase."""
    spoken = sum(phrase.seconds for phrase in phrases)
    if not accents:
        return []
    prominence = np.array([accent.z for accent in accents])
    weight = np.exp(0.8 * (prominence - prominence.mean()))
    last = {max((a for a in accents if p.begin <= a.peak < p.end), key=lambda a: a.peak, default=None) for p in phrases}
    rate = manner(gains, np.array([accent.peak for accent in accents]))[:, 0]
    chance = STROKES_A_MINUTE / 60 * spoken * weight / weight.sum() * rate
    chance += np.array([FINAL * r if accent in last else 0.0 for accent, r in zip(accents, rate, strict=True)])
    draws = rng.random(len(accents))
    return [accent for accent, draw, likely in zip(accents, draws, chance, strict=True) if draw < likely]


def _stroke(
    accent: Accent, gains: dict[str, np.ndarray], preferred: str, allowed: str, rng: np.random.Generator
) -> Stroke:
    _, larger, longer = manner(gains, accent.peak).tolist()
    kind = str(rng.choice(list(KINDS), p=list(KINDS.values())))
    length = float(np.clip(LENGTH * np.exp(LENGTH_SPREAD * rng.standard_normal()) * longer, *LENGTHS))
    loud = np.clip(1 + 0.15 * (accent.z - 1.5), 0.8, 1.3)
    size = float(np.clip(SIZE * np.exp(SIZE_SPREAD * rng.standard_normal()) * larger * loud, *SIZES))
    both, other = rng.random() < BOTH or kind == FRAME, rng.random() < 0.15
    one = preferred if not other else {"left": "right", "right": "left"}[preferred]
    hands = "both" if both and allowed == "both" else one if allowed == "both" else allowed
    at = accent.onset / RATE
    end = at + LATE
    preparation = float(rng.uniform(*PREPARATION))
    return Stroke(
        begin=end - length - preparation, start=end - length, end=end, leave=end, home=end, hands=hands, kind=kind,
        size=size, accent=at, side=float(rng.uniform(-1, 1)), height=float(np.clip(rng.normal(0, 0.45), -1, 1)),
    )  # fmt: skip


def _joined(strokes: list[Stroke], phrases: list[Phrase], seconds: float, rng: np.random.Generator) -> list[Stroke]:
    """With holds and retractions, none of which runs into the next preparation; a hand waits where the next stroke is
    near and the phrase goes on."""
    joined = []
    for i, stroke in enumerate(strokes):
        following = strokes[i + 1] if i + 1 < len(strokes) else None
        begin = stroke.begin if not joined else max(stroke.begin, joined[-1].end + 0.08)
        begin = max(begin, 0.0)
        start = max(stroke.start, begin + 0.2)
        if stroke.end - start < 0.2:  # no time for it
            start = stroke.end - 0.2
            begin = min(begin, start - 0.1)
        if begin < 0 or (joined and begin < joined[-1].end):
            continue
        hold = float(np.clip(HOLD * np.exp(HOLD_SPREAD * rng.standard_normal()), 0.12, 1.2))
        way = float(rng.uniform(*RETRACTION))
        ended = any(
            p.end / RATE <= (following.end if following else seconds) and p.end / RATE > stroke.end for p in phrases
        )
        if following and following.begin - stroke.end < (0.6 if ended else BRIDGED):
            leave = home = max(following.begin, stroke.end)
        else:
            leave = stroke.end + hold
            home = leave + way
            if following and home > following.begin:
                leave = home = max(following.begin, stroke.end)
        # A palm that turns up takes its time; where there is none the hand beats.
        kind = BEAT if start - begin < HURRIED else stroke.kind
        joined.append(replace(stroke, begin=begin, start=start, leave=leave, home=home, kind=kind))
    return joined


def manner(gains: dict[str, np.ndarray], frames: np.ndarray | int) -> np.ndarray:
    """(..., 3) factors of the strokes' rate, size and length at frames (...) of the emotions' gains at 100 Hz."""
    factors = np.ones((*np.shape(frames), 3))
    for name, factor in MANNERS.items():
        if name in gains and len(gains[name]):
            amount = gains[name][np.minimum(frames, len(gains[name]) - 1)]
            factors += np.multiply.outer(amount, np.array(factor) - 1)
    return np.clip(factors, 0.3, 1.8)
