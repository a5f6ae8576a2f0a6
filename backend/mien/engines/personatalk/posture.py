# SPDX-License-Identifier: GPL-3.0-or-later
"""Posture: how a mouth, as it is tracked, goes with the head's turn, whatever is said.

Points are tracked in pictures, so that a turned head changes their depth and the chin's outline, and who looks down
tucks the chin. None of it is heard. It is taken out of what is learnt from a film, and put back for the head of the
very picture that gets a new mouth.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from mien.engines.personatalk.lip_map import Scaler, ridge

PENALTY = 0.5  # of the ridge regression; .2 to 1 did alike on three real clips
FARTHEST = 2.5  # standard deviations of the turn: beyond, it goes on as there


@dataclass(frozen=True, eq=False)
class Posture:
    """Call it with turns (N, 3) in radians: what is added to mouth coefficients (N, 12). weights (3, 12)."""

    scaler: Scaler
    weights: np.ndarray

    def __call__(self, turn: np.ndarray) -> np.ndarray:
        return np.clip(self.scaler(turn), -FARTHEST, FARTHEST) @ self.weights


def fit_posture(turn: np.ndarray, mouth: np.ndarray) -> Posture:
    """From turns (n, 3) and what of the mouth (n, 12) nothing else explains."""
    scaler = Scaler.of(turn)
    return Posture(scaler, ridge(scaler(turn), mouth - mouth.mean(0), PENALTY))
