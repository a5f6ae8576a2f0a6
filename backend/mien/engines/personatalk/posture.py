# SPDX-License-Identifier: GPL-3.0-or-later
"""Posture: how a mouth, as it is tracked, goes with the head's turn and the slow expression of the upper face, whatever
is said.

Points are tracked in pictures, so that a turned head changes their depth and the chin's outline, and who looks down
tucks the chin. A smile raises the cheeks and holds the mouth otherwise for seconds. None of it is heard. It is taken
out of what is learnt from a film, and put back for the very picture that gets a new mouth.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.ndimage import gaussian_filter1d

from mien.engines.personatalk.face_shapes import FaceShapes
from mien.engines.personatalk.lip_map import Scaler, ridge
from mien.engines.personatalk.mouth_space import STILL

PENALTY = 0.7  # of the ridge regression; .5 to 1 did alike on three real clips
FARTHEST = 2.5  # standard deviations of a predictor: beyond, it goes on as there
EXPRESSIONS = 6  # principal components of the upper face
SLOW = 0.3  # s: the sigma over which they are averaged, so that no syllable of the film's own words is left in them
EVERY = 2  # of the upper face's points that are looked at
MOST = 1500  # frames that the components are of


@dataclass(frozen=True, eq=False)
class Posture:
    """Call it with predictors (N, F), as `posture_predictors` has them: what is added to mouth coefficients (N, 12).
    weights (F, 12)."""

    scaler: Scaler
    weights: np.ndarray

    def __call__(self, predictors: np.ndarray) -> np.ndarray:
        return np.clip(self.scaler(predictors), -FARTHEST, FARTHEST) @ self.weights


def fit_posture(predictors: np.ndarray, mouth: np.ndarray) -> Posture:
    """From predictors (n, F) and what of the mouth (n, 12) nothing else explains."""
    scaler = Scaler.of(predictors)
    return Posture(scaler, ridge(scaler(predictors), mouth - mouth.mean(0), PENALTY))


def posture_predictors(shapes: FaceShapes, shot: np.ndarray, learnt: np.ndarray, frame: float) -> np.ndarray:
    """(N, 3 + EXPRESSIONS) of a film's N frames, `frame` s apart: the head's turn in radians, and how the upper face is
    held, in eye distances, averaged over time within each shot. shot (N,) numbers; learnt (N,) bool: the frames of
    which the components are."""
    eyes = shapes.rest[[33, 263], 1].mean()
    points = np.flatnonzero(shapes.rest[:, 1] - eyes < STILL)[::EVERY]
    held = shapes.shapes[:, points].reshape(len(shapes.shapes), -1)
    some = np.flatnonzero(learnt)
    some = some[:: max(1, len(some) // MOST)]
    mean = held[some].mean(0)
    basis = np.linalg.svd(held[some] - mean, full_matrices=False)[2][:EXPRESSIONS]
    expression = np.where(shapes.seen[:, None], (held - mean) @ basis.T, 0)
    for number in np.unique(shot):
        inside = shot == number
        slow, weight = (_slow(values[inside], frame) for values in (expression, shapes.seen[:, None].astype(float)))
        expression[inside] = slow / np.maximum(weight, 1e-3)
    return np.concatenate([shapes.turn, expression], 1)


def _slow(values: np.ndarray, frame: float) -> np.ndarray:
    return gaussian_filter1d(values, SLOW / frame, axis=0)
