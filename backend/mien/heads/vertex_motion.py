# SPDX-License-Identifier: GPL-3.0-or-later
"""How the vertices of a face move in a take, a few frames at a time: minutes of it need no gigabytes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from mien.take import Take, TakeError

BLOCK = 200  # frames at a time
SAMPLED = 1000  # frames that shapes are drawn from at first


@dataclass(frozen=True, eq=False)
class Movement:
    """Offsets in metres of V vertices in F frames: as they are (F, V, 3), or coefficients (F, K) of shapes (K, V, 3)."""

    shapes: np.ndarray
    coefficients: np.ndarray | None = None

    @classmethod
    def of(cls, take: Take) -> Movement:
        """Of a take that moves vertices."""
        return cls(take.basis, take.coefficients) if take.offsets is None else cls(take.offsets)

    def __len__(self) -> int:
        return len(self.shapes if self.coefficients is None else self.coefficients)

    @property
    def vertices(self) -> int:
        return self.shapes.shape[1]

    def at(self, rows: slice | np.ndarray) -> np.ndarray:
        """(n, V, 3) for these frames"""
        if self.coefficients is None:
            return self.shapes[rows]
        flat = self.coefficients[rows] @ self.shapes.reshape(len(self.shapes), -1)
        return flat.reshape(len(flat), self.vertices, 3)

    def changed(self, change: Callable[[np.ndarray], np.ndarray]) -> Movement:
        """By a linear `change` of offsets (n, V, 3) to (n, N, 3)."""
        return Movement(change(self.shapes), self.coefficients)


def blocks(frames: int) -> list[slice]:
    return [slice(begin, min(begin + BLOCK, frames)) for begin in range(0, frames, BLOCK)]


def few_shapes(
    at: Callable[[slice | np.ndarray], np.ndarray], frames: int, error_m: float
) -> tuple[np.ndarray, np.ndarray, float]:
    """(shapes (K, V, 3), coefficients (F, K) of at most 1, error): the fewest principal movements that leave no vertex
    further than `error_m` metres from offsets that `at` gives (n, V, 3) for frames; the error is the measured one.
    TakeError where none do."""
    drawn = np.unique(np.linspace(0, frames - 1, min(SAMPLED, frames)).astype(int))
    while True:
        sample = _flat(at(drawn)).astype(float)
        sizes, mixes = np.linalg.eigh(sample @ sample.T)
        kept = sizes >= sizes[-1] * 1e-12
        shapes = (mixes[:, kept] / np.sqrt(np.maximum(sizes[kept], 1e-300))).T[::-1] @ sample
        coefficients, enough, away = _reach(at, frames, shapes, error_m)
        if enough is not None:
            break
        more = np.setdiff1d(np.argsort(away)[-SAMPLED // 4 :], drawn)
        if not len(more):
            raise TakeError(f"no shapes come within {error_m * 1000:g} mm of the take; ask for less exactness.")
        drawn = np.union1d(drawn, more)
    shapes, coefficients = shapes[:enough], coefficients[:, :enough]
    largest = np.maximum(np.abs(coefficients).max(0), 1e-12)
    shapes, coefficients = (shapes * largest[:, None]).astype(np.float32), (coefficients / largest).astype(np.float32)
    error = max(_farthest(_flat(at(rows)) - coefficients[rows] @ shapes) for rows in blocks(frames))
    return shapes.reshape(enough, -1, 3), coefficients, error


def _reach(
    at: Callable[[slice | np.ndarray], np.ndarray], frames: int, shapes: np.ndarray, error_m: float
) -> tuple[np.ndarray, int | None, np.ndarray]:
    """(coefficients (F, K), how many of the shapes are enough or None, how far (F,) each frame is from all of them).
    Half the error is left for what rounding adds, and for frames that were not drawn."""
    coefficients, away = np.empty((frames, len(shapes))), np.empty(frames)
    enough = 1
    for rows in blocks(frames):
        flat = _flat(at(rows)).astype(float)
        coefficients[rows] = mine = flat @ shapes.T
        left = flat - mine @ shapes
        away[rows] = np.linalg.norm(left, axis=1)
        if enough is None or _farthest(left) > error_m / 2:
            enough = None
            continue
        few, many = enough, len(shapes)
        while few < many:
            middle = (few + many) // 2
            if _farthest(flat - mine[:, :middle] @ shapes[:middle]) <= error_m:
                many = middle
            else:
                few = middle + 1
        enough = many
    return coefficients, enough, away


def _flat(offsets: np.ndarray) -> np.ndarray:
    return offsets.reshape(len(offsets), -1)


def _farthest(flat: np.ndarray) -> float:
    """Metres: the longest of offsets (n, V * 3)."""
    return float(np.sqrt((flat.reshape(len(flat), -1, 3) ** 2).sum(-1).max()))
