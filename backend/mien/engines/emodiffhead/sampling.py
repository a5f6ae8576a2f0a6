# SPDX-License-Identifier: GPL-3.0-or-later
"""Sampling of EMOdiffhead: audio and style features and expressions to motion at 25 frames a second, by a seed, in any
length.

All of a sound is denoised together, step by step; within a step the network sees it in windows, each with all that its
frames depend on. So there are no seams: windows change nothing but the order of some additions.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import torch

from mien.engines.emodiffhead.guidance import AS_TRAINED, Guidance
from mien.engines.emodiffhead.network import Denoiser
from mien.engines.emodiffhead.solver import solve
from mien.engines.neural.held_keys import HeldKeys, blend_held
from mien.engines.neural.motion_space import FPS
from mien.engines.neural.windows import windows
from mien.numeric.random_streams import stream

STEPS = 20
Spans = list[tuple[int, int, int, int]]  # of `windows`


def sample(
    network: Denoiser, audio: np.ndarray, style: np.ndarray, expressions: Sequence[np.ndarray], seeds: Sequence[int],
    temperature: float = 1.0, guidance: Guidance = AS_TRAINED, keys: HeldKeys | None = None, steps: int = STEPS,
    progress: Callable[[float], None] = lambda done: None,
) -> np.ndarray:  # fmt: skip
    """(F, audio_features.SIZE), (F, STYLE) and, for each seed, an expression (F, 52) -> (takes, F, 57) float32.

    `temperature` scales the noise that a take begins as: at 0 every seed gives the same. Held keys (of F frames) are
    put into every step's prediction, so that the rest is sampled around them.
    """
    frames, stride = len(audio), network.config.stride
    padded = -(-frames // stride) * stride
    spans = windows(padded, network.context, stride)
    mean, scale = network.mean.numpy(), network.scale.numpy()
    held = None if keys is None else (keys.held, (keys.values - mean) / scale)
    motions = np.empty((len(seeds), frames, network.config.motion), np.float32)
    with torch.inference_mode():
        audio_tensor, style_tensor = (_padded(values, padded) for values in (audio, style))
        encoded = _windowed(spans, network.encode_audio, audio_tensor, style_tensor)
        for i, (seed, expression) in enumerate(zip(seeds, expressions, strict=True)):
            predict = _Prediction(network, guidance, spans, encoded, style_tensor, _padded(expression, padded), held)
            size = (1, padded, network.config.motion)
            start = torch.from_numpy(stream(seed, "diffusion").standard_normal(size, np.float32))
            motion = solve(predict, temperature * start, steps, lambda done, i=i: progress((i + done) / len(seeds)))
            motions[i] = motion[0, :frames].numpy() * scale + mean
    if keys is not None:
        motions[:, keys.held] = keys.values[keys.held]  # to the last bit
    return motions


@dataclass(frozen=True, eq=False)
class _Prediction:
    """The guided prediction at each step of one take; tensors (1, F, ...)."""

    network: Denoiser
    guidance: Guidance
    spans: Spans
    encoded: torch.Tensor
    style: torch.Tensor
    expression: torch.Tensor
    held: tuple[np.ndarray, np.ndarray] | None  # which numbers (F, 57), and their values in the network's units

    def __call__(self, noisy: torch.Tensor, t: float) -> torch.Tensor:
        motion = self.guidance(lambda *use: self.conditioned(noisy, t, *use))
        if self.held is not None:
            inside = motion[0, : len(self.held[0])]
            inside.copy_(torch.from_numpy(blend_held(inside.numpy(), *self.held, FPS)))
        return motion

    def conditioned(self, noisy: torch.Tensor, t: float, use_audio: bool, use_expression: bool) -> torch.Tensor:
        at, *use = (torch.tensor([value]) for value in (t, use_audio, use_expression))

        def window(noisy: torch.Tensor, *conditions: torch.Tensor) -> torch.Tensor:
            return self.network(noisy, at, *conditions, *use)

        return _windowed(self.spans, window, noisy, self.encoded, self.style, self.expression)


def _windowed(spans: Spans, network: Callable[..., torch.Tensor], *tensors: torch.Tensor) -> torch.Tensor:
    """The network's answer to tensors (1, F, C), window by window."""
    return torch.cat([
        network(*(tensor[:, low:high] for tensor in tensors))[:, begin - low : end - low]
        for begin, end, low, high in spans
    ], 1)  # fmt: skip


def _padded(values: np.ndarray, frames: int) -> torch.Tensor:
    """(F, C) -> (1, frames, C) float32, the last again at the end."""
    return torch.from_numpy(np.pad(values, ((0, frames - len(values)), (0, 0)), mode="edge").astype(np.float32))[None]
