# SPDX-License-Identifier: GPL-3.0-or-later
"""How much of a motion is left at a time of its diffusion: the cosine schedule (Nichol & Dhariwal 2021, section 3.2).

Time runs from 0, the motion itself, to 1, noise alone. A motion x at time t is signal(t) * x + noise(t) * e with
e normal; the squares of the two sum to 1.
"""

from __future__ import annotations

import math

import torch

OFFSET = 0.008  # of the paper: without it the first steps would change nothing
START = 0.999  # where sampling begins: 0.16 % of the signal is left, and its logarithm is still finite


def signal(t: torch.Tensor) -> torch.Tensor:
    """The factor on the motion, in the shape of t; 1 at 0, 0 at 1."""
    quarter = math.pi / 2
    return torch.cos((t + OFFSET) / (1 + OFFSET) * quarter) / math.cos(OFFSET / (1 + OFFSET) * quarter)


def noise(t: torch.Tensor) -> torch.Tensor:
    """The factor on the noise; 0 at 0, 1 at 1."""
    return torch.sqrt((1 - signal(t).square()).clamp(min=0))


def diffused(motion: torch.Tensor, t: torch.Tensor, sample: torch.Tensor) -> torch.Tensor:
    """Motion (B, F, C) at times (B,), with a noise sample (B, F, C)."""
    t = t[:, None, None]
    return signal(t) * motion + noise(t) * sample
