# SPDX-License-Identifier: GPL-3.0-or-later
"""Pixels moved and blurred: what the renderer asks of PyTorch. Images are (C, H, W) float32 tensors."""

from __future__ import annotations

import functools
import math

import torch
import torch.nn.functional as F
from torch import Tensor


def sample(image: Tensor, places: Tensor, cubic: bool = False) -> Tensor:
    """(C, h, w): the image (C, H, W) at places (h, w, 2), x and y in pixels, (0, 0) the middle of the first; the edge
    goes on outside."""
    height, width = image.shape[-2:]
    scale = torch.tensor([2 / max(width - 1, 1), 2 / max(height - 1, 1)])
    grid = (places * scale - 1)[None]
    mode = "bicubic" if cubic else "bilinear"
    return F.grid_sample(image[None], grid, mode=mode, padding_mode="border", align_corners=True)[0]


def blurred(image: Tensor, sigma: float) -> Tensor:
    """(C, H, W) by a Gaussian of `sigma` pixels; the edge goes on outside."""
    weights = _gaussian(round(float(sigma), 2))
    reach, channels = len(weights) // 2, len(image)
    padded = F.pad(image[None], (reach, reach, reach, reach), mode="replicate")
    down = F.conv2d(padded, weights.view(1, 1, -1, 1).expand(channels, 1, -1, 1), groups=channels)
    return F.conv2d(down, weights.view(1, 1, 1, -1).expand(channels, 1, 1, -1), groups=channels)[0]


@functools.lru_cache(maxsize=256)
def _gaussian(sigma: float) -> Tensor:
    reach = max(1, math.ceil(3 * sigma))
    weights = torch.exp(-0.5 * (torch.arange(-reach, reach + 1) / max(sigma, 1e-3)) ** 2)
    return weights / weights.sum()
