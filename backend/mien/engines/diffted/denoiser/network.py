# SPDX-License-Identifier: GPL-3.0-or-later
"""The network that predicts hands behind noisy ones, by a voice and the frames before.

Windows of 128 frames (DiffTED has 34) as 32 tokens; blocks of attention over all of a window and convolution over the
neighbourhood. It predicts the motion itself, not the noise.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import torch
from torch import nn
from torch.nn import functional

from mien.engines.diffted.denoiser import conditions, motion_space
from mien.nn import convnext

FRAMES, SEED = 128, 8  # of a window, and of those before it that it is given as its first
PATCH = 4  # frames of a token
WAVES = 32  # sines and cosines of a time step


@dataclass(frozen=True)
class GestureConfig:
    """Sizes of the network."""

    width: int = 160
    blocks: int = 6
    heads: int = 4
    kernel: int = 5  # tokens that a convolution sees

    def as_dict(self) -> dict[str, object]:
        return asdict(self)

    @classmethod
    def from_dict(cls, fields: Mapping[str, Any]) -> GestureConfig:
        """TypeError for other fields."""
        return cls(**fields)


class Block(nn.Module):
    """Attention over the window, then a convolution with its two layers, each added."""

    def __init__(self, config: GestureConfig) -> None:
        super().__init__()
        self.heads = config.heads
        self.norm = nn.LayerNorm(config.width)
        self.query_key_value = nn.Linear(config.width, 3 * config.width)
        self.leave = nn.Linear(config.width, config.width)
        self.neighbours = convnext.Block(config.width, config.kernel, config.kernel // 2)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """(B, T, width) -> (B, T, width)"""
        query, key, value = self.query_key_value(self.norm(x)).unflatten(2, (3, self.heads, -1)).permute(2, 0, 3, 1, 4)
        seen = functional.scaled_dot_product_attention(query, key, value)
        return self.neighbours(x + self.leave(seen.transpose(1, 2).flatten(2)))


class GestureDenoiser(nn.Module):
    """Numbers are in units of `scale` around `mean`, both (motion_space.SIZE,)."""

    mean: torch.Tensor
    scale: torch.Tensor

    def __init__(self, config: GestureConfig) -> None:
        super().__init__()
        self.config = config
        self.null = nn.Parameter(torch.zeros(conditions.SOUND))  # in the place of the sound where it is not used
        entering = PATCH * (2 * motion_space.SIZE + 1 + conditions.SIZE)
        self.enter = nn.Linear(entering, config.width)
        self.position = nn.Parameter(0.02 * torch.randn(FRAMES // PATCH, config.width))
        self.step = nn.Sequential(nn.Linear(WAVES, config.width), nn.SiLU(), nn.Linear(config.width, config.width))
        self.blocks = nn.ModuleList(Block(config) for _ in range(config.blocks))
        self.output = nn.Sequential(nn.LayerNorm(config.width), nn.Linear(config.width, PATCH * motion_space.SIZE))
        self.register_buffer("mean", torch.zeros(motion_space.SIZE))
        self.register_buffer("scale", torch.ones(motion_space.SIZE))

    def forward(
        self, noisy: torch.Tensor, t: torch.Tensor, features: torch.Tensor, seed: torch.Tensor, use_sound: torch.Tensor
    ) -> torch.Tensor:
        """The motion (B, FRAMES, SIZE) behind a noisy one at times t (B,) from 0 to 1.

        features (B, FRAMES, conditions.SIZE); seed (B, SEED, SIZE): the motion's first frames; an example is
        conditioned on the sound where use_sound (B,) of bool is true.
        """
        sound = torch.where(use_sound[:, None, None], features[..., : conditions.SOUND], self.null)
        known = functional.pad(functional.pad(seed, (0, 1), value=1.0), (0, 0, 0, noisy.shape[1] - seed.shape[1]))
        whole = torch.cat([noisy, known, sound, features[..., conditions.SOUND :]], -1)
        x = self.enter(whole.unflatten(1, (-1, PATCH)).flatten(2)) + self.position + self.step(waves(t))[:, None]
        for block in self.blocks:
            x = block(x)
        return self.output(x).unflatten(2, (PATCH, -1)).flatten(1, 2)


def waves(t: torch.Tensor) -> torch.Tensor:
    """(B,) times from 0 to 1 -> (B, WAVES): sines and cosines of 1 to 100 rad (Vaswani et al. 2017, section 3.5)."""
    angles = t[:, None] * torch.exp(torch.linspace(0, math.log(100), WAVES // 2, device=t.device))
    return torch.cat([angles.sin(), angles.cos()], 1)
