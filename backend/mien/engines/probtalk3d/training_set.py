# SPDX-License-Identifier: GPL-3.0-or-later
"""Batches for training: stretches of performances, and what is heard and told of them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch

from mien.corpus.performance import STYLES, Performed, performances
from mien.engines.articulation import styles
from mien.engines.probtalk3d.hearing import read_heard
from mien.engines.probtalk3d.space import FPS
from mien.engines.probtalk3d.told import told

GRID = 4  # frames: stretches begin on the grid of the codes


@dataclass(eq=False)
class Motions:
    """Performances in memory, for stage 1."""

    units: list[Performed]

    @classmethod
    def read(cls, folder: Path, held_out: bool) -> Motions:
        return cls([unit for unit in performances(folder) if unit.held_out == held_out])

    def batches(self, seed: int, first: int, batch: int, frames: int) -> Iterator[tuple[torch.Tensor]]:
        """Endless (motion (B, frames, 57),), the same for the same seed and step."""
        chance = chances(self.units)
        step = first
        while True:
            rng = np.random.default_rng([seed, step])
            yield (torch.from_numpy(np.stack([self._stretch(rng, chance, frames) for _ in range(batch)])),)
            step += 1

    def _stretch(self, rng: np.random.Generator, chance: np.ndarray, frames: int) -> np.ndarray:
        unit = self.units[rng.choice(len(chance), p=chance)]
        which, part = cut(rng, unit, frames)
        return filled(unit.motion[which, part], frames)


@dataclass(eq=False)
class Sounding:
    """Performances with what an ear heard of their sounds, (K, F, heard.SIZE) for K ways of hearing, for stage 2."""

    units: list[Performed]
    heard: list[np.ndarray]

    @classmethod
    def read(cls, folder: Path, held_out: bool) -> Sounding:
        units = [unit for unit in performances(folder) if unit.held_out == held_out]
        return cls(units, [read_heard(folder, unit.name) for unit in units])

    def batches(self, seed: int, first: int, batch: int, frames: int) -> Iterator[tuple[torch.Tensor, ...]]:
        """Endless (motion (B, F, 57), heard (B, F, heard.SIZE), told (B, F, told.SIZE))."""
        chance = chances(self.units)
        step = first
        while True:
            rng = np.random.default_rng([seed, step])
            examples = [self._stretch(rng, chance, frames) for _ in range(batch)]
            yield tuple(torch.from_numpy(np.stack(each)) for each in zip(*examples, strict=True))
            step += 1

    def _stretch(self, rng: np.random.Generator, chance: np.ndarray, frames: int) -> tuple[np.ndarray, ...]:
        at = rng.choice(len(chance), p=chance)
        unit, heard = self.units[at], self.heard[at]
        which, part = cut(rng, unit, frames)
        emotion, direction = unit.emotion[which, part].astype(np.float32), unit.directions[which]
        times = np.arange(part.start, part.start + len(emotion)) / FPS
        asked = {"jaw": direction.jaw.at(times), "lips": direction.lips.at(times)}
        said = told(styles.STYLES[STYLES[unit.style[which]]], emotion, asked)
        way = int(rng.integers(len(heard)))
        return tuple(filled(each, frames) for each in (unit.motion[which, part], heard[way, part], said))


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


def some(material: Motions | Sounding, number: int, batch: int, frames: int) -> list[tuple[torch.Tensor, ...]]:
    """The same few batches every time, to look at; none where there are no units."""
    found = material.batches(1, 0, batch, frames)
    return [next(found) for _ in range(number)] if material.units else []
