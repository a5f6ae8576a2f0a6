# SPDX-License-Identifier: GPL-3.0-or-later
"""Post-processing: sampled motion at 25 frames a second to a take at 100 that keeps every rule of articulation.

Between the frames run cubic curves. A sampled blink lasts some 0.3 s, and codes of 0.16 s cannot shut its lids for
certain; it is given the course of a blink. The mouth is steered to the lip curve of a person, and last come the
constraints of `articulation`: the lips meet on p, b and m, and the mouth rests in a long pause.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from scipy.interpolate import CubicSpline, PchipInterpolator
from scipy.ndimage import minimum_filter1d
from scipy.signal import find_peaks

from mien.channels import ARKIT
from mien.direction import Direction
from mien.engines.articulation.animate import early, gains, steer_mouth, take_of_curves
from mien.engines.articulation.blinks import LIDS, blink
from mien.engines.articulation.coarticulation import smooth
from mien.engines.articulation.constraints import REST_PAUSE, constrain, holds, rest
from mien.engines.articulation.emotion import mixes
from mien.engines.articulation.emotion.swell import swell
from mien.engines.articulation.gaze import look
from mien.engines.articulation.lips.curve import LipCurve, lip_curve
from mien.engines.articulation.styles import STYLES
from mien.engines.neural.motion_space import FPS, GAZE, ROTATION
from mien.engines.neural.style_features import LEAST, MOST
from mien.heads.lip_aperture import lip_aperture
from mien.speech_analysis.prosody import Prosody
from mien.speech_analysis.track import RATE, PhoneTrack
from mien.take import Take, hold_times, of_mouth

BLINK = 0.3  # by how much the lids close beyond where they were before and after, to count as a blink
APART = 0.3  # s between blinks
COURSE = (0.085, 0.035, 0.145)  # s to close, shut, to open: the means of `articulation`'s blinks
BASE = 0.5  # s around a blink in which the lids are where they would be without it
LOOKS = [i for i, name in enumerate(ARKIT) if name.startswith("eyeLook")]
MOUTH = [i for i, name in enumerate(ARKIT) if of_mouth(name)]  # those that a closure is made of
FACE = [i for i in range(len(ARKIT)) if i not in MOUTH]
BROWS = [i for i, name in enumerate(ARKIT) if name.startswith("brow")]
EXPRESSION = 1.0  # s: slower motion of a brow belongs to the emotion, faster motion to the speech


@dataclass(frozen=True, eq=False)
class ResidualGains:
    """The part of a Direction's gains beyond the range that the network was trained in, applied afterwards: factors on
    head rotation, gaze and fast brow motion; whether there are blinks."""

    head: float
    gaze: float
    brows: float
    blinks: bool

    @classmethod
    def of(cls, direction: Direction) -> ResidualGains:
        def residual(gain: float) -> float:
            return gain / float(np.clip(gain, LEAST, MOST))

        return cls(residual(direction.head), residual(direction.gaze), residual(direction.brows), direction.blinks > 0)


def postprocess(
    motion: np.ndarray, track: PhoneTrack, prosody: Prosody, direction: Direction, duration: Fraction,
    curve: LipCurve | None = None,
) -> Take:  # fmt: skip
    """A take at 100 frames a second of motion (F, 57), two frames or more at 25 a second, sampled for these phones and
    prosody (T,), whose mouth follows `curve`, or the one of people's statistics when None."""
    frames = max(1, math.ceil(duration * RATE))
    times = np.arange(max(len(track), frames)) / RATE
    moments = np.arange(len(motion)) / FPS
    within = np.minimum(times, moments[-1])
    residual = ResidualGains.of(direction)
    visible = early(track)
    weights = np.empty((len(times), len(ARKIT)))
    for channels, knots in ((MOUTH, _mouth_moments(moments, visible)), (FACE, moments)):
        weights[:, channels] = PchipInterpolator(knots, motion[:, channels])(within)  # never beyond its frames
    weights = np.clip(weights, 0, 1)
    rotation = residual.head * CubicSpline(moments, motion[:, ROTATION])(within)
    gaze = residual.gaze * PchipInterpolator(moments, motion[:, GAZE])(within)
    weights[:, LOOKS] = look(gaze)[:, LOOKS]
    lids = _blink(weights, residual.blinks)
    slow = smooth(weights[:, BROWS], 2 * round(EXPRESSION * RATE / 2) + 1)
    weights[:, BROWS] = slow + residual.brows * (weights[:, BROWS] - slow)
    levels = mixes.gains(direction, len(visible))
    jaw, _ = gains(visible, prosody, direction, levels)
    curve = curve or lip_curve(track, prosody)
    no_speech = _no_speech(direction, levels, visible, swell(track, prosody))
    steer_mouth(weights[: len(track)], visible, direction, levels, curve, no_speech)
    closures = constrain(weights[: len(track)], visible, lip_aperture(), jaw)
    return take_of_curves(weights, rotation, gaze, closures, lids, duration)


def _no_speech(
    direction: Direction, levels: dict[str, np.ndarray], track: PhoneTrack, swelling: np.ndarray
) -> np.ndarray:
    """(T, 52) what of a mouth is emotion, the style's pose and a face of the direction's own, as the rules add it."""
    pose = STYLES[direction.style].pose
    added = mixes.face(levels, track, rest(track, REST_PAUSE), pose, direction.seed, 0, swelling)
    if direction.face:
        face = np.array([direction.face.get(name, 0.0) for name in ARKIT])
        added += direction.face_level.at(np.arange(len(track)) / RATE)[:, None] * face
    return added


def _mouth_moments(moments: np.ndarray, track: PhoneTrack) -> np.ndarray:
    """(F,) seconds whose mouth the frames at `moments` (F,) show: as in every take of the corpus, the frame next to a
    closure shows it, though it was a little earlier or later."""
    closures = [(hold.begin / RATE, hold.end / RATE) for hold in holds(track)]
    shown, _ = hold_times(moments, np.array(closures).reshape(-1, 2))
    return shown


def _blink(weights: np.ndarray, wanted: bool) -> list[tuple[float, float]]:
    """Give each blink of weights (T, 52) its course, or remove it; returns when the lids are shut, seconds."""
    lids = weights[:, LIDS].mean(1)
    width = round(BASE * RATE)
    base = np.stack([smooth(minimum_filter1d(weights[:, lid], width), width // 2 * 2 + 1) for lid in LIDS], 1)
    peaks, _ = find_peaks(lids - base.mean(1), height=BLINK, distance=round(APART * RATE))
    if len(peaks) == 0 and wanted:
        return []
    near = np.zeros(len(weights))
    shut, intervals = np.zeros(len(weights)), []
    close, stay, open_ = COURSE
    for peak in peaks:
        near[max(0, peak - width // 2) : peak + width // 2] = 1
        course, hold = blink(len(weights), peak / RATE - close - stay / 2, close, stay, open_)
        shut = np.maximum(shut, course)
        if hold[1] < len(weights) / RATE:
            intervals.append(hold)
    if not wanted:
        near, shut, intervals = np.ones_like(near), np.zeros_like(shut), []
    ease = np.clip(smooth(near, 9), 0, 1)[:, None]
    weights[:, LIDS] += ease * (np.minimum(base, weights[:, LIDS]) - weights[:, LIDS])
    weights[:, LIDS] = np.maximum(weights[:, LIDS], shut[:, None])
    return intervals
