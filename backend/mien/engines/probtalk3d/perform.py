# SPDX-License-Identifier: GPL-3.0-or-later
"""Mien's own ProbTalk3D at work: what is heard and told to motion at 25 frames a second, in windows, by a seed.

A window is given all that its frames depend on, before and after, and the memory of the codes that were drawn goes on
from window to window, so there are no seams: windows change nothing but the order of some additions.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch
from scipy.ndimage import gaussian_filter1d
from scipy.special import ndtr
from torch import nn

from mien.engines.probtalk3d.loss import PARTS
from mien.engines.probtalk3d.performer import Performer, Sampler, draw, logits
from mien.engines.probtalk3d.space import SIZE
from mien.seeds import stream

WINDOW = 1000  # frames
# The mouth's codes are drawn frame by frame; noise that changes within a fifth of a second, and not from frame to
# frame, makes another way of saying it of that instead of a tremble. What is drawn at each frame has the same chances.
SLOW = 2.5  # frames, standard deviation


def perform(
    codecs: nn.ModuleDict, performer: Performer, heard: np.ndarray, told: np.ndarray, temperature: float,
    seeds: list[int], progress: Callable[[float], None] = lambda done: None,
) -> np.ndarray:  # fmt: skip
    """(F, heard.SIZE) and (F, told.SIZE) -> (takes, F, 57) float32, one take for each seed, at `temperature` (0: the
    most probable take, whatever the seed)."""
    stride = performer.stride
    frames = len(heard)
    whole = -(-frames // stride) * stride
    heard, told = (np.pad(each, ((0, whole - frames), (0, 0)), mode="edge") for each in (heard, told))
    sampler = Sampler(performer, codecs["life"].book, len(seeds))
    varied = seeds if temperature else []
    noises = {
        name: [Noise(stream(seed, name), tuple(codecs[name].book.vectors.shape[:2]), slow) for seed in varied]
        for name, slow in (("mouth", SLOW), ("life", 0.0))
    }
    mouth_vectors, life_vectors = [], []
    with torch.inference_mode():
        for begin, end, low, high in windows(whole, performer.reach, stride):
            progress(begin / whole)
            listened = performer.listen(*(torch.from_numpy(each[None, low:high]) for each in (heard, told)))
            inside = slice(begin - low, end - low)
            logit = logits(performer.mouth(listened)[:, inside], codecs["mouth"].book, performer.sharpness[0])
            noise = _drawn(noises["mouth"], end - begin)
            codes = draw(logit.expand(len(seeds), -1, -1, -1), temperature, noise)
            mouth_vectors.append(codecs["mouth"].book.look_up(codes))
            prepared = performer.prepare(listened)[:, inside.start // stride : inside.stop // stride]
            noise = _drawn(noises["life"], prepared.shape[1])
            life_vectors.append(sampler(prepared.expand(len(seeds), -1, -1), temperature, noise))
        motion = np.zeros((len(seeds), whole, SIZE), np.float32)
        for name, vectors in (("mouth", mouth_vectors), ("life", life_vectors)):
            motion[:, :, list(PARTS[name])] = _decoded(codecs[name], torch.cat(vectors, 1), whole)
    return motion[:, :frames]


def windows(frames: int, reach: int, stride: int) -> list[tuple[int, int, int, int]]:
    """(begin, end, low, high): frames [begin, end) need [low, high). All are multiples of `stride` if `frames` is."""
    margin = -(-reach // stride) * stride
    width = WINDOW // stride * stride
    return [
        (begin, min(begin + width, frames), max(0, begin - margin), min(begin + width + margin, frames))
        for begin in range(0, frames, width)
    ]


def _decoded(codec: nn.Module, vectors: torch.Tensor, frames: int) -> np.ndarray:
    """(takes, frames / stride, groups, depth) -> (takes, frames, numbers)"""
    stride = codec.shape.stride
    parts = []
    for begin, end, low, high in windows(frames, codec.reach, stride):
        decoded = codec.decode(vectors[:, low // stride : high // stride])
        parts.append(decoded[:, begin - low : end - low].numpy())
    return np.concatenate(parts, 1)


class Noise:
    """Gumbel noise of one take, row by row: the same rows however many are asked for at once."""

    def __init__(self, rng: np.random.Generator, shape: tuple[int, ...], slow: float = 0.0) -> None:
        """Rows of `shape`, smoothed over time by a Gaussian of `slow` rows."""
        self.rng, self.shape, self.slow = rng, shape, slow
        self.margin = int(np.ceil(4 * slow))
        self.white = rng.standard_normal((2 * self.margin, *shape), np.float32)

    def __call__(self, rows: int) -> np.ndarray:
        """(rows, *shape) float32: the next ones."""
        self.white = np.concatenate([self.white, self.rng.standard_normal((rows, *self.shape), np.float32)])
        normal = self.white
        if self.slow:
            smooth = gaussian_filter1d(normal, self.slow, axis=0, truncate=4.0)
            normal = smooth[self.margin : self.margin + rows] * np.sqrt(2 * np.sqrt(np.pi) * self.slow)  # as wide again
        self.white = self.white[rows:]
        uniform = np.clip(ndtr(normal), 1e-6, 1 - 1e-6)
        return -np.log(-np.log(uniform)).astype(np.float32)


def _drawn(noises: list[Noise], rows: int) -> torch.Tensor | None:
    """(takes, rows, ...); None without takes that vary."""
    return torch.from_numpy(np.stack([noise(rows) for noise in noises])) if noises else None
