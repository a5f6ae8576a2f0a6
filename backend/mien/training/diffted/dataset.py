# SPDX-License-Identifier: GPL-3.0-or-later
"""Training data of the gestures' denoiser: the speech corpus performed by the grammar, many times by many persons.

Hands alone are performed, by forward rules: no motion capture. Each performance has its own person (preferred hand,
rests), emotion, scale and hands; half of all windows are shown in a mirror.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch

from mien.audio.speech import Speech
from mien.batch.process_pool import map_unordered
from mien.body.skeleton import SIDES
from mien.direction import EMOTIONS
from mien.engines.articulation.accents import Accent, Phrase, accents, phrases
from mien.engines.diffted.arm_paths import arm_paths
from mien.engines.diffted.denoiser import conditions, motion_space
from mien.engines.diffted.denoiser.conditions import Person
from mien.engines.diffted.denoiser.network import SEED
from mien.engines.diffted.strokes import plan_strokes, preferred_hand
from mien.files.atomic import write_whole
from mien.files.safetensors import read_tensors, write_tensors
from mien.numeric.random_streams import stream
from mien.speech_analysis.prosody import analyse_prosody
from mien.speech_analysis.track import RATE
from mien.training.examples import padded
from mien.training.motion_corpus import check_settings, track_of
from mien.training.motion_corpus import held_out as is_held_out
from mien.training.phone_features import read_features
from mien.training.speech_corpus.store import Unit, read_units
from mien.training.speech_corpus.utterance import CorpusError

EMOTIONAL, CHANGING = 0.4, 0.3  # share of the performances with an emotion; of these with it only from or to a moment
SCALED, SCALES = 0.4, (0.4, 1.5)  # share with another scale than 1, and its range
ONE_HAND = 0.2  # share in which one hand alone may move
NO_SOUND = 0.1  # of the examples are without it, which guidance needs


FOLDER = "gestures"  # of the performances, in the folder of the motion corpus


@dataclass(frozen=True, eq=False)
class GestureUnit:
    """Of one unit of the speech corpus, all float16, SEED frames of rest before the sound: sound (variants, SEED + F,
    conditions.SOUND) and P performances: numbers (P, SEED + F, motion_space.SIZE), request (P, SEED + F,
    conditions.REQUEST), person (P, conditions.PERSON)."""

    sound: np.ndarray
    numbers: np.ndarray
    request: np.ndarray
    person: np.ndarray


def perform(
    corpus: Path, motion: Path, count: int, seed: int, jobs: int, progress: Callable[[float, str], None]
) -> None:
    """Perform each unit of a speech corpus `count` times, into MOTION/gestures, where that is missing. `motion` has
    the corpus's audio features (`phone_features`). CorpusError where it was performed with other settings."""
    check_settings(motion / FOLDER, count, seed)
    units = [unit for unit in read_units(corpus) if not _file(motion, unit).exists()]
    for i, unit in enumerate(map_unordered(jobs, functools.partial(perform_unit, motion, seed, count), units), 1):
        progress(i / len(units), unit.key)


