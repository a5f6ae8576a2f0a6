# SPDX-License-Identifier: GPL-3.0-or-later
"""Post-processing: sampled motion at 25 frames a second to a take at 100 that keeps every rule of articulation.

Between the frames run cubic curves. What chance alone decides is drawn by rules, for networks learn little of it:
blinks that do not shut, brows that hardly move, eyes that do not leap, a face that mirrors itself. So blinks, fast
motion of brows, the gaze in the sampled head, and how brows, lids and the corners of the mouth wander are the
`NonverbalMotion` of articulation; emotions, style and head are sampled. The mouth is steered to the lip curve of a
person, and last come the constraints of `articulation`: the lips meet on p, b and m, the mouth rests in a long pause.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from scipy.interpolate import CubicSpline, PchipInterpolator
from scipy.ndimage import distance_transform_edt, minimum_filter1d

from mien.channels import ARKIT, INDEX, other_side
from mien.direction import Direction
from mien.engines.articulation.animate import early, gains, steer_mouth, take_of_curves
from mien.engines.articulation.blinks import LIDS, add_blinks
from mien.engines.articulation.coarticulation import smooth
from mien.engines.articulation.constraints import REST_PAUSE, constrain, holds, rest
from mien.engines.articulation.emotion import mixes
from mien.engines.articulation.emotion.swell import swell
from mien.engines.articulation.lips.curve import LipCurve, lip_curve
from mien.engines.articulation.nonverbal_motion import NonverbalMotion
from mien.engines.articulation.persona import style_of
from mien.engines.articulation.styles import Style, lean_of
from mien.engines.neural import missing_motion
from mien.engines.neural.head_speed import scale_fast_motion
from mien.engines.neural.missing_motion import calm_knit, missing
from mien.engines.neural.motion_space import FPS, GAZE, ROTATION
from mien.engines.neural.one_sided import draw_one_sided
from mien.engines.neural.style_features import LEAST, MOST
from mien.eye_look import CHANNELS as EYE_LOOK
from mien.eye_look import eye_look
from mien.heads.lip_aperture import lip_aperture
from mien.numeric.smoothstep import smoothstep
from mien.speech_analysis.prosody import Prosody
from mien.speech_analysis.track import RATE, PhoneTrack
from mien.take import Take, hold_times, of_mouth

BASE = 0.5  # s around a sampled blink in which the lids are where they would be without it
MOUTH = [i for i, name in enumerate(ARKIT) if of_mouth(name)]  # those that a closure is made of
FACE = [i for i in range(len(ARKIT)) if i not in MOUTH]
BROWS = [i for i, name in enumerate(ARKIT) if name.startswith("brow")]
LEFT = [i for i, name in enumerate(ARKIT) if name.endswith("Left")]
RIGHT = [INDEX[other_side(ARKIT[i])] for i in LEFT]
HELD_EASE = 0.6  # s: so far from a number that an animator holds the motion of that part of the face is whole
EXPRESSION = 1.0  # s: slower motion of a brow belongs to the emotion, faster motion to the speech


@dataclass(frozen=True, eq=False)
class ResidualGains:
    """The part of a Direction's gains beyond the range that the network was trained in, applied afterwards: factors on
    head rotation and gaze, where the network's own is kept."""

    head: float
    gaze: float

    @classmethod
    def of(cls, direction: Direction) -> ResidualGains:
        def residual(gain: float) -> float:
            return gain / float(np.clip(gain, LEAST, MOST))

        return cls(residual(direction.head), residual(direction.gaze))


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
    rotation = scale_fast_motion(rotation, free_share(direction, "head", len(rotation)))
    levels = mixes.gains(direction, len(visible))
    style = style_of(direction)
    nonverbal = NonverbalMotion(track, prosody, direction, levels, style)
    added = _no_speech(direction, style, levels, visible, swell(track, prosody))
    draw_one_sided(weights[: len(track)], added, levels, _free(direction, len(track)))
    gaze, startled = nonverbal.gaze(rotation[: len(track)])
    gaze = np.pad(gaze, ((0, len(weights) - len(gaze)), (0, 0)), "edge")
    free = free_share(direction, "gaze", len(gaze))
    gaze = free * gaze + (1 - free) * PchipInterpolator(moments, motion[:, GAZE])(within)
    weights[:, EYE_LOOK] = eye_look(gaze)[:, EYE_LOOK]
    lids = _enliven(weights, nonverbal, added, startled)
    jaw, _ = gains(visible, prosody, direction, levels, style)
    curve = curve or lip_curve(track, prosody)
    spoken = weights[: len(track)]
    corners = lopsided(missing(nonverbal.corners(), spoken - added, missing_motion.corners), spoken)
    corners *= free_share(direction, "mouth", len(track))
    weights[: len(track)] += corners
    steer_mouth(weights[: len(track)], visible, direction, levels, curve, style, added + corners)
    style.lean_mouth(weights[: len(track)], _missing_lean(weights[: len(track)], style))
    closures = constrain(weights[: len(track)], visible, lip_aperture(), jaw)
    return take_of_curves(weights, rotation, gaze, closures, lids, duration)


