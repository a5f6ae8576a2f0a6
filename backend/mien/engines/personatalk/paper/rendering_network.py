# SPDX-License-Identifier: GPL-3.0-or-later
"""Stage 2: Lip-Attention and Face-Attention sample the textures of references for a target geometry.

Queries are of the target's geometry, keys of the references' geometry, values of their texture, and no residual leads
from the queries: what is drawn is made of reference texture alone.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from mien.engines.personatalk.paper.geometry_network import positions


@dataclass(frozen=True)
class RenderingConfig:
    """widths: channels after the first convolution and after each halving; tokens: width of the attention; heads of it.
    A picture of 256 x 256 gives 64 x 64 = 4096 queries, 5 references 20,480 keys a branch."""

    widths: tuple[int, int, int] = (64, 128, 256)
    tokens: int = 512
    heads: int = 8


class ImageEncoder(nn.Module):
    """(B, 3, H, W) to (B, tokens, H/4, W/4)."""

    def __init__(self, config: RenderingConfig) -> None:
        super().__init__()
        one, two, three = config.widths
        self.layers = nn.Sequential(
            nn.Conv2d(3, one, 7, padding=3), nn.ReLU(),
            nn.Conv2d(one, two, 4, stride=2, padding=1), nn.ReLU(),
            nn.Conv2d(two, three, 4, stride=2, padding=1), nn.ReLU(),
            nn.Conv2d(three, config.tokens, 1),
        )  # fmt: skip

    def forward(self, image: Tensor) -> Tensor:
        return self.layers(image)


class TextureAttention(nn.Module):
    """One branch: queries (B, Q, C) of the target, keys and values (B, N, C) of the references to (B, Q, C)."""

    def __init__(self, config: RenderingConfig) -> None:
        super().__init__()
        width = config.tokens
        self._heads = config.heads
        self.query, self.key = nn.Linear(width, width), nn.Linear(width, width)
        # without biases: no texture, no value
        self.value, self.out = nn.Linear(width, width, bias=False), nn.Linear(width, width, bias=False)
        self.mlp = nn.Sequential(nn.Linear(width, width, bias=False), nn.ReLU(), nn.Linear(width, width, bias=False))

    def forward(self, target: Tensor, geometry: Tensor, texture: Tensor) -> Tensor:
        def split(tokens: Tensor) -> Tensor:
            return tokens.unflatten(-1, (self._heads, -1)).transpose(1, 2)

        parts = split(self.query(target)), split(self.key(geometry)), split(self.value(texture))
        sampled = self.out(F.scaled_dot_product_attention(*parts).transpose(1, 2).flatten(2))
        return sampled + self.mlp(sampled)


class RenderingNetwork(nn.Module):
    """Target geometry (B, 3, H, W), references of lips and of the face, each geometry and texture (B, R, 3, H, W), and
    the lips' mask (B, 1, H, W) to a picture (B, 3, H, W) in -1..1; H and W are multiples of 4."""

    def __init__(self, config: RenderingConfig | None = None) -> None:
        super().__init__()
        config = config or RenderingConfig()
        one, two, three = config.widths
        self._width = config.tokens
        self.geometry, self.texture = ImageEncoder(config), ImageEncoder(config)
        self.lip, self.face = TextureAttention(config), TextureAttention(config)
        self.merge = nn.Conv2d(config.tokens + 3, three, 1)
        self.decode = nn.Sequential(
            nn.ReLU(), nn.Upsample(scale_factor=2), nn.Conv2d(three, two, 3, padding=1),
            nn.ReLU(), nn.Upsample(scale_factor=2), nn.Conv2d(two, one, 3, padding=1),
            nn.ReLU(), nn.Conv2d(one, 3, 7, padding=3), nn.Tanh(),
        )  # fmt: skip

    def forward(self, target: Tensor, lips: tuple[Tensor, Tensor], face: tuple[Tensor, Tensor], mask: Tensor) -> Tensor:
        sampled = self.sampled(target, lips, face, mask)
        small = F.interpolate(target, size=sampled.shape[2:], mode="area")
        return self.decode(self.merge(torch.cat([sampled, small], 1)))

    def sampled(self, target: Tensor, lips: tuple[Tensor, Tensor], face: tuple[Tensor, Tensor], mask: Tensor) -> Tensor:
        """(B, tokens, H/4, W/4): reference texture at the target's places, before it is decoded."""
        queries = self._tokens(self.geometry(target))
        size = target.shape[2] // 4, target.shape[3] // 4
        branches = []
        for attention, (geometry, texture) in ((self.lip, lips), (self.face, face)):
            keys = self._references(self.geometry, geometry, placed=True)
            values = self._references(self.texture, texture, placed=False)
            branches.append(attention(queries, keys, values).transpose(1, 2).unflatten(2, size))
        share = F.interpolate(mask, size=size, mode="area")
        return branches[0] * share + branches[1] * (1 - share)

    def _tokens(self, features: Tensor) -> Tensor:
        tokens = features.flatten(2).transpose(1, 2)
        return tokens + positions(tokens.shape[1], self._width).to(tokens)

    def _references(self, encoder: ImageEncoder, images: Tensor, placed: bool) -> Tensor:
        """(B, R * h * w, C)."""
        batch, count = images.shape[:2]
        features = encoder(images.flatten(0, 1))
        tokens = self._tokens(features) if placed else features.flatten(2).transpose(1, 2)
        return tokens.reshape(batch, count * tokens.shape[1], -1)
