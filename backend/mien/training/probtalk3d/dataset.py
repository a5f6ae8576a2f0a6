# SPDX-License-Identifier: GPL-3.0-or-later
"""Training data of ProbTalk3D: clips of performances with their audio features and style features."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch

from mien.engines.articulation import styles
from mien.engines.neural import style_features
from mien.engines.neural.motion_space import FPS
from mien.training.examples import draw_clip, draw_probabilities, padded
from mien.training.motion_corpus import STYLES, MotionUnit, read_motion_units
from mien.training.phone_features import read_features


@dataclass(eq=False)
class MotionDataset:
    """Performances in memory, for stage 1."""

    units: list[MotionUnit]

    @classmethod
    def read(cls, folder: Path, held_out: bool) -> MotionDataset:
        """The held-out units of a motion corpus, or all others. CorpusError as of `read_motion_units`."""
        return cls([unit for unit in read_motion_units(folder) if unit.held_out == held_out])

    def batches(self, seed: int, first: int, batch: int, frames: int) -> Iterator[tuple[torch.Tensor]]:
        """Endless (motion (B, frames, 57),), the same for the same seed and step."""
        probability = draw_probabilities(self.units)
        step = first
        while True:
            rng = np.random.default_rng([seed, step])
            yield (torch.from_numpy(np.stack([self._clip(rng, probability, frames) for _ in range(batch)])),)
            step += 1

    def _clip(self, rng: np.random.Generator, probability: np.ndarray, frames: int) -> np.ndarray:
        unit = self.units[rng.choice(len(probability), p=probability)]
        performance, part = draw_clip(rng, unit, frames)
        return padded(unit.motion[performance, part], frames)


@dataclass(eq=False)
class AudioMotionDataset:
    """Performances with the audio features (variants, F, audio_features.SIZE) of each unit, for stage 2."""

    units: list[MotionUnit]
    audio: list[np.ndarray]

    @classmethod
    def read(cls, folder: Path, held_out: bool) -> AudioMotionDataset:
        """The held-out units of a motion corpus, or all others. CorpusError as of `read_motion_units`, EngineError
        where it has no audio features."""
        units = [unit for unit in read_motion_units(folder) if unit.held_out == held_out]
        return cls(units, [read_features(folder, unit.name) for unit in units])

    def batches(self, seed: int, first: int, batch: int, frames: int) -> Iterator[tuple[torch.Tensor, ...]]:
        """Endless (motion (B, F, 57), audio features (B, F, audio_features.SIZE), style features
        (B, F, style_features.SIZE)), the same for the same seed and step."""
        probability = draw_probabilities(self.units)
        step = first
        while True:
            rng = np.random.default_rng([seed, step])
            clips = [self._clip(rng, probability, frames) for _ in range(batch)]
            yield tuple(torch.from_numpy(np.stack(tensors)) for tensors in zip(*clips, strict=True))
            step += 1

    def _clip(self, rng: np.random.Generator, probability: np.ndarray, frames: int) -> tuple[np.ndarray, ...]:
        at = rng.choice(len(probability), p=probability)
        unit, audio = self.units[at], self.audio[at]
        performance, part = draw_clip(rng, unit, frames)
        emotion, direction = unit.emotion[performance, part].astype(np.float32), unit.directions[performance]
        times = np.arange(part.start, part.start + len(emotion)) / FPS
        gains = {"jaw": direction.jaw.at(times), "lips": direction.lips.at(times)}
        style = style_features.style_features(styles.STYLES[STYLES[unit.style[performance]]], emotion, gains)
        variant = int(rng.integers(len(audio)))
        return tuple(padded(values, frames) for values in (unit.motion[performance, part], audio[variant, part], style))
