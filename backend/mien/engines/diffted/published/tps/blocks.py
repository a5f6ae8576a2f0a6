# SPDX-License-Identifier: GPL-3.0-or-later
"""Convolution blocks of the motion model. Attributes carry the names of the published weights."""

from __future__ import annotations

import torch
from torch import nn
from torch.nn import functional


class ConvolutionBlock(nn.Module):
    """Convolution, instance norm, ReLU: (B, before, H, W) -> (B, after, H, W)."""

    def __init__(self, before: int, after: int, size: int = 3) -> None:
        super().__init__()
        self.conv = nn.Conv2d(before, after, size, padding=size // 2)
        self.norm = nn.InstanceNorm2d(after, affine=True)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return functional.relu(self.norm(self.conv(x)))


class DownBlock(ConvolutionBlock):
    """To half the size."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return functional.avg_pool2d(super().forward(x), 2)


class UpBlock(ConvolutionBlock):
    """To twice the size."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return super().forward(functional.interpolate(x, scale_factor=2))


class ResidualBlock(nn.Module):
    """x + two convolutions of it, each normed before: (B, width, H, W) -> the same."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.conv1, self.conv2 = (nn.Conv2d(width, width, 3, padding=1) for _ in range(2))
        self.norm1, self.norm2 = (nn.InstanceNorm2d(width, affine=True) for _ in range(2))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        y = self.conv1(functional.relu(self.norm1(x)))
        return x + self.conv2(functional.relu(self.norm2(y)))


class HourglassEncoder(nn.Module):
    def __init__(self, before: int, width: int, most: int, levels: int) -> None:
        super().__init__()
        widths = [before] + [min(most, width * 2 ** (level + 1)) for level in range(levels)]
        self.down_blocks = nn.ModuleList(DownBlock(*pair) for pair in zip(widths[:-1], widths[1:], strict=True))

    def forward(self, x: torch.Tensor) -> list[torch.Tensor]:
        features = [x]
        for block in self.down_blocks:
            features.append(block(features[-1]))
        return features


class HourglassDecoder(nn.Module):
    def __init__(self, before: int, width: int, most: int, levels: int) -> None:
        super().__init__()
        blocks, skipped = [], 0
        for level in reversed(range(levels)):
            deep = min(most, width * 2 ** (level + 1))
            blocks.append(UpBlock(deep + skipped, skipped := min(most, width * 2**level)))
        self.up_blocks = nn.ModuleList(blocks)
        self.widths = [2 * block.conv.out_channels for block in blocks[:-1]] + [width + before]

    def forward(self, features: list[torch.Tensor]) -> list[torch.Tensor]:
        x, levels = features[-1], []
        for block, skipped in zip(self.up_blocks, reversed(features[:-1]), strict=True):
            x = torch.cat([block(x), skipped], 1)
            levels.append(x)
        return levels


class Hourglass(nn.Module):
    """U-net: (B, before, H, W) -> for each level, the smallest first, (B, widths[level], h, w); sides are multiples of
    2^levels."""

    def __init__(self, before: int, width: int, most: int, levels: int = 5) -> None:
        super().__init__()
        self.encoder = HourglassEncoder(before, width, most, levels)
        self.decoder = HourglassDecoder(before, width, most, levels)

    @property
    def widths(self) -> list[int]:
        return self.decoder.widths

    def forward(self, x: torch.Tensor) -> list[torch.Tensor]:
        return self.decoder(self.encoder(x))
