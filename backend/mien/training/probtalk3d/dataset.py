# SPDX-License-Identifier: GPL-3.0-or-later
"""Batches for training: stretches of performances, and what is heard and told of them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch

from mien.engines.articulation import styles
from mien.engines.neural.motion_space import FPS
from mien.engines.neural.style_features import told
from mien.training.ear_features import read_heard
from mien.training.examples import chances, cut, filled
from mien.training.motion_corpus import STYLES, Performed, performances


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
