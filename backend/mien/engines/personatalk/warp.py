# SPDX-License-Identifier: GPL-3.0-or-later
"""Pixels moved and blurred: what the renderer asks of PyTorch. Images are (C, H, W) float32 tensors."""

from __future__ import annotations

import functools
import math

import torch
import torch.nn.functional as F
from torch import Tensor

SMALL = 8  # times a blur's reach: an image up to this size is small


def sample(image: Tensor, places: Tensor, cubic: bool = False) -> Tensor:
    """(C, h, w): the image (C, H, W) at places (h, w, 2), x and y in pixels, (0, 0) the middle of the first; the edge
    goes on outside."""
    height, width = image.shape[-2:]
    scale = torch.tensor([2 / max(width - 1, 1), 2 / max(height - 1, 1)])
    grid = (places * scale - 1)[None]
    mode = "bicubic" if cubic else "bilinear"
    return F.grid_sample(image[None], grid, mode=mode, padding_mode="border", align_corners=True)[0]


def blurred(image: Tensor, sigma: float) -> Tensor:
    """(C, H, W) by a Gaussian of `sigma` pixels; the edge goes on outside. Sums of shifted images: some five times
    as fast as PyTorch's convolution of each channel. Of a small image a product with the matrix of all weights."""
    weights = _gaussian(round(float(sigma), 2))
    reach = len(weights) // 2
    height, width = image.shape[-2:]
    if max(height, width) <= SMALL * reach:
        return _blurring(height, round(float(sigma), 2)) @ image @ _blurring(width, round(float(sigma), 2)).T
    padded = F.pad(image[None], (reach, reach, reach, reach), mode="replicate")[0]
    down = padded.narrow(1, reach, height) * weights[reach]
    for step in range(1, reach + 1):
        pair = padded.narrow(1, reach - step, height) + padded.narrow(1, reach + step, height)
        down.add_(pair, alpha=weights[reach + step])
    across = down.narrow(2, reach, width) * weights[reach]
    for step in range(1, reach + 1):
        pair = down.narrow(2, reach - step, width) + down.narrow(2, reach + step, width)
        across.add_(pair, alpha=weights[reach + step])
    return across


@functools.lru_cache(maxsize=256)
def _gaussian(sigma: float) -> list[float]:
    reach = max(1, math.ceil(3 * sigma))
    weights = torch.exp(-0.5 * (torch.arange(-reach, reach + 1) / max(sigma, 1e-3)) ** 2)
    return (weights / weights.sum()).tolist()


@functools.lru_cache(maxsize=256)
def _blurring(size: int, sigma: float) -> Tensor:
    """(size, size): the share of each pixel of a line in each one of it when it is blurred."""
    weights = _gaussian(sigma)
    reach = len(weights) // 2
    shares = torch.zeros(size, size)
    for step, weight in enumerate(weights):
        seen = (torch.arange(size) + step - reach).clamp(0, size - 1)
        shares[torch.arange(size), seen] += weight
    return shares