@dataclass(eq=False)
class GestureDataset:
    units: list[GestureUnit]

    @classmethod
    def read(cls, corpus: Path, motion: Path, held_out: bool) -> GestureDataset:
        """The held-out units of a speech corpus, or all others, as `perform` left them. CorpusError where they are
        missing."""
        files = [_file(motion, unit) for unit in read_units(corpus) if is_held_out(unit) == held_out]
        for file in files:
            if not file.is_file():
                raise CorpusError(f"there is no {file}: gestures are performed by `mien train diffted`.")
        return cls([GestureUnit(**read_tensors(file)[0]) for file in files])

    def mean_and_deviation(self) -> tuple[np.ndarray, np.ndarray]:
        """(motion_space.SIZE,) mean and deviation of the numbers, of both hands alike."""
        every = np.concatenate([unit.numbers[:, ::5].reshape(-1, motion_space.SIZE) for unit in self.units])
        both = np.concatenate([every, motion_space.mirrored(every)]).astype(np.float64)
        return both.mean(0).astype(np.float32), both.std(0).astype(np.float32)

    def batches(self, seed: int, first: int, batch: int, frames: int) -> Iterator[tuple[torch.Tensor, ...]]:
        """Endless (numbers (B, F, motion_space.SIZE), features (B, F, conditions.SIZE), diffusion time (B,), noise (B,
        F, motion_space.SIZE), use_sound (B,)), the same for the same seed and step."""
        length = np.array([len(unit.sound[0]) for unit in self.units], float)
        probability, step = length / length.sum(), first
        while True:
            rng = np.random.default_rng([seed, step])
            clips = [self._clip(rng, self.units[rng.choice(len(length), p=probability)], frames) for _ in range(batch)]
            numbers, features = (np.stack(parts) for parts in zip(*clips, strict=True))
            # stratified: one time in each of B equal parts of [0, 1]
            times = ((rng.permutation(batch) + rng.random(batch)) / batch).astype(np.float32)
            noise = rng.standard_normal(numbers.shape, np.float32)
            yield tuple(map(torch.from_numpy, (numbers, features, times, noise, rng.random(batch) >= NO_SOUND)))
            step += 1

    def _clip(self, rng: np.random.Generator, unit: GestureUnit, frames: int) -> tuple[np.ndarray, np.ndarray]:
        number, sound = int(rng.integers(len(unit.numbers))), unit.sound[int(rng.integers(len(unit.sound)))]
        begin = int(rng.integers(max(1, len(sound) - frames + 1)))
        part = slice(begin, begin + frames)
        numbers, person = unit.numbers[number, part], np.tile(unit.person[number], (len(sound[part]), 1))
        features = np.concatenate([sound[part], unit.request[number, part], person], 1)
        if rng.random() < 0.5:
            numbers, features = motion_space.mirrored(numbers), conditions.mirrored(features)
        return padded(numbers, frames), padded(features, frames)


def perform_unit(motion: Path, seed: int, count: int, unit: Unit) -> None:
    """Perform one unit and write its file, whole or not at all."""
    speech = Speech.from_samples(unit.samples() / 32768, unit.name)
    track, prosody = track_of(unit, speech), analyse_prosody(speech)
    accented, said = accents(track, prosody), phrases(track, prosody)
    variants = read_features(motion, unit.key).astype(np.float32)
    sound = [conditions.before_the_sound(conditions.sound_features(each, accented, said), SEED) for each in variants]
    rngs = [stream(seed, f"gestures of {unit.key} {number}") for number in range(count)]
    performances = zip(*(perform_once(accented, said, variants.shape[1], rng) for rng in rngs), strict=True)
    names = ("numbers", "request", "person")
    tensors = {"sound": np.stack(sound)} | {
        name: np.stack(parts) for name, parts in zip(names, performances, strict=True)
    }
    halves = {name: values.astype(np.float16) for name, values in tensors.items()}
    write_whole(_file(motion, unit), write_tensors(halves, {"unit": unit.key, "seed": str(seed)}))


def perform_once(
    accented: list[Accent], said: list[Phrase], frames: int, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """A person's gestures for a sound of so many frames: numbers, request and person as in a GestureUnit, without P."""
    gains = _gains(frames * RATE // motion_space.FPS + 1, rng)
    scale = float(rng.uniform(*SCALES)) if rng.random() < SCALED else 1.0
    hands = str(rng.choice(SIDES)) if rng.random() < ONE_HAND else "both"
    preferred = preferred_hand(hands, rng)
    strokes = plan_strokes(accented, said, gains, frames / motion_space.FPS, rng, hands, preferred)
    times = np.arange(-SEED, frames) / motion_space.FPS
    paths = arm_paths(strokes, times, scale, hands, rng)
    rests = conditions.rests_of({side: path.wrist[0] for side, path in paths.items()})
    request = conditions.request_features(gains, scale, hands, frames)
    return (
        motion_space.numbers_of(paths, strokes, times), np.concatenate([np.repeat(request[:1], SEED, 0), request]),
        conditions.person_features(Person(preferred, rests)),
    )  # fmt: skip


def _file(motion: Path, unit: Unit) -> Path:
    return motion / FOLDER / f"{unit.key}.safetensors"


def _gains(length: int, rng: np.random.Generator) -> dict[str, np.ndarray]:
    """Of emotions at 100 Hz: none, one, or one from or up to a moment."""
    if rng.random() >= EMOTIONAL:
        return {}
    name = EMOTIONS[int(rng.integers(len(EMOTIONS)))]
    gain, at = np.full(length, rng.uniform(0.3, 1.0)), int(rng.integers(length))
    if rng.random() < CHANGING:
        gain[slice(None, at) if rng.random() < 0.5 else slice(at, None)] = 0
    return {name: gain}
