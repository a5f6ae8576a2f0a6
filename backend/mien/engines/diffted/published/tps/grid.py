# SPDX-License-Identifier: GPL-3.0-or-later
"""Coordinates of pictures, sampling at them, Gaussians around points, and pictures made smaller without aliasing."""

from __future__ import annotations

import torch
from torch import nn
from torch.nn import functional

VARIANCE = 0.01  # of the Gaussian around a key point


def coordinate_grid(height: int, width: int, like: torch.Tensor) -> torch.Tensor:
    """(height, width, 2): x and y of each pixel; type and device of `like`."""
    x = 2 * torch.arange(width, dtype=like.dtype, device=like.device) / (width - 1) - 1
    y = 2 * torch.arange(height, dtype=like.dtype, device=like.device) / (height - 1) - 1
    return torch.stack([x[None].expand(height, -1), y[:, None].expand(-1, width)], -1)


def sample(picture: torch.Tensor, grid: torch.Tensor, padding: str = "zeros") -> torch.Tensor:
    """Pictures (B, C, h, w) at points (B, H, W, 2) -> (B, C, H, W), bilinear."""
    return functional.grid_sample(picture, grid, padding_mode=padding, align_corners=True)


def resize(maps: torch.Tensor, size: tuple[int, int]) -> torch.Tensor:
    """Maps (B, C, h, w) -> (B, C, *size), bilinear; those of that size as they are."""
    if tuple(maps.shape[2:]) == tuple(size):
        return maps
    return functional.interpolate(maps, size=size, mode="bilinear", align_corners=True)


def deform(features: torch.Tensor, deformation: torch.Tensor) -> torch.Tensor:
    """Features (B, C, H, W) at a deformation (B, h, w, 2) of another size -> (B, C, H, W)."""
    size = (features.shape[2], features.shape[3])
    return sample(features, resize(deformation.permute(0, 3, 1, 2), size).permute(0, 2, 3, 1))


def gaussians(points: torch.Tensor, height: int, width: int, variance: float = VARIANCE) -> torch.Tensor:
    """Points (B, N, 2) -> (B, N, height, width): exp(-d^2 / (2 variance)) of the distance to each."""
    offset = coordinate_grid(height, width, points) - points[:, :, None, None]
    return torch.exp(-0.5 * (offset**2).sum(-1) / variance)


class AntiAlias(nn.Module):
    """Pictures (B, C, H, W) -> (B, C, scale H, scale W): blurred by a Gaussian, then every 1/scale-th pixel."""

    weight: torch.Tensor

    def __init__(self, channels: int, scale: float) -> None:
        super().__init__()
        self.scale = scale
        sigma = (1 / scale - 1) / 2
        self.reach = round(4 * sigma)
        offsets = torch.arange(2 * self.reach + 1, dtype=torch.float32) - self.reach
        line = torch.exp(-(offsets**2) / (2 * sigma**2))
        kernel = line[:, None] * line[None]
        self.register_buffer("weight", (kernel / kernel.sum()).expand(channels, 1, -1, -1).contiguous())

    def forward(self, picture: torch.Tensor) -> torch.Tensor:
        blurred = functional.conv2d(picture, self.weight, padding=self.reach, groups=picture.shape[1])
        step = round(1 / self.scale)
        return blurred[:, :, ::step, ::step]
