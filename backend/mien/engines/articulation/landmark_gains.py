# SPDX-License-Identifier: GPL-3.0-or-later
"""How far the channels of nonverbal motion move the landmarks of the default head.

Amounts of nonverbal motion are people's, in % of the distance of the outer eye corners, whatever shapes the head has.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass

import numpy as np

from mien.channels import ARKIT, columns
from mien.heads.default import load_head

OUTER_EYES, NOSE_BASE, CORNERS, INNER_BROWS = (36, 45), 33, (48, 54), (21, 22)
LEFT_BROW = range(22, 27)
LEFT_LIDS = ((43, 47), (44, 46))
LEAST = 0.5  # of a usual gain: a shape that hardly moves what it is named for is not asked for more than twice as much


@dataclass(frozen=True)
class LandmarkGains:
    """For a weight of 1, both sides together where there are two: how far the corners of the mouth rise with a smile
    and sink with a frown, go aside, and are drawn back; by which share of itself the lid aperture changes; how far the
    brows rise, and their inner ends draw together with `browDown` (`knit`) and with `browInnerUp` (`inner_knit`). In %,
    but for the lids'; the defaults are usual ones."""

    smile: float = 15.5
    frown: float = 5.9
    aside: float = 5.7
    spread: float = 5.9
    wide: float = 0.41
    blink: float = 0.68
    squint: float = 0.34
    brow_inner: float = 3.35
    brow_outer: float = 3.25
    knit: float = 10.2
    inner_knit: float = 0.0


USUAL = LandmarkGains()


@functools.cache
def landmark_gains() -> LandmarkGains:
    """Those of the default head, none below LEAST of the usual one."""
    head = load_head()
    rest = head.vertices[head.landmarks].astype(float)
    percent = 100 / np.linalg.norm(np.subtract(*rest[list(OUTER_EYES)]))
    rest *= percent
    deltas = head.deltas[head.order(ARKIT)][:, head.landmarks].astype(float) * percent

    def moved(name: str) -> np.ndarray:
        return rest + deltas[columns(name)].sum(0)

    def corner(points: np.ndarray) -> np.ndarray:
        return points[CORNERS[1]] - points[NOSE_BASE]

    def aperture(points: np.ndarray) -> float:
        return float(np.mean([np.linalg.norm(points[a] - points[b]) for a, b in LEFT_LIDS]))

    def lid(name: str) -> float:
        return aperture(moved(name)) / aperture(rest) - 1

    def brow(name: str) -> float:
        return float((moved(name) - rest)[list(LEFT_BROW), 1].mean())

    def knit(points: np.ndarray) -> float:
        return float(np.linalg.norm(points[INNER_BROWS[0]] - points[INNER_BROWS[1]]))

    def aside(name: str) -> float:
        return abs(float((corner(moved(name)) - corner(rest))[0]))

    return LandmarkGains(
        smile=_least(float((corner(moved("mouthSmile")) - corner(rest))[1]), USUAL.smile),
        frown=_least(-float((corner(moved("mouthFrown")) - corner(rest))[1]), USUAL.frown),
        aside=_least((aside("mouthLeft") + aside("mouthRight")) / 2, USUAL.aside),
        spread=_least((aside("mouthDimple") + aside("mouthStretch")) / 2, USUAL.spread),
        wide=_least(lid("eyeWide"), USUAL.wide),
        blink=_least(-lid("eyeBlink"), USUAL.blink),
        squint=_least(-lid("eyeSquint"), USUAL.squint),
        brow_inner=_least(brow("browInnerUp"), USUAL.brow_inner),
        brow_outer=_least(brow("browOuterUp"), USUAL.brow_outer),
        knit=_least(knit(rest) - knit(moved("browDown")), USUAL.knit),
        inner_knit=_least(knit(rest) - knit(moved("browInnerUp")), USUAL.inner_knit),
    )


def _least(gain: float, usual: float) -> float:
    return max(gain, LEAST * usual)
