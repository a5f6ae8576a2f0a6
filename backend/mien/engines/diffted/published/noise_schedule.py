# SPDX-License-Identifier: GPL-3.0-or-later
"""The diffusion of DiffTED: 500 steps of linear variance, and noise that its last steps share between frames."""

from __future__ import annotations

import torch
from torch import nn

STEPS = 500
FIRST, LAST = 1e-4, 0.02  # beta of the first and of the last step
STABLE_STEPS = 25  # steps before this one share noise


class NoiseSchedule(nn.Module):
    """Tables of (501,) float32, indexed by the step 1..500; entry 0 is no step (beta 0)."""

    betas: torch.Tensor
    alphas: torch.Tensor
    alpha_bars: torch.Tensor
    sigmas_flex: torch.Tensor
    sigmas_inflex: torch.Tensor

    def __init__(self) -> None:
        super().__init__()
        betas = torch.cat(
            [torch.zeros(1, dtype=torch.float64), torch.linspace(FIRST, LAST, STEPS, dtype=torch.float64)]
        )
        alpha_bars = torch.cumprod(1 - betas, 0)
        before = torch.cat([torch.ones(1, dtype=torch.float64), alpha_bars[:-1]])
        posterior = (1 - before) / (1 - alpha_bars).clamp(min=1e-30) * betas  # variance of a step backwards
        for name, table in (
            ("betas", betas),
            ("alphas", 1 - betas),
            ("alpha_bars", alpha_bars),
            ("sigmas_flex", betas.sqrt()),
            ("sigmas_inflex", posterior.sqrt()),
        ):
            self.register_buffer(name, table.float())

    def mean(self, x: torch.Tensor, noise: torch.Tensor, step: int) -> torch.Tensor:
        """The mean of x at step - 1, for x at `step` and the noise in it."""
        alpha, alpha_bar = self.alphas[step], self.alpha_bars[step]
        return (x - (1 - alpha) / (1 - alpha_bar).sqrt() * noise) / alpha.sqrt()


def shared_share(step: int) -> float:
    """sigma_a, the share of noise that all frames have in common at a step: 0 outside 1..24 (DiffGesture, Zhu et al.
    2023: the noise of the last steps would make the frames tremble)."""
    return ((step - STABLE_STEPS) / STABLE_STEPS) ** 2 if 0 < step < STABLE_STEPS else 0.0


def step_noise(shape: tuple[int, int, int], step: int, generator: torch.Generator) -> torch.Tensor:
    """Noise (B, T, C) that is added after a step, of variance 1; zeros after the last one, step 1."""
    if step <= 1:
        return torch.zeros(shape)
    share = shared_share(step)
    own = torch.randn(shape, generator=generator)
    common = torch.randn((shape[0], 1, shape[2]), generator=generator)
    return share * common + (1 - share**2) ** 0.5 * own
