# SPDX-License-Identifier: GPL-3.0-or-later
"""The mouth of the default head follows a lip curve: as far open, as wide and with the jaw as low as a person's.

What a person does comes in standard deviations (`curve.py`); how far that is in millimetres on this head comes from
faces of people who talk, whose lips are 8 to 11 % of the distance of the outer eye corners apart on average, 15 to 19 %
at the 95th percentile, whose mouths vary by 3.6 % in width and whose jaws range over 8.5 % (docs/articulation.md,
section 1c). Channels that a curve does not decide stay as they are: which lip moves, how round it is, the emotion.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass

import numpy as np

from mien.channels import ARKIT, INDEX, columns
from mien.engines.articulation import phone_table
from mien.engines.articulation.coarticulation import smooth
from mien.engines.articulation.lips.curve import LipCurve
from mien.engines.articulation.styles import STYLES, Style
from mien.heads.default import load_head
from mien.heads.lip_aperture import LipAperture
from mien.speech_analysis.track import PhoneTrack

# m on the default head, whose outer eye corners are 86 mm apart: a person's mean while speaking, standard deviation
APERTURE_MEAN, APERTURE_DEVIATION = 0.0080, 0.0035
JAW_MEAN, JAW_DEVIATION = 0.0045, 0.0027
WIDTH_DEVIATION = 0.0029
LEAST_APERTURE, SOFTNESS = 0.0010, 0.0015  # m: towards which the aperture falls without a corner, and how soon
JAW_SHARE = 0.7  # of the direction's jaw gain in the aperture; the rest is the lips'
LOWER_MOST, UPPER_MOST = 0.6, 0.35  # how far the lips part before the jaw gives the rest
UPPER_SHARE = 0.5  # how much the upper lip rises for the lower lip's fall
PARTED_MOST = 0.030  # m: jaw and lips of an emotion part them by less, however strong it is
SMILE_SHARE = 0.25  # of the corners' stretch
PUCKER_KEPT = 0.4  # share of a pucker that is left however wide the mouth shall be
SIBILANT_JAW = 0.08
JAW, CLOSE, FUNNEL, PUCKER = (INDEX[name] for name in ("jawOpen", "mouthClose", "mouthFunnel", "mouthPucker"))
LOWER, UPPER = columns("mouthLowerDown"), columns("mouthUpperUp")
STRETCH, SMILE = columns("mouthStretch"), columns("mouthSmile")


@dataclass(frozen=True, eq=False)
class MouthTargets:
    """What the mouth shall do, (T,): aperture in m, width in m beside the neutral face's, jaw as jawOpen."""

    aperture: np.ndarray
    width: np.ndarray
    jaw: np.ndarray


def mouth_targets(
    curve: LipCurve, jaw_gain: np.ndarray, lip_gain: np.ndarray, style: Style, still: np.ndarray, neutral: float
) -> MouthTargets:
    """A curve on the default head. Gains (T,) are JALI's axes, those of the default style being a person's own
    amplitude; `still` (T,) is 1 where the mouth rests; `neutral` its aperture then, m."""
    plain = STYLES["default"]
    jaw_gain, lip_gain = jaw_gain / plain.jaw, lip_gain / plain.lips
    opened = APERTURE_MEAN + APERTURE_DEVIATION * curve.aperture - LEAST_APERTURE
    opened = LEAST_APERTURE + SOFTNESS * np.logaddexp(0, opened / SOFTNESS)
    gain = (JAW_SHARE * jaw_gain + (1 - JAW_SHARE) * lip_gain) * (1 - still)
    jaw = np.maximum(JAW_MEAN + JAW_DEVIATION * curve.jaw, 0) * jaw_gain * (1 - still) / jaw_drop()
    width = WIDTH_DEVIATION * curve.width * lip_gain * (1 - still)
    width *= np.where(width < 0, style.rounding, style.spreading)
    return MouthTargets(neutral + (opened - neutral) * gain, width, jaw)


def follow(
    weights: np.ndarray, targets: MouthTargets, emotion: np.ndarray, track: PhoneTrack, gap: LipAperture
) -> None:
    """Bend the mouth of weights (T, 52), in place, until jaw, width and aperture are the targets'. `emotion` (T, 52) is
    what of the weights is no speech: its jaw and its width are added to the targets. Where it parts the lips without
    the jaw, squares are added: a closed mouth parts as far, an open one opens hardly further."""
    weights[:, JAW] = smooth(np.minimum(targets.jaw + emotion[:, JAW], most_jaw(track)), 5)
    _set_width(weights, targets.width, emotion)
    np.clip(weights, 0, 1, out=weights)
    parting = gap.gains.mean(1)
    dropped = emotion[:, JAW] * parting[JAW]
    parted = np.maximum(emotion @ parting - dropped, 0)
    aperture = np.hypot(targets.aperture, parted / (1 + parted / PARTED_MOST)) + dropped / (1 + dropped / PARTED_MOST)
    _set_aperture(weights, aperture, parted, emotion, gap)
    np.clip(weights, 0, 1, out=weights)


