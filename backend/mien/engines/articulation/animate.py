# SPDX-License-Identifier: GPL-3.0-or-later
"""Phones and prosody to the 52 channels, by rules: the main path of the `articulation` engine.

Phones move jaw and lips by dominance functions, emotions mix in, the mouth is steered to the lip curve of a person
(`lips/`), and closures are enforced last. Blinks, brows, gaze and head motion are drawn from the seed; the articulation
is not.
"""

from __future__ import annotations

import math
from fractions import Fraction

import numpy as np

from mien.channels import ARKIT
from mien.direction import Direction
from mien.engines.articulation import jali_axes
from mien.engines.articulation.blinks import add_blinks
from mien.engines.articulation.coarticulation import blend, smooth
from mien.engines.articulation.constraints import REST_PAUSE, Hold, constrain, rest
from mien.engines.articulation.emotion import mixes
from mien.engines.articulation.emotion.swell import swell
from mien.engines.articulation.eyelids import follow_gaze
from mien.engines.articulation.head_motion import head, idle_motion
from mien.engines.articulation.lips.curve import LipCurve, lip_curve
from mien.engines.articulation.lips.steering import follow, mouth_targets
from mien.engines.articulation.nonverbal_motion import NonverbalMotion
from mien.engines.articulation.persona import style_of
from mien.engines.articulation.styles import Style
from mien.eye_look import eye_look
from mien.heads.lip_aperture import lip_aperture
from mien.speech_analysis.prosody import Prosody
from mien.speech_analysis.track import RATE, PhoneTrack
from mien.take import Take

LEAD = 0.01  # s the lips move ahead of the sound (docs/articulation.md, section 1b: closures peak early)


def animate(
    track: PhoneTrack, prosody: Prosody, direction: Direction, duration: Fraction, curve: LipCurve | None = None,
    style: Style | None = None,
) -> Take:  # fmt: skip
    """A take of phones and prosody, both (T,) at 100 Hz, whose mouth follows `curve`, or the one of people's statistics
    when None, spoken in `style`, or in the direction's when None. Errors as those of `style_of`."""
    style = style or style_of(direction)
    levels = mixes.gains(direction, len(track))
    curve = curve or lip_curve(track, prosody)
    nonverbal = NonverbalMotion(track, prosody, direction, levels, style)
    swelling = swell(track, prosody)
    weights, closures = _mouth(early(track), prosody, direction, levels, curve, style, swelling, nonverbal.corners())
    rotation, eyes, lids = _nonverbal_motion(weights, nonverbal)
    return take_of_curves(weights, rotation, eyes, closures, lids, duration)


def take_of_curves(
    weights: np.ndarray, rotation: np.ndarray, gaze: np.ndarray, closures: list[Hold], lids: list[tuple[float, float]],
    duration: Fraction,
) -> Take:  # fmt: skip
    """A take of curves (T, ...) at 100 Hz, cut to its duration; the eyes are shut in the seconds of `lids`."""
    frames = max(1, math.ceil(duration * RATE))
    return Take(
        fps=Fraction(RATE),
        duration=duration,
        channels=ARKIT,
        weights=np.clip(weights, 0, 1)[:frames].astype(np.float32),
        head_rotation=rotation[:frames].astype(np.float32),
        gaze=gaze[:frames].astype(np.float32),
        mouth_holds=_intervals([(h.begin / RATE, h.end / RATE) for h in closures]),
        eye_holds=_intervals(lids),
    )


def _mouth(
    track: PhoneTrack, prosody: Prosody, direction: Direction, levels: dict[str, np.ndarray], curve: LipCurve,
    style: Style, swelling: np.ndarray, corners: np.ndarray,
) -> tuple[np.ndarray, list[Hold]]:  # fmt: skip
    """(T, 52) speech with emotion, and corners (T, 52), that keeps every rule; and the closures."""
    jaw, lips = gains(track, prosody, direction, levels, style)
    speech = blend(track, jaw, lips)
    style.shape_lips(speech)
    still = rest(track, REST_PAUSE)
    added = mixes.face(levels, track, still, style.pose, direction.seed, direction.temperature, swelling)
    added += corners
    weights = mixes.add(speech, added)
    steer_mouth(weights, track, direction, levels, curve, style, added)
    style.lean_mouth(weights)
    closures = constrain(weights, track, lip_aperture(), jaw)
    return weights, closures


