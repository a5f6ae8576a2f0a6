# SPDX-License-Identifier: GPL-3.0-or-later
"""Stretches of performances, for training."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Protocol

import numpy as np
import torch

from mien.training.motion_corpus import Performed

GRID = 4  # frames: stretches begin on the grid of ProbTalk3D's codes


class Material(Protocol):
    units: list[Performed]

    def batches(self, seed: int, first: int, batch: int, frames: int) -> Iterator[tuple[torch.Tensor, ...]]:
        """Endless, the same for the same seed and step."""


def chances(units: Sequence[Performed]) -> np.ndarray:
    """(units,) how often each is drawn: as often as it is long."""
    length = np.array([unit.motion.shape[1] for unit in units], float)
    return length / length.sum()


def cut(rng: np.random.Generator, unit: Performed, frames: int) -> tuple[int, slice]:
    """(which performance, which frames of it)"""
    count, length = unit.motion.shape[:2]
    begin = int(rng.integers(max(1, (length - frames) // GRID))) * GRID
    return int(rng.integers(count)), slice(begin, begin + frames)


def filled(values: np.ndarray, frames: int) -> np.ndarray:
    """(frames, C) float32: the last row again where there are too few."""
    return np.pad(values.astype(np.float32), ((0, frames - len(values)), (0, 0)), mode="edge")


def some(material: Material, number: int, batch: int, frames: int) -> list[tuple[torch.Tensor, ...]]:
    """The same few batches every time, to look at; none where there are no units."""
    found = material.batches(1, 0, batch, frames)
    return [next(found) for _ in range(number)] if material.units else []
