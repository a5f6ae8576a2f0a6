# SPDX-License-Identifier: GPL-3.0-or-later
"""Slow nonverbal motion of a face that a network lacks, or has too much of.

Networks learn some of how lids, brows and the corners of the mouth wander, one more and one less of it. What the rules
draw of it is added by as much as is lacking, so that both together vary as a face of the rules does
(docs/nonverbal.md).
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from scipy.ndimage import uniform_filter1d

from mien.channels import ARKIT, INDEX, columns, other_side
from mien.engines.articulation.landmark_gains import landmark_gains
from mien.speech_analysis.track import RATE

SLOW = 1.0  # s: faster motion is a phone, an accent or a blink
KNIT_MOST = 0.45  # %, standard deviation of what a network may knit the brows by; the rules add as much
MIRRORED = [INDEX[other_side(name)] for name in ARKIT]
KNIT = columns("browDown")


def lids(weights: np.ndarray) -> np.ndarray:
    """(T,) lid aperture of weights (T, 52) without blinks, as a share of itself, about any constant."""
    gains = landmark_gains()
    moved = ((gains.wide, "eyeWide"), (-gains.blink, "eyeBlink"), (-gains.squint, "eyeSquint"))
    return sum((gain * weights[:, columns(name)].mean(1) for gain, name in moved), np.zeros(len(weights)))


def corners(weights: np.ndarray) -> np.ndarray:
    """(T,) height of the corners of the mouth of weights (T, 52), % of the distance of the outer eye corners."""
    gains = landmark_gains()
    return gains.smile * weights[:, columns("mouthSmile")].mean(1) - gains.frown * weights[
        :, columns("mouthFrown")
    ].mean(1)


def missing(drawn: np.ndarray, learnt: np.ndarray, measure: Callable[[np.ndarray], np.ndarray]) -> np.ndarray:
    """Drawn motion (T, 52), its part that both sides share made less by the variance that `learnt` (T, 52), the sampled
    weights less what the emotions ask for, has of its own; `measure`, `lids` or `corners`, says in what."""
    own, wanted = (_slow(measure(each)).var() for each in (learnt, drawn))
    if wanted <= 0:
        return drawn
    share = np.sqrt(np.clip(1 - own / wanted, 0, 1))
    return drawn - (1 - share) * (drawn + drawn[:, MIRRORED]) / 2


def calm_knit(weights: np.ndarray, expected: np.ndarray, free: np.ndarray) -> None:
    """Make what slow weights (T, 52) knit the brows by, beyond the emotions' `expected` (T, 52), vary by no more than
    KNIT_MOST, in place; `free` (T, 1) is 0 where a brow is held."""
    beyond = (weights - expected)[:, KNIT]
    moving = beyond - beyond.mean(0)
    varies = landmark_gains().knit * _slow(moving.mean(1)).std()
    if varies > KNIT_MOST:
        weights[:, KNIT] -= free * (1 - KNIT_MOST / varies) * moving


def _slow(values: np.ndarray) -> np.ndarray:
    return uniform_filter1d(values, round(SLOW * RATE))
