# SPDX-License-Identifier: GPL-3.0-or-later
"""Eyelids between the blinks (docs/articulation.md, section 7): they follow the eyes, and are never quite still."""

from __future__ import annotations

import numpy as np

from mien.channels import ARKIT, INDEX
from mien.engines.articulation.landmark_gains import landmark_gains
from mien.engines.articulation.smooth_noise import waves

APERTURE, SPEEDS = 0.043, (0.06, 0.30)  # standard deviation, of the aperture; Hz, slowest and fastest
SIDES, SIDES_SPEEDS = 0.028, (0.12, 0.8)  # of the difference of both eyes


def eyelids(frames: int, amount: float, asymmetry: float, rng: np.random.Generator) -> np.ndarray:
    """(T, 52) weights to add: a slow wandering of the aperture, and of what the eyes differ by. `amount` and
    `asymmetry` are factors on both."""
    mean = amount * APERTURE * waves(frames, *SPEEDS, rng)
    apart = asymmetry * SIDES * waves(frames, *SIDES_SPEEDS, rng)
    gains = landmark_gains()
    added = np.zeros((frames, len(ARKIT)))
    for side, aperture in (("Left", mean + apart / 2), ("Right", mean - apart / 2)):
        wide, narrow = np.maximum(aperture, 0), np.maximum(-aperture, 0)
        added[:, INDEX[f"eyeWide{side}"]] = wide / gains.wide
        added[:, INDEX[f"eyeBlink{side}"]] = 0.5 * narrow / gains.blink
        added[:, INDEX[f"eyeSquint{side}"]] = 0.5 * narrow / gains.squint
    return added


def follow_gaze(weights: np.ndarray) -> None:
    """Lids go with the eyes, in place (T, 52): down with a look down, wide with a look up."""
    for side in ("Left", "Right"):
        weights[:, INDEX[f"eyeBlink{side}"]] += 0.35 * weights[:, INDEX[f"eyeLookDown{side}"]]
        weights[:, INDEX[f"eyeWide{side}"]] += 0.20 * weights[:, INDEX[f"eyeLookUp{side}"]]
