# SPDX-License-Identifier: GPL-3.0-or-later
"""Manner: how somebody moves in one performance, drawn from the seed within the range of people.

A style (`styles.py`) is who speaks; a manner is how that person speaks this time: two seeds differ in how much the
brows and the head move and about which axis, in how often the eyes blink, and in which side of the face leads.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from mien.numeric.random_streams import stream

MOST = 1.8  # standard deviations from the mean


@dataclass(frozen=True)
class Manner:
    """Factors on what the rules give: movement of the `head` about its `axes` (pitch, yaw, roll), size of `nods`,
    movement of the `brows`, rate of the `blinks` and how long they take (`blink_time`), width of the `gaze`, movement
    of the `lids`' aperture and of the `corners` of the mouth, `asymmetry` of both sides.

    `tilt_with_turn` is how far the head rolls, degrees for each degree of yaw; `brow_lean` by how much the left brow is
    stronger (and the right weaker).
    """

    head: float = 1.0
    axes: tuple[float, float, float] = (1.0, 1.0, 1.0)
    nods: float = 1.0
    brows: float = 1.0
    blinks: float = 1.0
    blink_time: float = 1.0
    gaze: float = 1.0
    lids: float = 1.0
    corners: float = 1.0
    asymmetry: float = 1.0
    tilt_with_turn: float = 0.0
    brow_lean: float = 0.0


def manner(seed: int, spread: float) -> Manner:
    """The manner of a seed. `spread`, the direction's temperature, scales how far it is from the mean: 0 is the same
    for all seeds."""
    rng = stream(seed, "manner")

    def about(mean: float, deviation: float) -> float:
        return mean + spread * deviation * float(np.clip(rng.standard_normal(), -MOST, MOST))

    def times(deviation: float) -> float:
        return float(np.exp(np.clip(about(0.0, deviation), -1, 1)))

    return Manner(
        head=times(0.20),
        axes=(times(0.20), times(0.20), times(0.20)),
        nods=times(0.30),
        brows=times(0.30),
        blinks=times(0.25),
        blink_time=times(0.12),
        gaze=times(0.15),
        lids=times(0.20),
        corners=times(0.20),
        asymmetry=times(0.20),
        tilt_with_turn=about(0.0, 0.25),
        brow_lean=about(0.0, 0.12),
    )
