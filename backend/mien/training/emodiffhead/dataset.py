# SPDX-License-Identifier: GPL-3.0-or-later
"""Batches for training, of the paper's two kinds of data: emotional speech, and more speech without emotion, which
wears faces of all kinds (`expression_augmentation.py`)."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch

from mien.batch.process_pool import done
from mien.channels import ARKIT
from mien.engines.articulation import emotion, styles
from mien.engines.emodiffhead.expression import course, faces
from mien.engines.neural.motion_space import FPS, SIZE
from mien.engines.neural.style_features import told
from mien.training.ear_features import read_heard
from mien.training.emodiffhead.expression_augmentation import posteriors_of, put_on, worn
from mien.training.examples import chances, cut, filled
from mien.training.motion_corpus import STYLES, Performed, claim, perform_unit, performances
from mien.training.speech_corpus.store import read_units

FREE = "free"  # folder of the emotion-free performances, beside the emotional ones of the same speech
EMOTION_FREE = 0.5  # of the examples are of that kind
BARE = 0.2  # of these wear no face
DEAF, NUMB = 0.1, 0.1  # of the examples are told nothing of the sound, or of the expression: what guidance needs


def perform_free(
    corpus: Path, motion: Path, number: int, seed: int, jobs: int, progress: Callable[[float, str], None]
) -> None:
    """Perform each unit of a speech corpus `number` times without emotion, into MOTION/free, where that is missing.
    CorpusError where performances of another kind are there."""
    seed += 1  # other speakers than those of the emotional performances
    claim(motion / FREE, number, seed)
    units = [replace(unit, ends=()) for unit in read_units(corpus)]  # who says no utterance, is asked for no emotion
    waiting = [unit for unit in units if not (motion / FREE / f"{unit.key}.safetensors").exists()]
    work = functools.partial(perform_unit, motion / FREE, number, seed)
    for i, unit in enumerate(done(jobs, work, waiting), len(units) - len(waiting) + 1):
        progress(i / len(units), unit.key)


@dataclass(eq=False)
class Felt:
    """Performances of both kinds in memory; what is heard of them (K, F, heard.SIZE) by the name of the unit."""

    units: list[Performed]  # of emotional speech
    free: list[Performed]
    heard: dict[str, np.ndarray]
    way: Callable[[np.ndarray], np.ndarray] | None = None  # from motion (F, 57) to that of another head (F, N)

    @classmethod
    def read(
        cls, motion: Path, held_out: bool, free: bool = True, way: Callable[[np.ndarray], np.ndarray] | None = None,
        every: int = 1,
    ) -> Felt:  # fmt: skip
        """Of a folder that was performed and heard; without `free`, of emotional speech alone, and of that only every
        so many of the units."""
        units = [unit for unit in performances(motion) if unit.held_out == held_out]
        heard = {unit.name: read_heard(motion, unit.name) for unit in units}
        plain = [unit for unit in performances(motion / FREE) if unit.held_out == held_out] if free else []
        return cls(units[::every], plain, heard, way)

    def spread(self, seed: int = 0, stretches: int = 2000, frames: int = 50) -> tuple[np.ndarray, np.ndarray]:
        """(57,) mean and standard deviation of the numbers of emotional speech."""
        rng, chance = np.random.default_rng(seed), chances(self.units)
        seen = []
        for at in rng.choice(len(chance), stretches, p=chance):
            which, part = cut(rng, self.units[at], frames)
            seen.append(self._of_head(self.units[at].motion[which, part].astype(np.float32)))
        whole = np.concatenate(seen)
        return whole.mean(0), whole.std(0)

    def batches(self, seed: int, first: int, batch: int, frames: int) -> Iterator[tuple[torch.Tensor, ...]]:
        """Endless (motion (B, F, 57), heard (B, F, heard.SIZE), style (B, F, STYLE), expression (B, F, 52), time (B,),
        noise (B, F, 57), hears (B,), feels (B,)), the same for the same seed and step."""
        kinds = [(each, chances(each)) for each in (self.units, self.free) if each]
        step = first
        while True:
            rng = np.random.default_rng([seed, step])
            examples = []
            for _ in range(batch):
                units, chance = kinds[-1] if rng.random() < EMOTION_FREE else kinds[0]
                unit = units[rng.choice(len(chance), p=chance)]
                examples.append(self._stretch(rng, unit, frames, units is self.free and rng.random() >= BARE))
            parts = [np.stack(each) for each in zip(*examples, strict=True)]
            parts.append(((rng.permutation(batch) + rng.random(batch)) / batch).astype(np.float32))  # all times alike
            parts.append(rng.standard_normal(parts[0].shape, np.float32))
            parts += [rng.random(batch) >= share for share in (DEAF, NUMB)]
            yield tuple(map(torch.from_numpy, parts))
            step += 1

    def _stretch(self, rng: np.random.Generator, unit: Performed, frames: int, dressed: bool) -> tuple[np.ndarray, ...]:
        which, part = cut(rng, unit, frames)
        motion, ways, direction = unit.motion[which, part], self.heard[unit.name], unit.directions[which]
        times = np.arange(part.start, part.start + len(motion)) / FPS
        asked = {"jaw": direction.jaw.at(times), "lips": direction.lips.at(times)}
        said = told(styles.STYLES[STYLES[unit.style[which]]], np.zeros((len(motion), 0)), asked)
        if dressed:
            expression = worn(rng, len(motion))
            motion = put_on(motion, expression, posteriors_of(ways[0, part].astype(np.float32)))
        else:  # from the beginning, for a face comes from where it was
            gains = course(unit.emotion[which, : part.stop].astype(np.float32), emotion.ONSET, emotion.OFFSET)
            expression = gains[part.start :] @ faces(direction.seed)
        way = ways[int(rng.integers(len(ways))), part]
        return tuple(filled(each, frames) for each in (self._of_head(motion), way, said, expression))

    def of_expression(self) -> np.ndarray:
        """(52, N) what a whole channel of an expression is in the numbers of this motion."""
        channels = np.eye(len(ARKIT), SIZE, dtype=np.float32)
        return self._of_head(channels) - self._of_head(np.zeros_like(channels))

    def _of_head(self, motion: np.ndarray) -> np.ndarray:
        return motion if self.way is None else self.way(motion)
