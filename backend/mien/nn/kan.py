# SPDX-License-Identifier: GPL-3.0-or-later
"""A layer of a Kolmogorov-Arnold network (Liu et al. 2024, KAN, section 2): every edge has a function of its own, a
cubic spline and a SiLU."""

from __future__ import annotations

import torch
from torch import nn
from torch.nn import functional

ORDER = 3  # of the splines
NOISE = 0.1  # range of the noise that the first splines are fitted to, times 1 / intervals


class KanLayer(nn.Module):
    """y_o = sum_i base_oi SiLU(x_i) + sum_i scaler_oi sum_b spline_oib B_b(x_i), over the last axis.

    The bases B are cubic B-splines on `intervals` equal parts of [-1, 1] and are 0 beyond three parts outside of it:
    inputs should be normalised. Names and shapes of the tensors are those of published checkpoints: base_weight and
    spline_scaler (outputs, inputs), spline_weight (outputs, inputs, bases), grid (inputs, knots).
    """

    grid: torch.Tensor

    def __init__(self, inputs: int, outputs: int, intervals: int = 5) -> None:
        super().__init__()
        self.intervals = intervals
        knots = torch.arange(-ORDER, intervals + ORDER + 1) * (2 / intervals) - 1
        self.register_buffer("grid", knots.expand(inputs, -1).contiguous())
        self.base_weight = nn.Parameter(torch.empty(outputs, inputs))
        self.spline_scaler = nn.Parameter(torch.empty(outputs, inputs))
        for weight in (self.base_weight, self.spline_scaler):
            nn.init.kaiming_uniform_(weight, a=5**0.5)
        points = torch.linspace(-1, 1, intervals + 1)[:, None].expand(-1, inputs)
        noise = (torch.rand(intervals + 1, inputs, outputs) - 0.5) * NOISE / intervals
        self.spline_weight = nn.Parameter(self.fit(points, noise))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """(..., inputs) -> (..., outputs)"""
        flat = x.reshape(-1, x.shape[-1])
        splines = self.bases(flat).flatten(1) @ self.scaled_splines().flatten(1).T
        return (functional.silu(flat) @ self.base_weight.T + splines).unflatten(0, x.shape[:-1])

    def scaled_splines(self) -> torch.Tensor:
        """(outputs, inputs, bases) coefficients that the bases are multiplied by."""
        return self.spline_weight * self.spline_scaler[..., None]

    def bases(self, x: torch.Tensor) -> torch.Tensor:
        """(N, inputs) -> (N, inputs, intervals + 3): the B-splines by the recursion of Cox and de Boor, 0 outside of
        their half-open knot spans."""
        grid, x = self.grid, x[..., None]
        values = ((x >= grid[:, :-1]) & (x < grid[:, 1:])).to(x.dtype)
        for k in range(1, ORDER + 1):
            left = (x - grid[:, : -k - 1]) / (grid[:, k:-1] - grid[:, : -k - 1])
            right = (grid[:, k + 1 :] - x) / (grid[:, k + 1 :] - grid[:, 1:-k])
            values = left * values[..., :-1] + right * values[..., 1:]
        return values

    def fit(self, x: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
        """(outputs, inputs, bases) spline coefficients, without scaler, that come nearest to values y (N, inputs,
        outputs) of each edge at x (N, inputs), by least squares."""
        # the driver that gives the solution of least norm where there are fewer points than bases (CPU only)
        bases, values = self.bases(x).transpose(0, 1).cpu().double(), y.transpose(0, 1).cpu().double()
        solution = torch.linalg.lstsq(bases, values, driver="gelsd").solution  # (inputs, bases, outputs)
        return solution.permute(2, 0, 1).to(y)
