# SPDX-License-Identifier: GPL-3.0-or-later
"""The pairs as batches: mirrored and in other colours at random, the moved face and its truth alike."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from mien.photo.refinement.condition import mirrored
from mien.training.loop import Batch
from mien.training.refinement import RefinementTrainingError
from mien.training.refinement.pairs import Pairs, read

TRUST = 0.012  # of the square's side: pairs that fit worse than this count less
FORGET = 0.1  # share of the examples that are condition nothing


@dataclass(frozen=True, eq=False)
class PairDataset:
    """photos: the pairs of each."""

    photos: tuple[Pairs, ...]

    @classmethod
    def of(cls, folder: Path) -> PairDataset:
        """Those in the files of a folder. RefinementTrainingError where there are none."""
        paths = sorted(folder.glob("photo_*.npz"))
        if not paths:
            raise RefinementTrainingError(f"there are no pairs in {folder}; let `mien train refinement` draw some.")
        return cls(tuple(read(path) for path in paths))

    def batches(self, seed: int, first: int, batch: int) -> Iterator[Batch]:
        """Endless, from step `first` on: moved, photo, truth and areas (B, 3, S, S) 0..1, condition (B, C), activity
        and trust (B,)."""
        step = first
        while True:
            rng = np.random.default_rng((seed, step))
            yield collate([self._draw(rng) for _ in range(batch)])
            step += 1

    def in_order(self, batch: int, every: int = 1) -> Iterator[Batch]:
        """Every so many-th pair once, as it is."""
        rows = [(pairs, i) for pairs in self.photos for i in range(len(pairs))][::every]
        for begin in range(0, len(rows), batch):
            yield collate([example(pairs, i) for pairs, i in rows[begin : begin + batch]])

    def _draw(self, rng: np.random.Generator) -> tuple[np.ndarray, ...]:
        pairs = self.photos[rng.integers(len(self.photos))]
        moved, photo, truth, area, condition, active, trust = example(pairs, int(rng.integers(len(pairs))))
        if rng.random() < 0.5:
            moved, photo, truth, area = (each[..., ::-1] for each in (moved, photo, truth, area))
            condition = mirrored(condition)
        if rng.random() < FORGET:
            condition = np.zeros_like(condition)
        moved, photo, truth = recoloured((moved, photo, truth), rng)
        return moved, photo, truth, area, condition, active, trust


def example(pairs: Pairs, number: int) -> tuple[np.ndarray, ...]:
    """The parts of a batch, of one pair: float32."""
    moved, photo, truth = (
        each.transpose(2, 0, 1).astype(np.float32) / 255
        for each in (pairs.warped[number], pairs.reference, pairs.truth[number])
    )
    area = pairs.area[number].astype(np.float32) / 255
    trust = np.asarray(1 / (1 + (pairs.misfit[number] / TRUST) ** 2), np.float32)
    return moved, photo, truth, area, pairs.condition[number], np.asarray(pairs.activity[number]), trust


def recoloured(pictures: tuple[np.ndarray, ...], rng: np.random.Generator) -> tuple[np.ndarray, ...]:
    """Pictures (3, S, S) 0..1 in the colours of another camera, the same for all, with grain of its own on the first
    two, which are of one photo."""
    gamma, gain = np.exp(rng.normal(0, 0.18)), np.exp(rng.normal(0, 0.08, (3, 1, 1)))
    saturation, lift = rng.uniform(0.6, 1.3), rng.uniform(0, 0.06)
    out = []
    for picture in pictures:
        colour = np.clip(picture, 1e-4, 1) ** gamma * gain
        grey = colour.mean(0, keepdims=True)
        out.append(np.clip(lift + (1 - lift) * (grey + saturation * (colour - grey)), 0, 1).astype(np.float32))
    grain = rng.uniform(0, 0.02) * (rng.random() < 0.5)
    for i in (0, 1):
        out[i] = np.clip(out[i] + grain * rng.standard_normal(out[i].shape), 0, 1).astype(np.float32)
    return tuple(out)


def collate(examples: list[tuple[np.ndarray, ...]]) -> tuple[Tensor, ...]:
    """A batch of examples."""
    return tuple(torch.from_numpy(np.stack(column)) for column in zip(*examples, strict=True))
