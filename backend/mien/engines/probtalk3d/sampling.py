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

from mien.engines.neural.motion_space import PARTS, SIZE
from mien.engines.neural.windows import windows
from mien.engines.probtalk3d.code_predictor import Performer, Sampler, draw, logits
from mien.numeric.random_streams import stream

# The mouth's codes are drawn frame by frame; noise that changes within a fifth of a second, and not from frame to
# frame, makes another way of saying it of that instead of a tremble. What is drawn at each frame has the same chances.
SLOW = 2.5  # frames, standard deviation
# Takes are sampled so many at a time, even if fewer are wanted: a product of other shapes is rounded in another way,
# and a seed's take must not depend on how many are made beside it.
GROUP = 5


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
    if not temperature:
        seeds, takes = [0], len(seeds)  # they are all one
    else:
        takes = 1
    noises = {
        name: [Noise(stream(seed, name), tuple(codecs[name].book.vectors.shape[:2]), slow) for seed in seeds]
        for name, slow in (("mouth", SLOW), ("life", 0.0))
    }
    samplers = [Sampler(performer, codecs["life"].book, GROUP) for _ in range(0, len(seeds), GROUP)]
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
            life_vectors.append(_lived(samplers, prepared, temperature, noise))
        motion = np.zeros((len(seeds), whole, SIZE), np.float32)
        for name, vectors in (("mouth", mouth_vectors), ("life", life_vectors)):
            motion[:, :, list(PARTS[name])] = _decoded(codecs[name], torch.cat(vectors, 1), whole)
    return np.repeat(motion[:, :frames], takes, 0)


def _decoded(codec: nn.Module, vectors: torch.Tensor, frames: int) -> np.ndarray:
    """(takes, frames / stride, groups, depth) -> (takes, frames, numbers), each take for itself"""
    stride = codec.shape.stride
    motion = np.empty((len(vectors), frames, codec.shape.numbers), np.float32)
    for one, made in zip(vectors, motion, strict=True):
        for begin, end, low, high in windows(frames, codec.reach, stride):
            decoded = codec.decode(one[None, low // stride : high // stride])
            made[begin:end] = decoded[0, begin - low : end - low].numpy()
    return motion


def _lived(samplers: list[Sampler], prepared: torch.Tensor, temperature: float, noise: torch.Tensor) -> torch.Tensor:
    """(1, N, width) and noise (takes, N, groups, codes) -> vectors (takes, N, groups, depth)"""
    takes = len(noise)
    whole = torch.zeros(len(samplers) * GROUP, *noise.shape[1:])
    whole[:takes] = noise
    drawn = [
        sampler(prepared.expand(GROUP, -1, -1), temperature, some)
        for sampler, some in zip(samplers, whole.split(GROUP), strict=True)
    ]
    return torch.cat(drawn)[:takes]


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


def _drawn(noises: list[Noise], rows: int) -> torch.Tensor:
    """(takes, rows, ...)"""
    return torch.from_numpy(np.stack([noise(rows) for noise in noises]))
