# SPDX-License-Identifier: GPL-3.0-or-later
"""Who speaks: the six plain styles, and 36 speakers of one seed, each with a mouth, a resting face and habits.

A style says how much and how; the constraints of the mouth (`constraints.py`) are enforced after it, in all of them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import numpy as np

from mien.channels import ARKIT, INDEX, columns, other_side
from mien.engines.articulation.phone_table import FUNNEL_CLOSES
from mien.engines.articulation.style_names import HELD_OUT, SPEAKERS
from mien.numeric.random_streams import stream

SPREADING = columns("mouthStretch") + columns("mouthSmile")
PUCKER, FUNNEL, CLOSE, JAW = (INDEX[name] for name in ("mouthPucker", "mouthFunnel", "mouthClose", "jawOpen"))
LEFTS = {part: [INDEX[n] for n in ARKIT if n.startswith(part) and n.endswith("Left")] for part in ("mouth", "brow")}
SEED = 0  # of the 36 speakers


@dataclass(frozen=True)
class Style:
    """How somebody speaks; all but `jaw` and `lips` leave things as they are unless given.

    Factors on what the rules give: `jaw` and `lips`, JALI's axes (blending shrinks peaks, so a plain speaker is above
    1: docs/articulation.md, section 4); `rounding` of mouthPucker and mouthFunnel and `spreading` of mouthStretch and
    mouthSmile in speech; movement of the `head`, raising of the `brows`, rate of the `blinks` and how long they take
    (`blink_time`), width of the `gaze`, size of the `nods` on accents. `mouth_lean` and `brow_lean` are how much
    stronger the left side is (and weaker the right), + is the head's own left. `resting` are small weights by channel
    that the face never quite lets go of; `tilt` is how the head is held, degrees of pitch (+ up), yaw (+ left) and roll
    (+ crown to the right).
    """

    jaw: float
    lips: float
    rounding: float = 1.0
    spreading: float = 1.0
    mouth_lean: float = 0.0
    brow_lean: float = 0.0
    resting: Mapping[str, float] = field(default_factory=dict)
    head: float = 1.0
    brows: float = 1.0
    blinks: float = 1.0
    gaze: float = 1.0
    nods: float = 1.0
    blink_time: float = 1.0
    tilt: tuple[float, float, float] = (0.0, 0.0, 0.0)

    @property
    def pose(self) -> np.ndarray:
        """(52,) `resting` as weights."""
        weights = np.zeros(len(ARKIT))
        for name, value in self.resting.items():
            weights[columns(name)] = value
        return weights

    def shape_lips(self, weights: np.ndarray) -> None:
        """Round and spread the lips of speech (T, 52), in place; what a funnel opens, mouthClose takes back."""
        weights[:, CLOSE] += FUNNEL_CLOSES * (self.rounding - 1) * weights[:, FUNNEL]
        weights[:, [PUCKER, FUNNEL]] *= self.rounding
        weights[:, SPREADING] *= self.spreading
        np.clip(weights, 0, 1, out=weights)

    def lean_mouth(self, weights: np.ndarray, share: float = 1.0) -> None:
        """One side of the mouth (T, 52) leads, and the mouth opens towards it; in place, by this share of the lean."""
        leaning = share * self.mouth_lean
        lean(weights, "mouth", leaning)
        stronger = INDEX["mouthLeft" if leaning > 0 else "mouthRight"]
        weights[:, stronger] += abs(leaning) * weights[:, JAW]
        np.clip(weights, 0, 1, out=weights)

    def lean_brows(self, weights: np.ndarray) -> None:
        """One brow (T, 52) moves more than the other; in place."""
        lean(weights, "brow", self.brow_lean)


def lean(weights: np.ndarray, part: str, share: float) -> None:
    """Multiply the left channels of a part of the face ("mouth", "brow") of weights (T, 52) by 1 + share and the right
    ones by 1 - share, in place."""
    for left in LEFTS[part]:
        weights[:, left] *= 1 + share
        weights[:, INDEX[other_side(ARKIT[left])]] *= 1 - share


def lean_of(weights: np.ndarray, part: str) -> float:
    """By how much the left channels of a part of the face are stronger in weights (T, 52), and the right ones weaker:
    the share of `lean`. 0 for a face that does not move there."""
    left = float(weights[:, LEFTS[part]].sum())
    right = float(weights[:, [INDEX[other_side(ARKIT[i])] for i in LEFTS[part]]].sum())
    return (left - right) / (left + right) if left + right > 0 else 0.0


def speaker(name: str) -> Style:
    """The speaker of that name, always the same.

    Jaw, lips, rounding and spreading are uniform over the ranges of docs/articulation.md, section 4. The mouth
    leans by about its 8 %, and to the right in most people (Graves, Goodglass & Landis 1982). What is left is chosen
    by eye: amounts and rates are log-normal, within half and twice the plain speaker's; brows lean more than mouths;
    the head is held within a few degrees of upright.
    """
    rng = stream(SEED, name)

    def between(low: float, high: float) -> float:
        return round(float(rng.uniform(low, high)), 3)

    def about(mean: float, deviation: float, most: float) -> float:
        return round(float(np.clip(mean + deviation * rng.standard_normal(), -most, most)), 3)

    def times(deviation: float) -> float:
        return round(float(np.exp(np.clip(deviation * rng.standard_normal(), -0.69, 0.69))), 3)

    return Style(
        jaw=between(0.9, 1.7),
        lips=between(0.8, 1.5),
        rounding=between(0.8, 1.25),
        spreading=between(0.7, 1.3),
        mouth_lean=about(-0.04, 0.06, 0.16),
        brow_lean=about(0.0, 0.12, 0.30),
        resting=_resting(about),
        head=times(0.30),
        brows=times(0.45),
        blinks=times(0.35),
        gaze=times(0.25),
        nods=times(0.45),
        tilt=(about(0.0, 2.0, 4.0), about(0.0, 1.5, 3.0), about(0.0, 2.0, 4.0)),
    )


def _resting(about: Callable[[float, float, float], float]) -> dict[str, float]:
    """A face at rest: four dispositions, each one way or the other."""
    corners, brows, lids, chin = (about(0.0, 0.5, 1.0) for _ in range(4))
    face = {"mouthSmile": 0.15, "cheekSquint": 0.12} if corners > 0 else {"mouthFrown": 0.20}
    resting = {name: abs(corners) * most for name, most in face.items()}
    face = {"browInnerUp": 0.15, "browOuterUp": 0.18} if brows > 0 else {"browDown": 0.22}
    resting |= {name: abs(brows) * most for name, most in face.items()}
    resting |= {"eyeWide": 0.18 * lids} if lids > 0 else {"eyeSquint": 0.28 * -lids}
    resting |= {"mouthShrugLower": 0.16 * chin} if chin > 0 else {"mouthPress": 0.16 * -chin}
    return {name: round(value, 3) for name, value in resting.items()}


STYLES: dict[str, Style] = {
    "default": Style(1.3, 1.1),
    "mumbled": Style(0.8, 0.7),
    "clear": Style(1.45, 1.35),
    "exaggerated": Style(1.7, 1.5),
    "whispered": Style(0.8, 1.2),
    "shouted": Style(1.6, 1.1),
    **{name: speaker(name) for name in (*SPEAKERS, *HELD_OUT)},
}
