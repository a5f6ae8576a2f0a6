# SPDX-License-Identifier: GPL-3.0-or-later
"""From key points to one deformation of the picture, and which parts of it the source does not show."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import nn

from mien.engines.diffted.published.tps.blocks import Hourglass, UpBlock
from mien.engines.diffted.published.tps.grid import AntiAlias, coordinate_grid, gaussians, sample
from mien.engines.diffted.published.tps.key_points import GROUP
from mien.engines.diffted.published.tps.thin_plate import fit

SCALE = 0.25  # of the picture that the motion is found in


@dataclass(frozen=True)
class DenseMotion:
    """At a quarter of the size (h, w): `sources` (B, K, 3, h, w), the picture by each of K transformations, the first
    being the background's; `contributions` (B, K, h, w), which sum to 1; `deformation` (B, h, w, 2). `occlusion`: four
    maps (B, 1, ., .) of 1/8, 1/4, 1/2 and the whole size, 0 where the source shows nothing."""

    sources: torch.Tensor
    contributions: torch.Tensor
    deformation: torch.Tensor
    occlusion: list[torch.Tensor]


class DenseMotionNetwork(nn.Module):
    def __init__(self, groups: int = 10, width: int = 64, most: int = 1024) -> None:
        super().__init__()
        self.groups = groups
        self.down = AntiAlias(3, SCALE)
        self.hourglass = Hourglass(GROUP * groups + 1 + 3 * (groups + 1), width, most)
        coarse, channels = self.hourglass.widths[-2:]
        self.maps = nn.Conv2d(channels, groups + 1, 7, padding=3)
        halves = [channels // 2**level for level in range(3)]
        self.up = nn.ModuleList(UpBlock(*pair) for pair in zip(halves[:-1], halves[1:], strict=True))
        self.occlusion = nn.ModuleList(nn.Conv2d(each, 1, 7, padding=3) for each in (coarse, *halves))

    def forward(
        self,
        small: torch.Tensor,
        key_points: torch.Tensor,
        driving: torch.Tensor,
        background: torch.Tensor | None = None,
        dropped: torch.Tensor | None = None,
    ) -> DenseMotion:
        """`small` is `down` of the source (B, 3, H, W), sides multiples of 128; its key points and the driving ones
        (B, N, 2); `background` (B, 3, 3). `dropped` (B, K), in training: transformations that do not take part."""
        height, width = small.shape[2:]
        heat = heat_maps(key_points, driving, height, width)
        transformed = transformations(key_points, driving, height, width, background)
        sources = deformed_sources(small, transformed)
        levels = self.hourglass(torch.cat([heat, sources.flatten(1, 2)], 1))
        contributions = softmax_without(self.maps(levels[-1]), dropped)
        deformation = (contributions[..., None] * transformed).sum(1)
        occlusion = [self.occlusion[0](levels[-2]), self.occlusion[1](levels[-1])]
        features = levels[-1]
        for block, convolution in zip(self.up, self.occlusion[2:], strict=True):
            features = block(features)
            occlusion.append(convolution(features))
        return DenseMotion(sources, contributions, deformation, [each.sigmoid() for each in occlusion])


def heat_maps(source: torch.Tensor, driving: torch.Tensor, height: int, width: int) -> torch.Tensor:
    """Key points (B, N, 2) -> (B, N + 1, height, width): driving minus source Gaussians; the first, the background's,
    is 0."""
    difference = gaussians(driving, height, width) - gaussians(source, height, width)
    return torch.cat([torch.zeros_like(difference[:, :1]), difference], 1)


def transformations(
    source: torch.Tensor, driving: torch.Tensor, height: int, width: int, background: torch.Tensor | None = None
) -> torch.Tensor:
    """Where each pixel comes from by the background (nowhere else, unless given) and by the spline of each group:
    (B, K, height, width, 2)."""
    groups = (-1, GROUP)
    splines = fit(driving.unflatten(1, groups), source.unflatten(1, groups)).grid(height, width)
    still = coordinate_grid(height, width, splines).expand(len(splines), 1, -1, -1, -1)
    if background is not None:
        moved = torch.cat([still, torch.ones_like(still[..., :1])], -1) @ background[:, None, None].transpose(-1, -2)
        still = moved[..., :2] / moved[..., 2:]
    return torch.cat([still, splines], 1)


def deformed_sources(small: torch.Tensor, transformed: torch.Tensor) -> torch.Tensor:
    """The picture (B, 3, h, w) by each of (B, K, h, w, 2) -> (B, K, 3, h, w)."""
    count = transformed.shape[1]
    repeated = small[:, None].expand(-1, count, -1, -1, -1).flatten(0, 1)
    return sample(repeated, transformed.flatten(0, 1)).unflatten(0, (-1, count))


def softmax_without(maps: torch.Tensor, dropped: torch.Tensor | None) -> torch.Tensor:
    """Softmax over the transformations of (B, K, h, w); those of `dropped` (B, K) get 0 (dropout of the training), but
    for the background's, the first, which always takes part."""
    if dropped is not None:
        groups = maps[:, 1:].masked_fill(dropped[:, 1:, None, None], -torch.inf)
        maps = torch.cat([maps[:, :1], groups], 1)
    return maps.softmax(1)
