# SPDX-License-Identifier: GPL-3.0-or-later
"""Ridge regression from the spectrum around a frame to landmarks: what a linear ear can do."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from scipy.linalg import solve

from mien.engines.kfusion.landmark_space import MOVED, face_of, numbers_of
from mien.heads.default import load_head
from mien.heads.landmark_track import default_rest, eye_distance
from mien.training.kfusion.dataset import LandmarkDataset, awake, style_of

REACH = 5  # frames of 40 ms to either side that it sees
PENALTIES = (1e2, 1e3, 1e4, 1e5)
KEPT = 10  # one unit in so many chooses the penalty
SPARSE = 4  # one frame in so many is learnt from: neighbours are alike


@dataclass(frozen=True, eq=False)
class Ridge:
    """Landmark displacements of the default head from log-mel frames, and, if `styled`, style features and emotions.
    mean and deviation (N,) of the inputs, weights (N + 1, 204), the last row the constant."""

    styled: bool
    penalty: float
    mean: np.ndarray
    deviation: np.ndarray
    weights: np.ndarray

    @classmethod
    def fit(cls, known: LandmarkDataset, styled: bool) -> Ridge:
        """The penalty is the best of PENALTIES for units that the weights are not fitted to; then all units are. Of a
        single unit it is the largest."""
        parts = [list(_examples(known, styled, first)) for first in (True, False)]
        if not parts[1]:
            return cls._solved(styled, PENALTIES[-1:], *parts[0][0])[0]
        kept, fitted = ([np.concatenate(arrays) for arrays in zip(*part, strict=True)] for part in parts)
        best = min(cls._solved(styled, PENALTIES, *fitted), key=lambda ridge: ridge.error(*kept))
        whole = (np.concatenate(both) for both in zip(kept, fitted, strict=True))
        return cls._solved(styled, (best.penalty,), *whole)[0]

    @classmethod
    def _solved(
        cls, styled: bool, penalties: tuple[float, ...], inputs: np.ndarray, targets: np.ndarray
    ) -> list[Ridge]:
        """One for each penalty."""
        mean, deviation = inputs.mean(0), np.maximum(inputs.std(0), 1e-3)
        scaled, constant = (inputs - mean) / deviation, targets.mean(0)
        gram, products = (scaled.T @ scaled).astype(float), scaled.T @ (targets - constant)
        ridges = []
        for penalty in penalties:
            weights = solve(gram + penalty * np.eye(len(gram)), products, assume_a="pos").astype(np.float32)
            ridges.append(cls(styled, penalty, mean, deviation, np.concatenate([weights, constant[None]])))
        return ridges

    def error(self, inputs: np.ndarray, targets: np.ndarray) -> float:
        return float(np.square(self(inputs) - targets).mean())

    def __call__(self, inputs: np.ndarray) -> np.ndarray:
        """(F, 204) mm of the default head's landmarks, of inputs (F, N) of `inputs_of`."""
        return (inputs - self.mean) / self.deviation @ self.weights[:-1] + self.weights[-1]

    def points(self, mel: np.ndarray, style: np.ndarray, rest: np.ndarray) -> np.ndarray:
        """(F, 68, 3) mm on a face at rest (68, 3), as far apart as its eyes are."""
        moved = self(inputs_of(mel, style if self.styled else None)).reshape(len(mel), -1, 3)
        return rest + moved * eye_distance(rest) / eye_distance(default_rest())


def inputs_of(mel: np.ndarray, style: np.ndarray | None) -> np.ndarray:
    """(F, N) float32 of log-mel frames (F, 80) within REACH, and style features (F, 30) where they are used."""
    padded = np.pad(mel, ((REACH, REACH), (0, 0)), mode="edge")
    around = [padded[shift : shift + len(mel)] for shift in range(2 * REACH + 1)]
    return np.concatenate([*around, *([] if style is None else [style])], 1).astype(np.float32)


def _examples(known: LandmarkDataset, styled: bool, kept: bool) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    face = face_of(load_head())
    for i, (unit, mel) in enumerate(zip(known.units, known.mel, strict=True)):
        if (i % KEPT == 0) != kept:
            continue
        for performance in range(len(unit.directions) if styled else 1):
            style = style_of(unit, performance, slice(0, len(mel))) if styled else None
            targets = numbers_of(awake(unit.motion[performance].astype(np.float32)), face)[:, :MOVED]
            yield inputs_of(mel, style)[::SPARSE], targets[::SPARSE]
