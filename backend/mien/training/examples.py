# SPDX-License-Identifier: GPL-3.0-or-later
"""Examples for training: clips of performances, in batches."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Protocol

import numpy as np
import torch

from mien.training.motion_corpus import MotionUnit

GRID = 4  # frames: clips begin on the grid of ProbTalk3D's codes
HELD_OUT_BATCHES = 8  # that every evaluation looks at


class Dataset(Protocol):
    @property
    def units(self) -> Sequence[object]: ...

    def batches(self, seed: int, first: int, batch: int, frames: int) -> Iterator[tuple[torch.Tensor, ...]]:
        """Endless batches of `batch` clips of so many frames from step `first` on, the same for the same seed and
        step."""
        ...


def draw_probabilities(units: Sequence[MotionUnit]) -> np.ndarray:
    """(units,) probability that a clip is of each unit: proportional to its length."""
    length = np.array([unit.motion.shape[1] for unit in units], float)
    return length / length.sum()


def draw_clip(rng: np.random.Generator, unit: MotionUnit, frames: int) -> tuple[int, slice]:
    """(number of the performance, frames of it) of a random clip; shorter than `frames` where the unit is."""
    count, length = unit.motion.shape[:2]
    begin = int(rng.integers(max(1, (length - frames) // GRID))) * GRID
    return int(rng.integers(count)), slice(begin, begin + frames)


def padded(values: np.ndarray, frames: int) -> np.ndarray:
    """(frames, C) float32: values (F, C), the last row repeated where there are too few."""
    return np.pad(values.astype(np.float32), ((0, frames - len(values)), (0, 0)), mode="edge")


def held_out_batches(
    dataset: Dataset, batch: int, frames: int, device: torch.device, number: int = HELD_OUT_BATCHES
) -> list[tuple[torch.Tensor, ...]]:
    """The same few batches in every training, on the device; [] where the dataset has no units."""
    batches = dataset.batches(1, 0, batch, frames)
    return [tuple(x.to(device) for x in next(batches)) for _ in range(number)] if dataset.units else []
