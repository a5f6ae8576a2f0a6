# SPDX-License-Identifier: GPL-3.0-or-later
"""The whole motion model: its networks under the names of a published checkpoint."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import nn

from mien.engines.diffted.published.tps.avatar_motion import AvatarMotion
from mien.engines.diffted.published.tps.background import BackgroundPredictor
from mien.engines.diffted.published.tps.dense_motion import DenseMotionNetwork
from mien.engines.diffted.published.tps.inpainting import Drawing, InpaintingNetwork
from mien.engines.diffted.published.tps.key_points import GROUP, KeyPointDetector


@dataclass(frozen=True)
class Sizes:
    """Sizes of the networks; those of vox-256 and ted-384 unless said otherwise. `background` and `avatar`: whether a
    checkpoint has these networks."""

    groups: int = 10
    resnet_width: int = 64
    motion_width: int = 64
    motion_most: int = 1024
    drawing_width: int = 64
    drawing_most: int = 512
    background: bool = True
    avatar: tuple[int, int] | None = (128, 128)  # numbers that say who somebody is, and how posed


class MotionModel(nn.Module):
    """87,679,142 parameters, of which absolute key points do not need `avd_network` and `bg_predictor`."""

    def __init__(self, sizes: Sizes) -> None:
        super().__init__()
        self.sizes = sizes
        self.inpainting_network = InpaintingNetwork(sizes.drawing_width, sizes.drawing_most)
        self.kp_detector = KeyPointDetector(sizes.groups, sizes.resnet_width)
        self.dense_motion_network = DenseMotionNetwork(sizes.groups, sizes.motion_width, sizes.motion_most)
        self.bg_predictor = BackgroundPredictor(sizes.resnet_width) if sizes.background else None
        self.avd_network = AvatarMotion(2 * GROUP * sizes.groups, *sizes.avatar) if sizes.avatar else None

    def forward(
        self,
        source: torch.Tensor,
        key_points: torch.Tensor,
        driving: torch.Tensor,
        background: torch.Tensor | None = None,
    ) -> Drawing:
        """The source (B, 3, H, W), sides multiples of 128, moved from its key points (B, N, 2) to the driving ones."""
        motion = self.dense_motion_network(self.dense_motion_network.down(source), key_points, driving, background)
        return self.inpainting_network(source, self.inpainting_network.encode(source), motion)