def most_jaw(track: PhoneTrack) -> np.ndarray:
    """(T,) how far jawOpen may go: sibilants keep the jaw narrow."""
    most = np.ones(len(track))
    for segment in track.segments:
        if segment.phone in phone_table.SIBILANTS and segment.end - segment.begin >= 4:
            most[segment.begin + 1 : segment.end - 1] = SIBILANT_JAW
    return most


def _set_width(weights: np.ndarray, width: np.ndarray, emotion: np.ndarray) -> None:
    gains = width_gains()
    speech = np.maximum(weights - emotion, 0)
    off = width - (weights - emotion) @ gains
    # too wide: the stretch is let go, the lips are puckered
    less = np.minimum(np.maximum(-off, 0), speech[:, STRETCH] @ gains[STRETCH])
    stretched = np.maximum(speech[:, STRETCH] @ gains[STRETCH], 1e-9)
    weights[:, STRETCH] -= speech[:, STRETCH] * (less / stretched)[:, None]
    weights[:, PUCKER] += (np.maximum(-off, 0) - less) / -gains[PUCKER]
    # too narrow: the pucker is let go, the corners are drawn apart
    more = np.minimum(np.maximum(off, 0), (1 - PUCKER_KEPT) * weights[:, PUCKER] * -gains[PUCKER])
    weights[:, PUCKER] -= more / -gains[PUCKER]
    stretch = (np.maximum(off, 0) - more) / (gains[STRETCH].sum() + SMILE_SHARE * gains[SMILE].sum())
    weights[:, STRETCH] += stretch[:, None]
    weights[:, SMILE] += SMILE_SHARE * stretch[:, None]


def _set_aperture(
    weights: np.ndarray, aperture: np.ndarray, parted: np.ndarray, emotion: np.ndarray, gap: LipAperture
) -> None:
    parting = gap.gains.mean(1)
    # too far apart: lips are let go that neither curve nor emotion asked for; the jaw makes room for lips that an
    # emotion parts, so that teeth show; then mouthClose and whatever else narrows
    over = np.maximum(gap.of(weights) - aperture, 0)
    for lips in (LOWER, UPPER):
        speech = np.maximum(weights[:, lips] - emotion[:, lips], 0)
        give = speech @ parting[lips]
        less = np.minimum(over, give)
        weights[:, lips] -= speech * (less / np.maximum(give, 1e-9))[:, None]
        over -= less
    weights[:, JAW] -= np.minimum(np.minimum(over, parted) / parting[JAW], weights[:, JAW])
    gap.narrow(weights, aperture)
    # too near: mouthClose is let go, the lips part, then the jaw falls
    for _ in range(2):
        short = np.maximum(aperture - gap.of(weights), 0)
        weights[:, CLOSE] -= np.minimum(short / -parting[CLOSE], weights[:, CLOSE])
    short = np.maximum(aperture - gap.of(weights), 0)
    lower_rest = np.maximum(LOWER_MOST - weights[:, LOWER].mean(1), 0)
    upper_rest = np.maximum(UPPER_MOST - weights[:, UPPER].mean(1), 0)
    whole = lower_rest * parting[LOWER].sum() + upper_rest * parting[UPPER].sum()
    share = np.minimum(short / np.maximum(whole, 1e-9), 1)
    weights[:, LOWER] += (share * lower_rest)[:, None]
    weights[:, UPPER] += (share * upper_rest)[:, None]
    gap.widen(weights, aperture)


@functools.cache
def width_gains() -> np.ndarray:
    """(52,) m by which a weight of 1 moves the corners of the mouth apart."""
    head = load_head()
    corners = head.landmarks[[48, 54]]
    axis = np.subtract(*head.vertices[corners]).astype(float)
    axis /= np.linalg.norm(axis)
    moved = head.deltas[head.order(ARKIT)][:, corners].astype(float)
    return (moved[:, 0] - moved[:, 1]) @ axis


@functools.cache
def jaw_drop() -> float:
    """m by which a jawOpen of 1 moves the chin from the nose."""
    head = load_head()
    chin, nose = head.landmarks[[8, 30]]
    moved = head.deltas[head.order(ARKIT)[JAW], chin].astype(float)
    away = (head.vertices[chin] - head.vertices[nose]).astype(float)
    return float(np.linalg.norm(away + moved) - np.linalg.norm(away))
