# SPDX-License-Identifier: GPL-3.0-or-later
"""From noise to motion in a few steps: DPM-Solver++(2M) (Lu et al. 2022, arXiv 2211.01095, algorithm 2).

It follows the probability flow of a network that predicts the motion itself, by its last two predictions; only the
start is random. Thirty lines, where `diffusers` brings its scheduler with 28 MB and the client of a hub.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import torch

from mien.engines.emodiffhead.noise_schedule import START, noise, signal

Predict = Callable[[torch.Tensor, float], torch.Tensor]
"""A prediction of the clean motion (...) from a noisy one at that time."""


def times(steps: int) -> torch.Tensor:
    """(steps + 1,) float64 from START to 0, evenly."""
    return torch.linspace(START, 0, steps + 1, dtype=torch.float64)


def solve(
    predict: Predict, start: torch.Tensor, steps: int, progress: Callable[[float], None] = lambda done: None
) -> torch.Tensor:
    """The clean motion of `start` (...), noise at time START; it is the last prediction. ValueError without steps."""
    x, t = start, times(steps)
    alpha, sigma = signal(t), noise(t)
    log_ratio = torch.log(alpha / sigma)  # half of the logarithm of the signal-to-noise ratio: the solver's clock
    before, last_step = start, 0.0
    for i in range(steps):
        progress(i / steps)
        predicted = predict(x, float(t[i]))
        if i == steps - 1:
            return predicted
        step = float(log_ratio[i + 1] - log_ratio[i])
        towards = predicted
        if i > 0:  # second order: along the line through the last two predictions
            towards = predicted + (predicted - before) * (step / last_step / 2)
        keep = float(sigma[i + 1] / sigma[i])
        x = keep * x + float(alpha[i + 1]) * -math.expm1(-step) * towards
        before, last_step = predicted, step
    raise ValueError(f"a motion was to be sampled in {steps} steps; it takes one or more.")
