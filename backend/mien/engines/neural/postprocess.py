# SPDX-License-Identifier: GPL-3.0-or-later
"""From sampled motion at 25 frames a second to a take at 100: every rule kept, whatever was sampled.

Between the frames run cubic curves. A blink that was sampled is one of some 0.3 s whose lids a code every 0.16 s
cannot shut for certain; it is given the course of a blink. Last come the constraints of `articulation`: the lips meet
on p, b and m, and nobody's mouth hangs open in a pause.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from scipy.interpolate import CubicSpline, PchipInterpolator
from scipy.ndimage import minimum_filter1d
from scipy.signal import find_peaks

from mien.channels import ARKIT
from mien.direction import Direction
from mien.engines.articulation import emotion
from mien.engines.articulation.animate import assembled, early, gains
from mien.engines.articulation.blinks import LIDS, blink
from mien.engines.articulation.coarticulation import smooth
from mien.engines.articulation.constraints import constrain_again, holds
from mien.engines.articulation.gaze import look
from mien.engines.neural.motion_space import FPS, GAZE, ROTATION
from mien.engines.neural.style_features import LEAST, MOST
from mien.heads.lip_gap import lip_gap
from mien.speech_analysis.prosody import Prosody
from mien.speech_analysis.track import RATE, PhoneTrack
from mien.take import Take, hold_times, of_mouth

BLINK = 0.3  # how far the lids fall below where they were before and after, to have blinked
APART = 0.3  # s between blinks
COURSE = (0.085, 0.035, 0.145)  # s to close, shut, to open: the means of `articulation`'s blinks
BASE = 0.5  # s around a blink in which the lids are where they would be without it
LOOKS = [i for i, name in enumerate(ARKIT) if name.startswith("eyeLook")]
SPOKEN = [i for i, name in enumerate(ARKIT) if of_mouth(name)]
UNSPOKEN = [i for i in range(len(ARKIT)) if i not in SPOKEN]
BROWS = [i for i, name in enumerate(ARKIT) if name.startswith("brow")]
EXPRESSION = 1.0  # s over which a brow's movement is an emotion, and not of the speech


@dataclass(frozen=True, eq=False)
class Asked:
    """What of a Direction's amounts the network was not told, because it had never seen as much or as little."""

    head: float
    gaze: float
    brows: float
    blinks: bool

    @classmethod
    def of(cls, direction: Direction) -> Asked:
        def rest(amount: float) -> float:
            return amount / float(np.clip(amount, LEAST, MOST))

        return cls(rest(direction.head), rest(direction.gaze), rest(direction.brows), direction.blinks > 0)


def finished(motion: np.ndarray, track: PhoneTrack, prosody: Prosody, direction: Direction, duration: Fraction) -> Take:
    """A take of motion (F, 57), two frames or more at 25 a second, of the phones and melody (T,) it was made for."""
    frames = max(1, int(np.ceil(duration * RATE)))
    times = np.arange(max(len(track), frames)) / RATE
    moments = np.arange(len(motion)) / FPS
    within = np.minimum(times, moments[-1])
    asked = Asked.of(direction)
    heard = early(track)
    weights = np.empty((len(times), len(ARKIT)))
    for channels, shown in ((SPOKEN, _shown(moments, heard)), (UNSPOKEN, moments)):
        weights[:, channels] = PchipInterpolator(shown, motion[:, channels])(within)  # never beyond its frames
    weights = np.clip(weights, 0, 1)
    rotation = asked.head * CubicSpline(moments, motion[:, ROTATION])(within)
    gaze = asked.gaze * PchipInterpolator(moments, motion[:, GAZE])(within)
    weights[:, LOOKS] = look(gaze)[:, LOOKS]
    lids = _blink(weights, asked.blinks)
    slow = smooth(weights[:, BROWS], 2 * round(EXPRESSION * RATE / 2) + 1)
    weights[:, BROWS] = slow + asked.brows * (weights[:, BROWS] - slow)
    jaw, _ = gains(heard, prosody, direction, emotion.gains(direction, len(heard)))
    closures = constrain_again(weights[: len(track)], heard, lip_gap(), jaw)
    return assembled(weights, rotation, gaze, closures, lids, duration)


def _shown(moments: np.ndarray, track: PhoneTrack) -> np.ndarray:
    """(F,) seconds whose mouth the frames at `moments` (F,) show: as in every take of the corpus, the frame next to a
    closure shows it, though it was a little earlier or later."""
    marks = [(mark.begin / RATE, mark.end / RATE) for mark in holds(track)]
    shown, _ = hold_times(moments, np.array(marks).reshape(-1, 2))
    return shown


def _blink(weights: np.ndarray, wanted: bool) -> list[tuple[float, float]]:
    """Give each blink of weights (T, 52) its course, or none; returns when the lids are shut, seconds."""
    fallen = weights[:, LIDS].mean(1)
    width = round(BASE * RATE)
    base = np.stack([smooth(minimum_filter1d(weights[:, lid], width), width // 2 * 2 + 1) for lid in LIDS], 1)
    peaks, _ = find_peaks(fallen - base.mean(1), height=BLINK, distance=round(APART * RATE))
    if len(peaks) == 0 and wanted:
        return []
    near = np.zeros(len(weights))
    shut, held = np.zeros(len(weights)), []
    close, stay, open_ = COURSE
    for peak in peaks:
        near[max(0, peak - width // 2) : peak + width // 2] = 1
        course, hold = blink(len(weights), peak / RATE - close - stay / 2, close, stay, open_)
        shut = np.maximum(shut, course)
        if hold[1] < len(weights) / RATE:
            held.append(hold)
    if not wanted:
        near, shut, held = np.ones_like(near), np.zeros_like(shut), []
    ease = np.clip(smooth(near, 9), 0, 1)[:, None]
    weights[:, LIDS] += ease * (np.minimum(base, weights[:, LIDS]) - weights[:, LIDS])
    weights[:, LIDS] = np.maximum(weights[:, LIDS], shut[:, None])
    return held
