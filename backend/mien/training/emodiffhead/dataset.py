# SPDX-License-Identifier: GPL-3.0-or-later
"""Training data of EMOdiffhead, of the paper's two kinds: emotional speech, and more speech without emotion, onto which
random expressions are added (`expression_augmentation.py`)."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch

from mien.batch.process_pool import map_unordered
from mien.channels import ARKIT
from mien.engines.articulation import styles
from mien.engines.articulation.emotion import mixes
from mien.engines.emodiffhead import expression as expressions
from mien.engines.neural import style_features
from mien.engines.neural.motion_space import FPS, SIZE
from mien.training.emodiffhead.expression_augmentation import add_expression, posteriors_of, random_expression
from mien.training.examples import draw_clip, draw_probabilities, padded
from mien.training.motion_corpus import STYLES, MotionUnit, check_settings, perform_unit, read_motion_units
from mien.training.phone_features import read_features
from mien.training.speech_corpus.store import read_units

FREE = "free"  # folder of the emotion-free performances, beside the emotional ones of the same speech
EMOTION_FREE = 0.5  # of the examples are emotion-free
UNCHANGED = 0.2  # of these get no random expression
NO_AUDIO, NO_EXPRESSION = 0.1, 0.1  # of the examples are without that condition, which guidance needs

Retarget = Callable[[np.ndarray], np.ndarray]
"""Motion of the default head (F, 57) to that of another head (F, N)."""


def perform_free(
    corpus: Path, motion: Path, number: int, seed: int, jobs: int, progress: Callable[[float, str], None]
) -> None:
    """Perform each unit of a speech corpus `number` times without emotion, into MOTION/free, where that is missing.
    CorpusError where it was performed with other settings."""
    seed += 1  # other styles than those of the emotional performances
    check_settings(motion / FREE, number, seed)
    units = [replace(unit, ends=()) for unit in read_units(corpus)]  # emotions are of utterances, and these have none
    missing = [unit for unit in units if not (motion / FREE / f"{unit.key}.safetensors").exists()]
    work = functools.partial(perform_unit, motion / FREE, number, seed)
    for i, unit in enumerate(map_unordered(jobs, work, missing), len(units) - len(missing) + 1):
        progress(i / len(units), unit.key)


@dataclass(eq=False)
class ExpressionDataset:
    """Performances of both kinds in memory, and audio features (variants, F, audio_features.SIZE) by the name of the
    unit."""

    units: list[MotionUnit]  # of emotional speech
    emotion_free: list[MotionUnit]
    audio: dict[str, np.ndarray]
    retarget: Retarget | None = None  # None: the motion of the default head as it is

    @classmethod
    def read(
        cls, motion: Path, held_out: bool, emotion_free: bool = True, retarget: Retarget | None = None, every: int = 1
    ) -> ExpressionDataset:
        """The held-out units of a motion corpus, or all others; of emotional speech only every so many, of the other
        none without `emotion_free`. CorpusError as of `read_motion_units`, EngineError without audio features."""
        units = [unit for unit in read_motion_units(motion) if unit.held_out == held_out]
        audio = {unit.name: read_features(motion, unit.name) for unit in units}
        free = [unit for unit in read_motion_units(motion / FREE) if unit.held_out == held_out] if emotion_free else []
        return cls(units[::every], free, audio, retarget)

    def mean_and_deviation(self, seed: int = 0, clips: int = 2000, frames: int = 50) -> tuple[np.ndarray, np.ndarray]:
        """(N,) mean and (N,) standard deviation of the numbers of emotional speech, over random clips."""
        rng, probability = np.random.default_rng(seed), draw_probabilities(self.units)
        motions = []
        for at in rng.choice(len(probability), clips, p=probability):
            performance, part = draw_clip(rng, self.units[at], frames)
            motions.append(self._on_head(self.units[at].motion[performance, part].astype(np.float32)))
        whole = np.concatenate(motions)
        return whole.mean(0), whole.std(0)

    def batches(self, seed: int, first: int, batch: int, frames: int) -> Iterator[tuple[torch.Tensor, ...]]:
        """Endless (motion (B, F, N), audio features (B, F, audio_features.SIZE), style features (B, F, STYLE),
        expression (B, F, 52), diffusion time (B,), noise (B, F, N), use_audio (B,), use_expression (B,)), the same for
        the same seed and step."""
        kinds = [(units, draw_probabilities(units)) for units in (self.units, self.emotion_free) if units]
        step = first
        while True:
            rng = np.random.default_rng([seed, step])
            clips = []
            for _ in range(batch):
                units, probability = kinds[-1] if rng.random() < EMOTION_FREE else kinds[0]
                unit = units[rng.choice(len(probability), p=probability)]
                augmented = units is self.emotion_free and rng.random() >= UNCHANGED
                clips.append(self._clip(rng, unit, frames, augmented))
            arrays = [np.stack(tensors) for tensors in zip(*clips, strict=True)]
            # stratified: one time in each of B equal parts of [0, 1]
            arrays.append(((rng.permutation(batch) + rng.random(batch)) / batch).astype(np.float32))
            arrays.append(rng.standard_normal(arrays[0].shape, np.float32))
            arrays += [rng.random(batch) >= share for share in (NO_AUDIO, NO_EXPRESSION)]
            yield tuple(map(torch.from_numpy, arrays))
            step += 1

    def _clip(self, rng: np.random.Generator, unit: MotionUnit, frames: int, augmented: bool) -> tuple[np.ndarray, ...]:
        performance, part = draw_clip(rng, unit, frames)
        motion, audio = unit.motion[performance, part], self.audio[unit.name]
        direction = unit.directions[performance]
        times = np.arange(part.start, part.start + len(motion)) / FPS
        gains = {"jaw": direction.jaw.at(times), "lips": direction.lips.at(times)}
        style = styles.STYLES[STYLES[unit.style[performance]]]
        style = style_features.style_features(style, np.zeros((len(motion), 0)), gains)  # without emotions
        if augmented:
            expression = random_expression(rng, len(motion))
            motion = add_expression(motion, expression, posteriors_of(audio[0, part].astype(np.float32)))
        else:  # from the beginning of the unit, for a face comes from where it was
            emotions = unit.emotion[performance, : part.stop].astype(np.float32)
            emotions = expressions.course(emotions, mixes.ONSET, mixes.OFFSET)
            swelling = 1.0 if unit.swell is None else unit.swell[part].astype(np.float32)
            expression = expressions.swollen(emotions[part.start :] @ expressions.faces(direction.seed), swelling)
        variant = audio[int(rng.integers(len(audio))), part]
        return tuple(padded(values, frames) for values in (self._on_head(motion), variant, style, expression))

    def expression_basis(self) -> np.ndarray:
        """(52, N) change of the numbers of this motion for each channel of an expression at 1."""
        channels = np.eye(len(ARKIT), SIZE, dtype=np.float32)
        return self._on_head(channels) - self._on_head(np.zeros_like(channels))

    def _on_head(self, motion: np.ndarray) -> np.ndarray:
        return motion if self.retarget is None else self.retarget(motion)
