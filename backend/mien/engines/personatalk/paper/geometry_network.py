# SPDX-License-Identifier: GPL-3.0-or-later
"""Stage 1: audio, style and a template geometry to lip-synced geometry (section 3 of the paper, sizes ours)."""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor, nn


@dataclass(frozen=True)
class GeometryConfig:
    """audio: features a frame (HuBERT's 768); coefficients: principal components of the mouth; width, heads, layers of
    the transformer; tokens: of style; near: frames either way that a frame attends to."""

    audio: int = 768
    coefficients: int = 32
    width: int = 256
    heads: int = 4
    layers: int = 4
    tokens: int = 8
    near: int = 12


class StyleEncoder(nn.Module):
    """(B, T, K) geometry of the speaker to (B, tokens, width): a perceptron on its mean and spread over time."""

    def __init__(self, config: GeometryConfig) -> None:
        super().__init__()
        self._shape = config.tokens, config.width
        self.mlp = nn.Sequential(
            nn.Linear(2 * config.coefficients, config.width),
            nn.GELU(),
            nn.Linear(config.width, config.tokens * config.width),
        )

    def forward(self, geometry: Tensor) -> Tensor:
        statistics = torch.cat([geometry.mean(1), geometry.std(1, unbiased=False)], -1)
        return self.mlp(statistics).view(-1, *self._shape)


class GeometryLayer(nn.Module):
    """Self-attention over near frames, cross-attention to near audio, a perceptron; norms come first."""

    def __init__(self, config: GeometryConfig) -> None:
        super().__init__()
        self.norms = nn.ModuleList(nn.LayerNorm(config.width) for _ in range(3))
        self.own = nn.MultiheadAttention(config.width, config.heads, batch_first=True)
        self.audio = nn.MultiheadAttention(config.width, config.heads, batch_first=True)
        self.mlp = nn.Sequential(
            nn.Linear(config.width, 4 * config.width), nn.GELU(), nn.Linear(4 * config.width, config.width)
        )

    def forward(self, frames: Tensor, audio: Tensor, far: Tensor) -> Tensor:
        """frames, audio (B, T, width); far (T, T) bool: pairs that do not see each other."""
        one = self.norms[0](frames)
        frames = frames + self.own(one, one, one, attn_mask=far, need_weights=False)[0]
        frames = frames + self.audio(self.norms[1](frames), audio, audio, attn_mask=far, need_weights=False)[0]
        return frames + self.mlp(self.norms[2](frames))


class GeometryNetwork(nn.Module):
    """(B, T, audio) features, (B, K) template and (B, S, K) geometry of the speaker to (B, T, K) coefficients."""

    def __init__(self, config: GeometryConfig | None = None) -> None:
        super().__init__()
        config = config or GeometryConfig()
        self._near, self._width = config.near, config.width
        self.audio = nn.Linear(config.audio, config.width)
        self.style = StyleEncoder(config)
        self.inject = nn.MultiheadAttention(config.width, config.heads, batch_first=True)
        self.template = nn.Linear(config.coefficients, config.width)
        self.layers = nn.ModuleList(GeometryLayer(config) for _ in range(config.layers))
        self.offsets = nn.Linear(config.width, config.coefficients)
        nn.init.zeros_(self.offsets.weight)
        nn.init.zeros_(self.offsets.bias)

    def forward(self, audio: Tensor, template: Tensor, speaker: Tensor) -> Tensor:
        features, tokens = self.audio(audio), self.style(speaker)
        stylised = features + self.inject(features, tokens, tokens, need_weights=False)[0]
        frames = self.template(template)[:, None] + positions(audio.shape[1], self._width)
        steps = torch.arange(audio.shape[1])
        far = (steps[:, None] - steps).abs() > self._near
        for layer in self.layers:
            frames = layer(frames, stylised, far)
        return template[:, None] + self.offsets(frames)


def positions(count: int, width: int) -> Tensor:
    """(count, width) sinusoidal positions (Vaswani et al. 2017)."""
    rates = torch.exp(-math.log(10000.0) * torch.arange(0, width, 2) / width)
    angles = torch.arange(count)[:, None] * rates
    return torch.stack([angles.sin(), angles.cos()], -1).flatten(1)[:, :width]


def geometry_loss(made: Tensor, true: Tensor, lips: Tensor) -> Tensor:
    """Mean error of vertices made, true (B, T, V, 3), those of `lips` (V,) bool five times, and of their velocities."""
    weights = torch.where(lips, 5.0, 1.0)[:, None]
    positions_error = ((made - true).abs() * weights).mean()
    return positions_error + ((made.diff(dim=1) - true.diff(dim=1)).abs() * weights).mean()
