# SPDX-License-Identifier: GPL-3.0-or-later
"""How much of a motion is left at a time of its diffusion (cosine: Nichol and Dhariwal 2021, section 3.2), and steps
back without fresh noise (DDIM: Song et al. 2021, section 4.1, eta 0), for a network that predicts the motion."""

from __future__ import annotations

import math
from collections.abc import Callable

import torch

STEPS = 20
START = 0.995  # time at which sampling begins: .8 % of the motion is left

Predict = Callable[[torch.Tensor, float], torch.Tensor]
"""The clean motion (...) behind a noisy one at a time."""


def signal(t: torch.Tensor) -> torch.Tensor:
    """The factor on the motion: 1 at 0, 0 at 1."""
    return torch.cos(t * math.pi / 2)


def noise(t: torch.Tensor) -> torch.Tensor:
    """The factor on the noise: 0 at 0, 1 at 1."""
    return torch.sin(t * math.pi / 2)


def diffused(motion: torch.Tensor, t: torch.Tensor, drawn: torch.Tensor) -> torch.Tensor:
    """Motion (B, F, C) at times (B,), with noise (B, F, C)."""
    t = t[:, None, None]
    return signal(t) * motion + noise(t) * drawn


def solve(predict: Predict, start: torch.Tensor, steps: int = STEPS) -> torch.Tensor:
    """The clean motion (...) of `start`, noise at time START; it is the last prediction. ValueError without steps."""
    if steps < 1:
        raise ValueError(f"a motion was to be sampled in {steps} steps; it takes one or more.")
    times = torch.linspace(START, 0, steps + 1, dtype=torch.float64)
    x = clean = start
    for now, after in zip(times[:-1], times[1:], strict=True):
        clean = predict(x, float(now))
        drawn = (x - float(signal(now)) * clean) / float(noise(now))
        x = float(signal(after)) * clean + float(noise(after)) * drawn
    return clean
