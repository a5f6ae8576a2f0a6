# SPDX-License-Identifier: GPL-3.0-or-later
"""Vertex offsets of a take, a few frames at a time, so that minutes of it need no gigabytes; and their PCA."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from mien.take import Take, TakeError

BLOCK = 200  # frames at a time
SAMPLED = 1000  # frames in the first PCA


@dataclass(frozen=True, eq=False)
class VertexMotion:
    """Offsets in metres of V vertices in F frames: `shapes` (F, V, 3) themselves, or `coefficients` (F, K) of `shapes`
    (K, V, 3)."""

    shapes: np.ndarray
    coefficients: np.ndarray | None = None

    @classmethod
    def of(cls, take: Take) -> VertexMotion:
        """The motion of a take that has offsets, or a basis with coefficients. TakeError for another take."""
        if take.offsets is not None:
            return cls(take.offsets)
        if take.basis is None:
            raise TakeError("the take moves no vertices; it has channels.")
        return cls(take.basis, take.coefficients)

    def __len__(self) -> int:
        return len(self.shapes if self.coefficients is None else self.coefficients)

    @property
    def vertices(self) -> int:
        return self.shapes.shape[1]

    def at(self, rows: slice | np.ndarray) -> np.ndarray:
        """(n, V, 3) offsets in metres of n frames."""
        if self.coefficients is None:
            return self.shapes[rows]
        flat = self.coefficients[rows] @ self.shapes.reshape(len(self.shapes), -1)
        return flat.reshape(len(flat), self.vertices, 3)

    def mapped(self, function: Callable[[np.ndarray], np.ndarray]) -> VertexMotion:
        """The motion with a linear function applied, of offsets (n, V, 3) to (n, N, 3)."""
        return VertexMotion(function(self.shapes), self.coefficients)


def blocks(frames: int) -> list[slice]:
    """Slices of BLOCK frames, in order."""
    return [slice(begin, min(begin + BLOCK, frames)) for begin in range(0, frames, BLOCK)]


def principal_shapes(
    at: Callable[[slice | np.ndarray], np.ndarray], frames: int, error_m: float
) -> tuple[np.ndarray, np.ndarray, float]:
    """(shapes (K, V, 3), coefficients (F, K) of at most 1, measured error in metres): the fewest principal components
    that leave no vertex further than `error_m` metres from the offsets, which `at` gives as (n, V, 3) for n frames.

    PCA of SAMPLED frames; frames that are reconstructed worst are added until all are near enough. TakeError where all
    components are not enough.
    """
    sampled = np.unique(np.linspace(0, frames - 1, min(SAMPLED, frames)).astype(int))
    while True:
        sample = _flat(at(sampled)).astype(float)
        variances, vectors = np.linalg.eigh(sample @ sample.T)
        kept = variances >= variances[-1] * 1e-12
        shapes = (vectors[:, kept] / np.sqrt(np.maximum(variances[kept], 1e-300))).T[::-1] @ sample
        coefficients, count, errors = _projected(at, frames, shapes, error_m)
        if count is not None:
            break
        worst = np.setdiff1d(np.argsort(errors)[-SAMPLED // 4 :], sampled)
        if not len(worst):
            raise TakeError(f"no shapes come within {error_m * 1000:g} mm of the take; ask for less exactness.")
        sampled = np.union1d(sampled, worst)
    shapes, coefficients = shapes[:count], coefficients[:, :count]
    largest = np.maximum(np.abs(coefficients).max(0), 1e-12)
    shapes, coefficients = (shapes * largest[:, None]).astype(np.float32), (coefficients / largest).astype(np.float32)
    error = max(_farthest(_flat(at(rows)) - coefficients[rows] @ shapes) for rows in blocks(frames))
    return shapes.reshape(count, -1, 3), coefficients, error


def _projected(
    at: Callable[[slice | np.ndarray], np.ndarray], frames: int, shapes: np.ndarray, error_m: float
) -> tuple[np.ndarray, int | None, np.ndarray]:
    """(coefficients (F, K), how many leading shapes suffice or None, residual (F,) of each frame).

    All shapes together have to reach half of error_m: the rest is for rounding to float32."""
    coefficients, residuals = np.empty((frames, len(shapes))), np.empty(frames)
    count: int | None = 1
    for rows in blocks(frames):
        flat = _flat(at(rows)).astype(float)
        coefficients[rows] = block = flat @ shapes.T
        residual = flat - block @ shapes
        residuals[rows] = np.linalg.norm(residual, axis=1)
        if count is None or _farthest(residual) > error_m / 2:
            count = None
            continue
        low, high = count, len(shapes)
        while low < high:
            middle = (low + high) // 2
            if _farthest(flat - block[:, :middle] @ shapes[:middle]) <= error_m:
                high = middle
            else:
                low = middle + 1
        count = high
    return coefficients, count, residuals


def _flat(offsets: np.ndarray) -> np.ndarray:
    return offsets.reshape(len(offsets), -1)


def _farthest(flat: np.ndarray) -> float:
    """Metres: the longest of offsets (n, V * 3)."""
    return float(np.sqrt((flat.reshape(len(flat), -1, 3) ** 2).sum(-1).max()))
