# SPDX-License-Identifier: GPL-3.0-or-later
"""The picture drawn: features of the source, moved, masked where the source shows nothing, and decoded."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import nn

from mien.engines.diffted.published.tps.blocks import ConvolutionBlock, DownBlock, ResidualBlock, UpBlock
from mien.engines.diffted.published.tps.dense_motion import DenseMotion
from mien.engines.diffted.published.tps.grid import deform, resize

LEVELS = 3


@dataclass(frozen=True)
class Drawing:
    """`picture` and `deformed`, the source moved and not drawn, (B, 3, H, W); `features`, four maps of the source moved
    and masked, the smallest first."""

    picture: torch.Tensor
    deformed: torch.Tensor
    features: list[torch.Tensor]


class InpaintingNetwork(nn.Module):
    def __init__(self, width: int = 64, most: int = 512) -> None:
        super().__init__()
        widths = [min(most, width * 2**level) for level in range(LEVELS + 1)]
        inside = [most, most, most // 2]  # what each level of the decoder gets
        outside = [most // 2, most // 4, most // 8]
        self.first = ConvolutionBlock(3, width, 7)
        self.down_blocks = nn.ModuleList(DownBlock(*pair) for pair in zip(widths[:-1], widths[1:], strict=True))
        self.up_blocks = nn.ModuleList(UpBlock(*pair) for pair in zip(inside, outside, strict=True))
        self.resblock = nn.ModuleList(ResidualBlock(each) for each in inside for _ in range(2))
        self.final = nn.Conv2d(width, 3, 7, padding=3)

    def encode(self, picture: torch.Tensor) -> list[torch.Tensor]:
        """The source's features, the largest first; they are the same for all frames."""
        features = [self.first(picture)]
        for block in self.down_blocks:
            features.append(block(features[-1]))
        return features

    def forward(self, source: torch.Tensor, encoded: list[torch.Tensor], motion: DenseMotion) -> Drawing:
        """The source (B, 3, H, W), what `encode` made of it, and its motion."""
        moved = [
            occlude(deform(features, motion.deformation), occlusion)
            for features, occlusion in zip(reversed(encoded), motion.occlusion, strict=True)
        ]
        out, shown, last = moved[0], motion.occlusion[-1], LEVELS - 1
        for level in range(LEVELS):
            out = self.resblock[2 * level + 1](self.resblock[2 * level](out))
            out = self.up_blocks[level](out)
            if level < last:
                out = torch.cat([out, moved[level + 1]], 1)
        drawn = self.final(out * (1 - shown) + moved[-1]).sigmoid()
        deformed = deform(source, motion.deformation)
        return Drawing(drawn * (1 - shown) + deformed * shown, deformed, moved)


def occlude(features: torch.Tensor, occlusion: torch.Tensor) -> torch.Tensor:
    """Features (B, C, H, W) times a map (B, 1, h, w) of another size."""
    return features * resize(occlusion, (features.shape[2], features.shape[3]))
