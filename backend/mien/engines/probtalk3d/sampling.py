# SPDX-License-Identifier: GPL-3.0-or-later
"""Sampling of Mien's own ProbTalk3D: audio and style features to motion at 25 frames a second, in windows, by a seed.

A window is given all that its frames depend on, before and after, and the recurrent state of the codes that were drawn
goes on from window to window, so there are no seams: windows change nothing but the order of some additions.
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
from mien.engines.probtalk3d.code_predictor import CodePredictor, FaceSampler, draw, logits
from mien.engines.probtalk3d.codec import Codec, codec_of
from mien.numeric.random_streams import stream

# The mouth's codes are drawn frame by frame; noise that changes within a fifth of a second, and not from frame to
# frame, makes another articulation of that instead of a tremble. The probabilities at each frame stay the same.
SLOW = 2.5  # frames, standard deviation
# Takes are sampled so many at a time, even if fewer are wanted: a product of other shapes is rounded in another way,
# and a seed's take must not depend on how many are made beside it.
GROUP = 5


def sample(
    codecs: nn.ModuleDict, predictor: CodePredictor, audio: np.ndarray, style: np.ndarray, temperature: float,
    seeds: list[int], progress: Callable[[float], None] = lambda done: None,
) -> np.ndarray:  # fmt: skip
    """(F, audio_features.SIZE) and (F, style_features.SIZE) -> (takes, F, 57) float32, one take for each seed, at
    `temperature` (0: the most probable take, whatever the seed)."""
    stride = predictor.stride
    frames = len(audio)
    padded = -(-frames // stride) * stride
    audio, style = (np.pad(values, ((0, padded - frames), (0, 0)), mode="edge") for values in (audio, style))
    if not temperature:
        seeds, copies = [0], len(seeds)  # they are all one
    else:
        copies = 1
    mouth, face = codec_of(codecs, "mouth"), codec_of(codecs, "life")
    codes_of = {name: tuple(codec.codebook.vectors.shape[:2]) for name, codec in (("mouth", mouth), ("life", face))}
    noises = {
        name: [GumbelNoise(stream(seed, name), codes_of[name], slow) for seed in seeds]
        for name, slow in (("mouth", SLOW), ("life", 0.0))
    }
    samplers = [FaceSampler(predictor, face.codebook, GROUP) for _ in range(0, len(seeds), GROUP)]
    mouth_vectors, face_vectors = [], []
    with torch.inference_mode():
        for begin, end, low, high in windows(padded, predictor.context, stride):
            progress(begin / padded)
            encoded = predictor.encode_audio(*(torch.from_numpy(values[None, low:high]) for values in (audio, style)))
            inside = slice(begin - low, end - low)
            logit = logits(predictor.mouth_features(encoded)[:, inside], mouth.codebook, predictor.sharpness[0])
            noise = _next_rows(noises["mouth"], end - begin)
            codes = draw(logit.expand(len(seeds), -1, -1, -1), temperature, noise)
            mouth_vectors.append(mouth.codebook.look_up(codes))
            features = predictor.face_features(encoded)[:, inside.start // stride : inside.stop // stride]
            noise = _next_rows(noises["life"], features.shape[1])
            face_vectors.append(_sample_face(samplers, features, temperature, noise))
        motion = np.zeros((len(seeds), padded, SIZE), np.float32)
        for name, codec, vectors in (("mouth", mouth, mouth_vectors), ("life", face, face_vectors)):
            motion[:, :, list(PARTS[name])] = _decode(codec, torch.cat(vectors, 1), padded)
    return np.repeat(motion[:, :frames], copies, 0)


def _decode(codec: Codec, vectors: torch.Tensor, frames: int) -> np.ndarray:
    """(takes, frames / stride, groups, depth) -> (takes, frames, numbers), each take for itself"""
    stride = codec.config.stride
    motion = np.empty((len(vectors), frames, codec.config.numbers), np.float32)
    for codes, numbers in zip(vectors, motion, strict=True):
        for begin, end, low, high in windows(frames, codec.context, stride):
            decoded = codec.decode(codes[None, low // stride : high // stride])
            numbers[begin:end] = decoded[0, begin - low : end - low].numpy()
    return motion


def _sample_face(
    samplers: list[FaceSampler], features: torch.Tensor, temperature: float, noise: torch.Tensor
) -> torch.Tensor:
    """(1, N, width) and noise (takes, N, groups, codes) -> vectors (takes, N, groups, depth)"""
    takes = len(noise)
    padded = torch.zeros(len(samplers) * GROUP, *noise.shape[1:])
    padded[:takes] = noise
    drawn = [
        sampler(features.expand(GROUP, -1, -1), temperature, group)
        for sampler, group in zip(samplers, padded.split(GROUP), strict=True)
    ]
    return torch.cat(drawn)[:takes]


class GumbelNoise:
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


def _next_rows(noises: list[GumbelNoise], rows: int) -> torch.Tensor:
    """(takes, rows, ...)"""
    return torch.from_numpy(np.stack([noise(rows) for noise in noises]))