def steer_mouth(
    weights: np.ndarray, track: PhoneTrack, direction: Direction, levels: dict[str, np.ndarray], curve: LipCurve,
    style: Style, added: np.ndarray,
) -> None:  # fmt: skip
    """Bend the mouth of weights (T, 52), in place, to a person's lip curve, as far as the direction says. `added`
    (T, 52) is what of the weights is no speech: emotions and the style's pose."""
    gap = lip_aperture()
    jaw, lips = steady_gains(direction, levels, style, len(track))
    targets = mouth_targets(curve, jaw, lips, style, rest(track, REST_PAUSE), gap.neutral)
    follow(weights, targets, added, track, gap)


def gains(
    track: PhoneTrack, prosody: Prosody, direction: Direction, levels: dict[str, np.ndarray], style: Style
) -> tuple[np.ndarray, np.ndarray]:
    """(T,) how far jaw and lips go: the speaker, the voice, the animator and the emotion together."""
    jaw, lips = steady_gains(direction, levels, style, len(track))
    jaw_voice, lips_voice = jali_axes.axes(prosody, track)
    return jaw * jaw_voice, lips * lips_voice


def steady_gains(
    direction: Direction, levels: dict[str, np.ndarray], style: Style, frames: int
) -> tuple[np.ndarray, np.ndarray]:
    """(T,) the same without the voice. A lip curve takes these: tracked lips do not open further where it is louder."""
    times = np.arange(frames) / RATE
    jaw = style.jaw * direction.jaw.at(times) * mixes.mixed(levels, "jaw", frames)
    lips = style.lips * direction.lips.at(times) * mixes.mixed(levels, "lips", frames)
    return jaw, lips


def _nonverbal_motion(
    weights: np.ndarray, nonverbal: NonverbalMotion
) -> tuple[np.ndarray, np.ndarray, list[tuple[float, float]]]:
    """Brows, head, eyes and lids: adds to weights in place; returns head (T, 3), gaze (T, 2) and shut lids."""
    direction, style, own, of = nonverbal.direction, nonverbal.style, nonverbal.manner, nonverbal.of
    weights += nonverbal.brows(weights)
    style.lean_brows(weights)
    loudness = smooth(np.clip((nonverbal.prosody.level + 57) / 35, 0, 1), 21)
    pose = np.stack([of("pitch"), of("yaw"), of("roll")], 1) + style.tilt
    rotation = direction.head * head(
        nonverbal.speaking, loudness, nonverbal.accents, nonverbal.phrases, pose, style.head * own.head * of("motion"),
        style.nods * own.nods * of("accents"), nonverbal.temperature, nonverbal.chance("head"), own,
    )  # fmt: skip
    if not nonverbal.phrases:  # nobody speaks: an idle
        rotation += direction.head * nonverbal.temperature * idle_motion(nonverbal.frames, nonverbal.chance("idle"))
    eyes, startled = nonverbal.gaze(rotation)
    weights += eye_look(eyes)
    follow_gaze(weights)
    weights += nonverbal.lids()
    shut, lids = nonverbal.blinks(startled)
    add_blinks(weights, shut)
    return rotation, eyes, lids


def early(track: PhoneTrack) -> PhoneTrack:
    """The same phones LEAD seconds earlier: the lips move before the sound."""
    shift = round(LEAD * RATE)
    if not shift or len(track) <= shift:
        return track

    def shifted(values: np.ndarray) -> np.ndarray:
        return np.concatenate([values[shift:], np.repeat(values[-1:], shift, 0)])

    segments = [
        type(s)(s.phone, max(s.begin - shift, 0), s.end - shift if s.end < len(track) else s.end)
        for s in track.segments
        if s.end > shift
    ]
    flags = {
        name: None if (values := getattr(track, name)) is None else shifted(values)
        for name in ("closure", "labiodental", "voice", "breath", "pause")
    }
    return PhoneTrack(shifted(track.posteriors), tuple(segments), track.source, **flags)  # pyright: ignore  # its own fields


def _intervals(pairs: list[tuple[float, float]]) -> np.ndarray | None:
    return np.array(pairs, np.float32).reshape(-1, 2) if pairs else None
