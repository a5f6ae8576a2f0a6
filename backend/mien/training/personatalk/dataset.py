# SPDX-License-Identifier: GPL-3.0-or-later
"""Examples for stage 1: seconds of a synthetic speaker, some of whose frames are known, and some wanted for."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np
import torch

from mien.engines.personatalk.geometry.audio_features import PHONETIC
from mien.engines.personatalk.geometry.style_fit import audio_of
from mien.speech_analysis.track import PHONES, RATE
from mien.training.personatalk.clips import Clip
from mien.training.personatalk.speakers import draw_style, perform

POOL = 1500  # speakers; each is seen several times, other frames of theirs being known
PICTURES = 25  # a second
KNOWN = (4.0, 18.0)  # s of a film that are learnt from
WANTED = (1.2, 4.0)  # s that are wanted for
APART = 3  # frames between them
WITHOUT_TAKE = 0.15  # share of the examples that know nothing of the engine's take
MISHEARD = 0.5  # share of the examples with phones that the recogniser took for others
SPANS, SPAN = 12, (4, 20)  # such spans, at most, and their frames at 100 Hz
PARTS = 40  # speakers that the components are of

Example = tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray, np.ndarray, np.ndarray]


@dataclass(eq=False)
class SpeakerDataset:
    """Speakers are drawn from `seed`; basis (K, P * 3) of their mouths' coefficients. seconds: of an example."""

    clips: Sequence[Clip]
    seed: int
    seconds: float
    basis: np.ndarray | None = None
    augmented: bool = True
    _pool: dict[int, tuple[Clip, np.ndarray, np.ndarray]] = field(default_factory=dict)

    @property
    def frames(self) -> int:
        return round(self.seconds * PICTURES)

    def speaker(self, number: int) -> tuple[Clip, np.ndarray, np.ndarray]:
        """(clip, coefficients (F, K) over the whole of it, style) of a speaker."""
        if number not in self._pool:
            clip, points, style = self._performed(number)
            assert self.basis is not None
            self._pool[number] = clip, (points @ self.basis.T).astype(np.float32), style
        return self._pool[number]

    def _performed(self, number: int) -> tuple[Clip, np.ndarray, np.ndarray]:
        rng = np.random.default_rng([self.seed, number])
        clip = self.clips[int(rng.integers(len(self.clips)))]
        style = draw_style(rng)
        times = np.arange(int(clip.voice.seconds * PICTURES)) / PICTURES
        return clip, perform(clip, style, times, rng), style.as_row()

    def find_basis(self, count: int) -> np.ndarray:
        """(count, P * 3) principal components of PARTS speakers, each of spread 1."""
        total = 0.0
        for number in range(PARTS):
            points = self._performed(number)[1]
            points = points - points.mean(0)
            total = total + points.T @ points / (points**2).sum()
        return np.linalg.eigh(total)[1][:, ::-1][:, :count].T.astype(np.float32)

    def batches(self, first: int, batch: int, pool: int = POOL) -> Iterator[tuple[torch.Tensor, ...]]:
        """Endless (audio (B, T, SIZE), at (B, F) s, mouth (B, F, K), known (B, F), wanted (B, F), style (B, STYLES))
        from step `first` on, the same for the same step."""
        step = first
        while True:
            rng = np.random.default_rng([self.seed, 1, step])
            rows = [self.example(int(rng.integers(pool)), rng) for _ in range(batch)]
            yield tuple(torch.from_numpy(np.stack(values)) for values in zip(*rows, strict=True))
            step += 1

    def example(self, number: int, rng: np.random.Generator) -> Example:
        """One row of a batch. The mouth counts from its mean in known frames and has spread 1 there."""
        clip, mouth, style = self.speaker(number)
        frames = self.frames
        first = int(rng.integers(max(1, len(mouth) - frames + 1)))
        count = min(frames, len(mouth) - first)
        known, wanted = _frames_of(rng, frames, count)
        values = np.zeros((frames, mouth.shape[1]), np.float32)
        values[:count] = mouth[first : first + count]
        values[:count] -= values[known].mean(0)
        values /= max(float(np.sqrt((values[known] ** 2).sum(1).mean())), 1e-6)
        at = np.arange(frames, dtype=np.float32) / PICTURES
        return self._audio(clip, first * RATE // PICTURES, rng), at, values, known, wanted, style

    def _audio(self, clip: Clip, first: int, rng: np.random.Generator) -> np.ndarray:
        length = self.frames * RATE // PICTURES
        audio = voice_rows(clip)[first : first + length].copy()
        if self.augmented and rng.random() < MISHEARD:
            for _ in range(int(rng.integers(SPANS))):
                size = int(rng.integers(*SPAN))
                to, source = rng.integers(0, len(audio) - size, 2)
                audio[to : to + size, : len(PHONES)] = audio[source : source + size, : len(PHONES)]
        if self.augmented and rng.random() < WITHOUT_TAKE:
            audio[:, PHONETIC : PHONETIC + 2] = 0
            audio[:, PHONETIC + 5 :] = 0
        return np.pad(audio, ((0, length - len(audio)), (0, 0)), mode="edge")


def voice_rows(clip: Clip) -> np.ndarray:
    """(T, SIZE) float32."""
    return audio_of(clip.voice)


def _frames_of(rng: np.random.Generator, frames: int, count: int) -> tuple[np.ndarray, np.ndarray]:
    """(known, wanted) (F,) bool: a block is wanted for, what is around it is known."""
    size = min(round(rng.uniform(*WANTED) * PICTURES), count // 3)
    begin = int(rng.integers(0, count - size + 1))
    numbers = np.arange(frames)
    wanted = (numbers >= begin) & (numbers < begin + size)
    near = (numbers >= begin - APART) & (numbers < begin + size + APART)
    known = ~near & (numbers < count)
    most = round(rng.uniform(*KNOWN) * PICTURES)
    if known.sum() > most:  # the nearest are kept
        away = np.where(known, np.maximum(begin - numbers, numbers - begin - size), frames)
        known &= away <= np.sort(away[known])[most - 1]
    return known, wanted
