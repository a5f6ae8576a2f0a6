# SPDX-License-Identifier: GPL-3.0-or-later
"""Training data of KFusion: clips of performances on random faces, with both domains of the sound."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from scipy.ndimage import minimum_filter1d

from mien.channels import INDEX
from mien.engines.articulation import styles
from mien.engines.articulation.coarticulation import smooth
from mien.engines.kfusion.landmark_space import Face, numbers_of, rest_features
from mien.engines.kfusion.network import KFusionConfig
from mien.engines.kfusion.noise import smooth_noise
from mien.engines.kfusion.sound_domains import domains, mel_frames
from mien.engines.neural import style_features
from mien.engines.neural.motion_space import FPS
from mien.speech_analysis.network.features import BANDS
from mien.training.examples import draw_clip, draw_probabilities, padded
from mien.training.kfusion.faces import held_out_faces, random_face
from mien.training.motion_corpus import STYLES, MotionUnit, read_motion_units
from mien.training.phone_features import read_features
from mien.training.speech_corpus.store import read_unit

LIDS = [INDEX["eyeBlinkLeft"], INDEX["eyeBlinkRight"]]
BLINK = 12  # frames: a shorter closing of the lids is a blink, which rules draw, and not learnt
DRAWS = 2  # of noise for each example
LOUDER, TILTED = 0.3, 0.3  # deviation of a random level and slope of the spectrum: microphones differ
MASKED = 12  # bands that are hidden, at most


@dataclass(eq=False)
class LandmarkDataset:
    """Performances in memory, with audio features (variants, F, audio_features.SIZE) and log-mel frames (F, 80) of each
    unit. `held_out`: on the faces that are held out, without changes of the sound."""

    units: list[MotionUnit]
    audio: list[np.ndarray]
    mel: list[np.ndarray]
    held_out: bool = False
    curves: int = KFusionConfig.noise

    @classmethod
    def read(cls, corpus: Path, motion: Path, held_out: bool) -> LandmarkDataset:
        """The held-out units of a motion corpus, or all others. CorpusError as of `read_motion_units`, EngineError
        where it has no audio features."""
        units = [unit for unit in read_motion_units(motion) if unit.held_out == held_out]
        mel = [
            mel_frames(read_unit(corpus / f"{unit.name}.json").samples() / 32768, unit.motion.shape[1])
            for unit in units
        ]
        return cls(units, [read_features(motion, unit.name) for unit in units], mel, held_out)

    def mean_and_deviation(self, clips: int = 400, frames: int = 50) -> tuple[np.ndarray, np.ndarray]:
        """(209,) mean and (209,) standard deviation of the numbers, over random clips."""
        rng, probability = np.random.default_rng(0), draw_probabilities(self.units)
        whole = np.concatenate([self._clip(rng, probability, frames)[0] for _ in range(clips)])
        return whole.mean(0), whole.std(0)

    def batches(self, seed: int, first: int, batch: int, frames: int) -> Iterator[tuple[torch.Tensor, ...]]:
        """Endless (numbers (B, F, 209), prosody (B, F, 85), phones (B, F, 86), style features (B, F, 30), rest (B,
        204), noise (DRAWS, B, F, curves)), the same for the same seed and step."""
        probability = draw_probabilities(self.units)
        step = first
        while True:
            rng = np.random.default_rng([seed, step])
            clips = [self._clip(rng, probability, frames) for _ in range(batch)]
            noise = smooth_noise(rng, frames, DRAWS * batch * self.curves)
            noise = noise.reshape(frames, DRAWS, self.curves, batch).transpose(1, 3, 0, 2)
            tensors = [np.stack(parts) for parts in zip(*clips, strict=True)]
            yield tuple(torch.from_numpy(np.ascontiguousarray(values)) for values in (*tensors, noise))
            step += 1

    def _clip(self, rng: np.random.Generator, probability: np.ndarray, frames: int) -> tuple[np.ndarray, ...]:
        at = rng.choice(len(probability), p=probability)
        unit, face = self.units[at], self._face(rng)
        performance, part = draw_clip(rng, unit, frames)
        mel, audio = self.mel[at][part], self.audio[at][int(rng.integers(len(self.audio[at]))), part]
        prosody, phones = domains(mel if self.held_out else _recorded(rng, mel), audio)
        numbers = numbers_of(awake(unit.motion[performance].astype(np.float32))[part], face)
        style = style_of(unit, performance, part)
        clip = [padded(values, frames) for values in (numbers, prosody, phones, style)]
        return (*clip, rest_features(face.rest))

    def _face(self, rng: np.random.Generator) -> Face:
        if self.held_out:
            return held_out_faces()[int(rng.integers(len(held_out_faces())))]
        return random_face(rng)


def awake(motion: np.ndarray) -> np.ndarray:
    """Motion (F, 57) without its blinks."""
    lids = motion[:, LIDS]
    calm = np.stack([smooth(minimum_filter1d(lid, BLINK), BLINK + 1) for lid in lids.T], 1)
    changed = motion.copy()
    changed[:, LIDS] = np.minimum(lids, calm)
    return changed


def style_of(unit: MotionUnit, performance: int, part: slice) -> np.ndarray:
    """(F, style_features.SIZE) of a part of a performance."""
    emotion, direction = unit.emotion[performance, part].astype(np.float32), unit.directions[performance]
    times = np.arange(part.start, part.start + len(emotion)) / FPS
    gains = {"jaw": direction.jaw.at(times), "lips": direction.lips.at(times)}
    return style_features.style_features(styles.STYLES[STYLES[unit.style[performance]]], emotion, gains)


def _recorded(rng: np.random.Generator, mel: np.ndarray) -> np.ndarray:
    """Log-mel frames (F, 80) as another microphone had heard them."""
    changed = mel + LOUDER * rng.standard_normal() + TILTED * rng.standard_normal() * np.linspace(-1, 1, BANDS)
    count = int(rng.integers(MASKED))
    first = int(rng.integers(BANDS - count))
    changed[:, first : first + count] = 0
    return changed.astype(np.float32)
