# SPDX-License-Identifier: GPL-3.0-or-later
"""How the background moves between two pictures: one affine map."""

from __future__ import annotations

import torch
from torch import nn

from mien.engines.diffted.published.tps.resnet import ResNet18


class BackgroundPredictor(nn.Module):
    """Source and driving pictures (B, 3, H, W) -> (B, 3, 3), homogeneous, driving to source."""

    def __init__(self, width: int = 64) -> None:
        super().__init__()
        self.bg_encoder = ResNet18(6, 6, width)

    def forward(self, source: torch.Tensor, driving: torch.Tensor) -> torch.Tensor:
        affine = self.bg_encoder(torch.cat([source, driving], 1)).unflatten(1, (2, 3))
        last = affine.new_tensor([0.0, 0.0, 1.0]).expand(len(affine), 1, 3)
        return torch.cat([affine, last], 1)
