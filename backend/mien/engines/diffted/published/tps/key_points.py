# SPDX-License-Identifier: GPL-3.0-or-later
"""Key points of a picture: groups of five, each a thin-plate spline."""

from __future__ import annotations

import torch
from torch import nn

from mien.engines.diffted.published.tps.resnet import ResNet18

GROUP = 5  # key points of a spline


class KeyPointDetector(nn.Module):
    """Pictures (B, 3, H, W) -> (B, 5 groups, 2)."""

    def __init__(self, groups: int = 10, width: int = 64) -> None:
        super().__init__()
        self.fg_encoder = ResNet18(3, 2 * GROUP * groups, width)

    def forward(self, picture: torch.Tensor) -> torch.Tensor:
        return (2 * self.fg_encoder(picture).sigmoid() - 1).unflatten(1, (-1, 2))
