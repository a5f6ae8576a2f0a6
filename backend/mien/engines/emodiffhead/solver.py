# SPDX-License-Identifier: GPL-3.0-or-later
"""From noise to motion in a few steps: DPM-Solver++(2M) (Lu et al. 2022, arXiv 2211.01095, algorithm 2).

It follows the probability flow of a network that predicts the motion itself, by its last two predictions; chance is in
the start alone. Thirty lines, where `diffusers` brings its scheduler with 28 MB and the client of a hub.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import torch

from mien.engines.emodiffhead.noise_schedule import START, noise, signal

Predict = Callable[[torch.Tensor, float], torch.Tensor]
"""The motion that a noisy one (...) came from, as far as can be told at that time."""


def times(steps: int) -> torch.Tensor:
    """(steps + 1,) float64 from START to 0, evenly."""
    return torch.linspace(START, 0, steps + 1, dtype=torch.float64)


def solve(
    predict: Predict, start: torch.Tensor, steps: int, progress: Callable[[float], None] = lambda done: None
) -> torch.Tensor:
    """The motion that `start` (...), at time START, came from. The last prediction is what comes out."""
    x, t = start, times(steps)
    left, lost = signal(t), noise(t)
    odds = torch.log(left / lost)  # half of the logarithm of the signal-to-noise ratio: the solver's clock
    before, last_step = start, 0.0
    for i in range(steps):
        progress(i / steps)
        found = predict(x, float(t[i]))
        if i == steps - 1:
            return found
        step = float(odds[i + 1] - odds[i])
        towards = found
        if i > 0:  # second order: along the line through the last two predictions
            towards = found + (found - before) * (step / last_step / 2)
        kept = float(lost[i + 1] / lost[i])
        x = kept * x + float(left[i + 1]) * -math.expm1(-step) * towards
        before, last_step = found, step
    raise ValueError(f"a motion was to be sampled in {steps} steps; it takes one or more.")
