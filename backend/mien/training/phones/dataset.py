# SPDX-License-Identifier: GPL-3.0-or-later
"""Training data of the phone recogniser: clips of the speech corpus, degraded, with the sound of every frame."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import soxr
import torch

from mien.speech_analysis.inventory import NUMBER, SIL
from mien.speech_analysis.network.features import HOP, RATE
from mien.speech_analysis.track import RATE as FRAMES
from mien.training.speech_corpus.augmentation.degrade import degrade
from mien.training.speech_corpus.augmentation.noise import coloured
from mien.training.speech_corpus.augmentation.nonspeech import nonspeech
from mien.training.speech_corpus.build import HELD_OUT
from mien.training.speech_corpus.store import Unit, read_units
from mien.training.speech_corpus.utterance import labels_of
from mien.training.speech_corpus.voices.pauses import breath

NONSPEECH = 0.06  # of the examples
SPEED_SHARE, SPEED = 0.5, 0.16  # of the examples are resampled, by e^-0.16 to e^0.16: other vocal tracts and speeds
PAUSE_SHARE, PAUSE = 0.35, 150  # of the examples begin or end with a pause, of at most so many frames


def resampled(samples: np.ndarray, labels: np.ndarray, factor: float) -> tuple[np.ndarray, np.ndarray]:
    """Samples (N,) and labels (T,) played `factor` times as fast, as long as before: cut off, or filled up with
    silence."""
    played = soxr.resample(samples, RATE * factor, RATE, quality="LQ").astype(np.float32)[: len(samples)]
    at = ((np.arange(len(labels)) + 0.5) * factor).astype(int)
    moved = np.where(at < len(labels), labels[np.minimum(at, len(labels) - 1)], NUMBER[SIL])
    return np.pad(played, (0, len(samples) - len(played))), moved


def with_pause(samples: np.ndarray, labels: np.ndarray, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Samples (N,) and labels (T,) in which all before a silence within the first PAUSE frames, or all after one within
    the last, is room noise and perhaps a breath: so recordings begin and end, while clips cut out of speech do not."""
    last = rng.random() < 0.4
    rests = np.flatnonzero(labels[::-1] == NUMBER[SIL] if last else labels == NUMBER[SIL])
    rests = rests[(rests >= 10) & (rests < PAUSE)]
    if not len(rests):
        return samples, labels
    frames = int(rests[rng.integers(len(rests))])
    level = float(np.sqrt(np.mean(np.square(samples)))) + 1e-4
    room_noise = coloured(rng, len(samples), rng.uniform(0.0, 1.5)) * np.float32(
        level * 10 ** (-rng.uniform(15, 55) / 20)
    )
    part = slice(len(samples) - frames * HOP, None) if last else slice(0, frames * HOP)
    samples, labels = samples.copy(), labels.copy()
    samples[part], labels[slice(len(labels) - frames, None) if last else slice(0, frames)] = 0, NUMBER[SIL]
    if rng.random() < 0.6:
        air = breath(rng, rng.uniform(0.08, 0.6))[: frames * HOP]
        begin = part.start + int(rng.integers(frames * HOP - len(air) + 1))
        samples[begin : begin + len(air)] += air * np.float32(level * 10 ** (-rng.uniform(12, 34) / 20))
    return samples + room_noise, labels


@dataclass(eq=False)
class Dataset:
    """Units in memory: int16 samples and labels at 100 Hz of each."""

    units: list[Unit]
    samples: list[np.ndarray]
    labels: list[np.ndarray]

    @classmethod
    def read(
        cls, folder: Path, held_out: bool, without: tuple[str, ...] = (), realigned: Path | None = None
    ) -> Dataset:
        """Units of the corpus `folder` of the held-out voices, or of all others; synthesisers in `without` count as
        held out. `realigned`: a file of `realign`, with better labels of some units."""
        new_labels = dict(np.load(realigned)) if realigned and realigned.exists() else {}
        dataset = cls([], [], [])
        for unit in read_units(folder):
            voice = (unit.voice.engine, unit.voice.name)
            if (voice in HELD_OUT or voice[0] in without) != held_out:
                continue
            samples = unit.samples()
            samples = samples[: len(samples) // HOP * HOP]
            dataset.units.append(unit)
            dataset.samples.append(samples)
            labels = new_labels.get(unit.key)
            dataset.labels.append(labels_of(unit.phones, len(samples) // HOP) if labels is None else labels)
        return dataset

    def counts(self) -> np.ndarray:
        """(sounds,) frames of each sound."""
        return sum((np.bincount(labels, minlength=len(NUMBER)) for labels in self.labels), np.zeros(len(NUMBER), int))


class Batches(torch.utils.data.IterableDataset):
    """Endless (samples (B, N) float32, labels (B, T) int64), the same for the same seed and step."""

    def __init__(self, dataset: Dataset, seed: int, first: int, batch: int, seconds: float, degraded: bool = True):
        self.dataset, self.seed, self.first = dataset, seed, first
        self.batch, self.frames, self.degraded = batch, int(seconds * FRAMES) // 2 * 2, degraded
        length = np.array([len(s) for s in dataset.samples], float)
        self.chance = length / length.sum()

    def __iter__(self) -> Iterator[tuple[torch.Tensor, torch.Tensor]]:
        worker = torch.utils.data.get_worker_info()
        if worker is not None:
            torch.set_num_threads(1)
        step, stride = (self.first, 1) if worker is None else (self.first + worker.id, worker.num_workers)
        while True:
            rng = np.random.default_rng([self.seed, step])
            samples, labels = zip(*(self._example(rng) for _ in range(self.batch)), strict=True)
            yield torch.from_numpy(np.stack(samples)), torch.from_numpy(np.stack(labels))
            step += stride

    def _example(self, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
        if self.degraded and rng.random() < NONSPEECH:
            samples = nonspeech(rng, self.frames / FRAMES).astype(np.float32)
            return degrade(samples, rng).astype(np.float32), np.zeros(self.frames, np.int64)
        samples, labels = self._clip(rng)
        if self.degraded and rng.random() < SPEED_SHARE:
            samples, labels = resampled(samples, labels, float(np.exp(rng.uniform(-SPEED, SPEED))))
        if self.degraded and rng.random() < PAUSE_SHARE:
            samples, labels = with_pause(samples, labels, rng)
        if self.degraded:
            others = [self._clip(rng)[0] for _ in range(3)] if rng.random() < 0.1 else []
            samples = degrade(samples, rng, others).astype(np.float32)
        return samples, labels

    def _clip(self, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
        at = rng.choice(len(self.chance), p=self.chance)
        labels = self.dataset.labels[at]
        begin = int(rng.integers(0, max(1, len(labels) - self.frames)))
        part = slice(begin * HOP, (begin + self.frames) * HOP)
        samples = self.dataset.samples[at][part].astype(np.float32) / 32768
        labels = labels[begin : begin + self.frames].astype(np.int64)
        short = self.frames - len(labels)
        return np.pad(samples, (0, self.frames * HOP - len(samples))), np.pad(labels, (0, short))
