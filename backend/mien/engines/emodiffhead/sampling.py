# SPDX-License-Identifier: GPL-3.0-or-later
"""EMOdiffhead at work: what is heard, told and felt to motion at 25 frames a second, by a seed, in any length.

All of a sound is denoised together, step by step; within a step the network sees it in windows, each with all that its
frames depend on. So there are no seams: windows change nothing but the order of some additions.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import torch

from mien.engines.emodiffhead.guidance import AS_LEARNT, Guidance
from mien.engines.emodiffhead.held_keys import Held, joined
from mien.engines.emodiffhead.network import Denoiser
from mien.engines.emodiffhead.solver import solve
from mien.engines.neural.motion_space import FPS
from mien.engines.neural.windows import windows
from mien.numeric.random_streams import stream

STEPS = 20
Spans = list[tuple[int, int, int, int]]  # of `windows`


def perform(
    network: Denoiser, heard: np.ndarray, style: np.ndarray, expressions: Sequence[np.ndarray], seeds: Sequence[int],
    temperature: float = 1.0, guidance: Guidance = AS_LEARNT, held: Held | None = None, steps: int = STEPS,
    progress: Callable[[float], None] = lambda done: None,
) -> np.ndarray:  # fmt: skip
    """(F, heard.SIZE), (F, STYLE) and, for each seed, an expression (F, 52) -> (takes, F, 57) float32.

    `temperature` scales the noise that a take begins as: at 0 every seed gives the same. What is held (of F frames) is
    put into every step's prediction, so that the rest is sampled around it.
    """
    frames, stride = len(heard), network.shape.stride
    whole = -(-frames // stride) * stride
    spans = windows(whole, network.reach, stride)
    mean, scale = network.mean.numpy(), network.scale.numpy()
    kept = None if held is None else (held.held, (held.values - mean) / scale)
    motions = np.empty((len(seeds), frames, network.shape.motion), np.float32)
    with torch.inference_mode():
        sound, told = (_padded(each, whole) for each in (heard, style))
        listened = _windowed(spans, network.listen, sound, told)
        for i, (seed, expression) in enumerate(zip(seeds, expressions, strict=True)):
            guided = _Guided(network, guidance, spans, listened, told, _padded(expression, whole), kept)
            size = (1, whole, network.shape.motion)
            start = torch.from_numpy(stream(seed, "diffusion").standard_normal(size, np.float32))
            made = solve(guided, temperature * start, steps, lambda done, i=i: progress((i + done) / len(seeds)))
            motions[i] = made[0, :frames].numpy() * scale + mean
    if held is not None:
        motions[:, held.held] = held.values[held.held]  # to the last bit
    return motions


@dataclass(frozen=True, eq=False)
class _Guided:
    """What the solver asks at each step of one take, all (1, F, ...)."""

    network: Denoiser
    guidance: Guidance
    spans: Spans
    listened: torch.Tensor
    told: torch.Tensor
    felt: torch.Tensor
    held: tuple[np.ndarray, np.ndarray] | None  # which numbers (F, 57), and at what in the network's units

    def __call__(self, noisy: torch.Tensor, t: float) -> torch.Tensor:
        found = self.guidance(lambda hears, feels: self.conditioned(noisy, t, hears, feels))
        if self.held is not None:
            some = found[0, : len(self.held[0])]
            some.copy_(torch.from_numpy(joined(some.numpy(), *self.held, FPS)))
        return found

    def conditioned(self, noisy: torch.Tensor, t: float, hears: bool, feels: bool) -> torch.Tensor:
        at, *flags = (torch.tensor([each]) for each in (t, hears, feels))

        def seen(noisy: torch.Tensor, *known: torch.Tensor) -> torch.Tensor:
            return self.network(noisy, at, *known, *flags)

        return _windowed(self.spans, seen, noisy, self.listened, self.told, self.felt)


def _windowed(spans: Spans, network: Callable[..., torch.Tensor], *whole: torch.Tensor) -> torch.Tensor:
    """The network's answer to tensors (1, F, C), window by window."""
    return torch.cat([
        network(*(each[:, low:high] for each in whole))[:, begin - low : end - low] for begin, end, low, high in spans
    ], 1)  # fmt: skip


def _padded(values: np.ndarray, frames: int) -> torch.Tensor:
    """(F, C) -> (1, frames, C) float32, the last again at the end."""
    return torch.from_numpy(np.pad(values, ((0, frames - len(values)), (0, 0)), mode="edge").astype(np.float32))[None]
