# SPDX-License-Identifier: GPL-3.0-or-later
"""Thin-plate splines: a smooth map of the plane through pairs of points (Bookstein 1989), one for each group of points.

T(p) = A p + b + sum_i w_i U(|p - c_i|^2) with U(r2) = r2 log(r2 + 1e-9).
"""

from __future__ import annotations

from dataclasses import dataclass

import torch

from mien.engines.diffted.published.tps.grid import coordinate_grid

RIDGE = 0.01  # on all rows, those of the affine part too: the map is not quite through the points


@dataclass(frozen=True)
class ThinPlate:
    """Splines of any batch shape `...`: `affine` (..., 2, 3), `weights` (..., n, 2) and `centres` (..., n, 2)."""

    affine: torch.Tensor
    weights: torch.Tensor
    centres: torch.Tensor

    def warp(self, points: torch.Tensor) -> torch.Tensor:
        """Points (..., N, 2) -> (..., N, 2)."""
        squared = ((points[..., :, None, :] - self.centres[..., None, :, :]) ** 2).sum(-1)
        bent = _radial(squared) @ self.weights
        return points @ self.affine[..., :2].transpose(-1, -2) + self.affine[..., None, :, 2] + bent

    def grid(self, height: int, width: int) -> torch.Tensor:
        """Where each pixel of a picture comes from: (..., height, width, 2)."""
        points = coordinate_grid(height, width, self.affine).reshape(-1, 2)
        return self.warp(points).unflatten(-2, (height, width))


def fit(driving: torch.Tensor, source: torch.Tensor) -> ThinPlate:
    """The splines from driving points (..., n, 2) to source points (..., n, 2)."""
    n = driving.shape[-2]
    squared = ((driving[..., :, None, :] - driving[..., None, :, :]) ** 2).sum(-1)
    affine = torch.cat([driving, torch.ones_like(driving[..., :1])], -1)
    system = driving.new_zeros((*driving.shape[:-2], n + 3, n + 3))
    system[..., :n, :n] = _radial(squared)
    system[..., :n, n:] = affine
    system[..., n:, :n] = affine.transpose(-1, -2)
    system = system + RIDGE * torch.eye(n + 3, dtype=driving.dtype, device=driving.device)
    target = torch.cat([source, source.new_zeros((*source.shape[:-2], 3, 2))], -2)
    solution = torch.linalg.solve(system, target)
    return ThinPlate(solution[..., n:, :].transpose(-1, -2), solution[..., :n, :], driving)


def random_spline(
    batch: int, generator: torch.Generator, affine: float = 0.05, bending: float = 0.005, side: int = 5
) -> ThinPlate:
    """Small random maps for the equivariance loss: deviations of the affine part and of the weights, which bend x and y
    alike, on side x side centres."""
    theta = torch.eye(2, 3) + affine * torch.randn((batch, 2, 3), generator=generator)
    weights = bending * torch.randn((batch, side * side, 1), generator=generator)
    return ThinPlate(theta, weights.expand(-1, -1, 2), coordinate_grid(side, side, theta).reshape(1, -1, 2))


def _radial(squared: torch.Tensor) -> torch.Tensor:
    return squared * torch.log(squared + 1e-9)
