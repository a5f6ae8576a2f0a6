# SPDX-License-Identifier: GPL-3.0-or-later
"""Lips of landmarks that meet: on p, b and m, and in a long silence."""

from __future__ import annotations

import numpy as np

from mien.engines.articulation import phone_table
from mien.engines.articulation.animate import early
from mien.engines.articulation.constraints import REST_PAUSE, holds, ramp, rest
from mien.heads.landmark_track import INNER_LIPS, MM
from mien.heads.lip_aperture import CLOSED, LEAST_APERTURE
from mien.speech_analysis.track import RATE, PhoneTrack

LOWER_SHARE = 0.75  # of the way to each other that the lower lip goes
# Landmarks that go along with each pair of INNER_LIPS, and how far: outer lips
WITH_UPPER = ({49: 0.5, 50: 1.0}, {51: 1.0}, {52: 1.0, 53: 0.5})
WITH_LOWER = ({59: 0.5, 58: 1.0}, {57: 1.0}, {56: 1.0, 55: 0.5})


def shut(track: PhoneTrack, times: np.ndarray) -> np.ndarray:
    """(F,) how far the lips are shut at times (F,) seconds: 1 within a p, b or m, or at the frame next to it where none
    is within, and in long silences."""
    moved = early(track)
    closures = [hold for hold in holds(moved) if hold.phone in phone_table.BILABIALS]
    shape = np.maximum(ramp(len(moved), closures), rest(moved, REST_PAUSE))
    shape = np.interp(times, np.arange(len(moved)) / RATE, shape)
    for hold in closures:
        first, last = hold.begin / RATE, hold.end / RATE
        inside = (times >= first) & (times <= last)
        inside[np.abs(times - (first + last) / 2).argmin()] = True
        shape[inside] = 1
    return shape


def met(points: np.ndarray, shut: np.ndarray) -> np.ndarray:
    """(F, 68, 3) float32 mm: points whose inner lips are CLOSED apart where `shut` (F,) is 1, nearer in between as it
    is less, and never cross."""
    closed = points.astype(np.float32).copy()
    for (upper, lower), outer_upper, outer_lower in zip(INNER_LIPS, WITH_UPPER, WITH_LOWER, strict=True):
        gap = points[:, upper, 1] - points[:, lower, 1]
        wanted = np.maximum(gap + (MM * CLOSED - gap) * shut, MM * LEAST_APERTURE)
        nearer = gap - wanted
        for those, share in (({upper: 1.0} | outer_upper, LOWER_SHARE - 1), ({lower: 1.0} | outer_lower, LOWER_SHARE)):
            for point, part in those.items():
                closed[:, point, 1] += part * share * nearer
    return closed
