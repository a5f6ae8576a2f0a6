# SPDX-License-Identifier: GPL-3.0-or-later
"""The tongue's own shapes, beside the 52 channels: tip up, back up, tip forward.

A vertical shear, dy = f(x, z), keeps the volume exactly, and so the raised shapes are shears: the tongue has no bones,
and a part of it that rises takes what lies below it along (a muscular hydrostat: Kier and Smith 1985). Where a shape
grows longer it becomes narrower by as much; what is left is under a twentieth. Mien's own numbers, in metres, on the
tongue at rest (`tongue.py`).
"""

from __future__ import annotations

import anatomy
import numpy as np

NAMES = ("tongueTipUp", "tongueBackUp", "tongueTipForward")

# Tip up: to the ridge behind the upper teeth, with the jaw as far open as speech opens it.
TIP_RISE, TIP_LONGER = 0.017, 0.0050
TIP_BEND = 0.026  # behind the tip, where it begins to rise
TIP_EDGES = 0.30  # of the rise, that the edges stay behind
# Back up: a dome under the palate.
BACK_RISE, BACK_AT, BACK_LENGTH, BACK_WIDTH = 0.021, 0.030, 0.0115, 0.0085  # the place from the tip; half widths
BACK_EDGES = 0.22  # of the rise, at the edges
BACK_TIP = 0.0035  # by which the tip is drawn back
# Tip forward: thin, over the lower teeth.
FORWARD, FORWARD_BEND = 0.0175, 0.034
FORWARD_RISE, FORWARD_FLAT, FORWARD_FLAT_LENGTH = 0.0014, 0.70, 0.016


def inner_shapes(vertices: np.ndarray) -> np.ndarray:
    """(3, V, 3) metres: what each of NAMES at 1 adds to the head's vertices (V, 3) at rest."""
    deltas = np.zeros((len(NAMES), *vertices.shape))
    own = slice(anatomy.TONGUE.start, anatomy.TONGUE.stop)
    tongue = vertices[own].astype(float)
    for delta, shape in zip(deltas, (_tip_up, _back_up, _tip_forward), strict=True):
        delta[own] = shape(tongue)
    return deltas


def _smooth(share: np.ndarray) -> np.ndarray:
    share = np.clip(share, 0, 1)
    return share * share * (3 - 2 * share)


def _from_bend(tongue: np.ndarray, length: float) -> np.ndarray:
    """(N,) 0 behind the bend to 1 at the tip."""
    return 1 - (tongue[:, 2].max() - tongue[:, 2]) / length


def _longer(tongue: np.ndarray, delta: np.ndarray, length: float, forward: float) -> None:
    """Move the part before the bend forward, and narrow it by as much as it is stretched, in place."""
    at = np.clip(_from_bend(tongue, length), 0, 1)
    stretch = 6 * at * (1 - at) * forward / length  # of `_smooth`
    delta[:, 2] += forward * _smooth(at)
    delta[:, 0] += tongue[:, 0] * (1 / (1 + stretch) - 1)


def _tip_up(tongue: np.ndarray) -> np.ndarray:
    delta = np.zeros_like(tongue)
    across = tongue[:, 0] / np.abs(tongue[:, 0]).max()
    delta[:, 1] = TIP_RISE * _smooth(_from_bend(tongue, TIP_BEND)) * (1 - TIP_EDGES * across**2)
    _longer(tongue, delta, TIP_BEND, TIP_LONGER)
    return delta


def _back_up(tongue: np.ndarray) -> np.ndarray:
    delta = np.zeros_like(tongue)
    behind = tongue[:, 2].max() - tongue[:, 2]
    along = np.exp(-(((behind - BACK_AT) / BACK_LENGTH) ** 2))
    across = BACK_EDGES + (1 - BACK_EDGES) * np.exp(-((tongue[:, 0] / BACK_WIDTH) ** 2))
    delta[:, 1] = BACK_RISE * along * across
    delta[:, 2] = -BACK_TIP * _smooth(1 - behind / BACK_AT)  # wider, it would cross the molars
    return delta


def _tip_forward(tongue: np.ndarray) -> np.ndarray:
    delta = np.zeros_like(tongue)
    behind = tongue[:, 2].max() - tongue[:, 2]
    _longer(tongue, delta, FORWARD_BEND, FORWARD)
    flat = FORWARD_FLAT * _smooth(1 - behind / FORWARD_FLAT_LENGTH)
    middle = tongue[behind < FORWARD_FLAT_LENGTH / 2, 1].mean()
    delta[:, 1] = FORWARD_RISE * _smooth(_from_bend(tongue, FORWARD_BEND * 0.7)) - flat * (tongue[:, 1] - middle)
    return delta