def _no_speech(
    direction: Direction, style: Style, levels: dict[str, np.ndarray], track: PhoneTrack, swelling: np.ndarray
) -> np.ndarray:
    """(T, 52) what of a mouth is emotion, the style's pose and a face of the direction's own, as the rules add it."""
    added = mixes.face(levels, track, rest(track, REST_PAUSE), style.pose, direction.seed, 0, swelling)
    if direction.face:
        face = np.array([direction.face.get(name, 0.0) for name in ARKIT])
        added += direction.face_level.at(np.arange(len(track)) / RATE)[:, None] * face
    return added


def _missing_lean(weights: np.ndarray, style: Style) -> float:
    """The share of the style's lean that the mouth of weights (T, 52) lacks: steering draws both corners alike."""
    wanted = style.mouth_lean
    return float(np.clip(1 - lean_of(weights, "mouth") / wanted, 0, 1)) if wanted else 0.0


def _mouth_moments(moments: np.ndarray, track: PhoneTrack) -> np.ndarray:
    """(F,) seconds whose mouth the frames at `moments` (F,) show: as in every take of the corpus, the frame next to a
    closure shows it, though it was a little earlier or later."""
    closures = [(hold.begin / RATE, hold.end / RATE) for hold in holds(track)]
    shown, _ = hold_times(moments, np.array(closures).reshape(-1, 2))
    return shown


def _enliven(
    weights: np.ndarray, nonverbal: NonverbalMotion, added: np.ndarray, startled: list[int]
) -> list[tuple[float, float]]:  # fmt: skip
    """Give brows and lids of weights (T, 52), in place, the rules' motion for what was sampled of it: their motion
    beyond the expression's, `added`, and the blinks, some of them at the frames of `startled`; returns when the lids
    are shut, seconds."""
    free = free_share(nonverbal.direction, "brow", len(weights))
    slow = smooth(weights[:, BROWS], 2 * round(EXPRESSION * RATE / 2) + 1)
    weights[:, BROWS] += free * (slow - weights[:, BROWS])
    width = round(BASE * RATE)
    awake = np.stack([smooth(minimum_filter1d(weights[:, lid], width), width // 2 * 2 + 1) for lid in LIDS], 1)
    weights[:, LIDS] = np.minimum(awake, weights[:, LIDS])
    spoken = weights[: nonverbal.frames]
    calm_knit(spoken, added, free[: nonverbal.frames])
    brows = nonverbal.brows(spoken)
    nonverbal.style.lean_brows(brows)
    blinks, shut = nonverbal.blinks(startled)
    blinks[:, EYE_LOOK] = 0  # the gaze is in them
    spoken += lopsided(brows, spoken) * free[: nonverbal.frames]
    drawn = lopsided(missing(nonverbal.lids(), spoken - added, missing_motion.lids), spoken)
    add_blinks(spoken, blinks)
    spoken += drawn * free_share(nonverbal.direction, "eye", nonverbal.frames)
    return shut


def free_share(direction: Direction, part: str, frames: int) -> np.ndarray:
    """(T, 1) 0 where a channel whose name begins with `part` is held, 1 from HELD_EASE seconds away on."""
    free = np.ones(frames)
    for name, at, _ in direction.held_at(np.arange(frames) / RATE):
        if name.startswith(part):
            free[at] = 0
    if free.all():
        return free[:, None]
    return smoothstep(np.asarray(distance_transform_edt(free)), end=HELD_EASE * RATE)[:, None]


def _free(direction: Direction, frames: int) -> np.ndarray:
    """(T, 52) `free_share` of the part of the face of each channel."""
    parts = {part: free_share(direction, part, frames) for part in ("brow", "eye", "cheek", "mouth", "nose", "jaw")}
    parts["tongue"] = parts["mouth"]
    return np.concatenate([next(free for part, free in parts.items() if name.startswith(part)) for name in ARKIT], 1)


def lopsided(drawn: np.ndarray, sampled: np.ndarray) -> np.ndarray:
    """Drawn weights (T, 52) whose sides differ by as much as the sampled ones lack of it: a network learns a part."""
    apart = drawn[:, LEFT] - drawn[:, RIGHT]
    moving = apart.any(0)
    if not moving.any():
        return drawn
    learnt = (sampled[:, LEFT] - sampled[:, RIGHT])[:, moving].var(0).sum()
    share = np.sqrt(np.clip(1 - learnt / np.maximum(apart[:, moving].var(0).sum(), 1e-9), 0, 1))
    result = drawn.copy()
    result[:, LEFT] -= (1 - share) * apart / 2
    result[:, RIGHT] += (1 - share) * apart / 2
    return result
