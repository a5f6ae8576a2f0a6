# SPDX-License-Identifier: GPL-3.0-or-later
"""What the encoder, the decoder and the predictor of ProbTalk3D are built of.

Attributes carry the names that the published weights have, so that they load as they are.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import nn
from torch.nn import functional

from mien.engines.base import EngineError

LONGEST = 5000  # frames in the published position table: 200 s
SLOPE = 0.2  # of the leaky ReLUs


@dataclass(frozen=True)
class TransformerConfig:
    """Sizes of a transformer; those of the published encoder and decoder unless said otherwise."""

    width: int = 256
    layers: int = 6
    heads: int = 8
    hidden: int = 384  # within the MLP


class Front(nn.Sequential):
    """A convolution in time, leaky ReLU, then each channel brought to mean 0 and variance 1 over the whole clip."""

    def __init__(self, width: int) -> None:
        convolution = nn.Conv1d(width, width, 5, padding=2, padding_mode="replicate")
        super().__init__(nn.Sequential(convolution, nn.LeakyReLU(SLOPE), nn.InstanceNorm1d(width)))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """(B, T, width) -> (B, T, width). EngineError for a single frame, which has no variance."""
        if x.shape[1] < 2:
            raise EngineError(f"ProbTalk3D sees whole clips of at least 2 frames of 40 ms; this one has {x.shape[1]}.")
        return self[0](x.transpose(1, 2)).transpose(1, 2)


class Embedding(nn.Module):
    """A linear layer, then where in the clip a frame stands is added as sines and cosines."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.net = nn.Linear(width, width)
        self.dropout = nn.Dropout(0.1)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """(B, T, width) -> (B, T, width). EngineError beyond 5000 frames."""
        if x.shape[1] > LONGEST:
            raise EngineError(
                f"ProbTalk3D knows positions up to frame {LONGEST} ({LONGEST // 25} s); this clip has {x.shape[1]} "
                "frames. Cut the sound into shorter pieces."
            )
        return self.dropout(self.net(x) + positions(x.shape[1], x.shape[2]).to(x))


def positions(frames: int, width: int) -> torch.Tensor:
    """(frames, width) float32: even columns sin, odd cos, of t / 10000^(column pair / pairs)."""
    rates = torch.exp(torch.arange(0, width, 2, dtype=torch.float32) * (-math.log(10000) / width))
    angles = torch.arange(frames, dtype=torch.float32)[:, None] * rates
    return torch.stack([angles.sin(), angles.cos()], 2).flatten(1)[:, :width]


class Attention(nn.Module):
    """Full attention over the clip. Scores are scaled by the width, not by that of a head, as published."""

    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.heads, self.scale = heads, width**-0.5
        self.to_qkv = nn.Linear(width, 3 * width, bias=False)
        self.to_out = nn.Linear(width, width)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """(B, T, width) -> (B, T, width)"""
        q, k, v = self.to_qkv(x).unflatten(2, (3, self.heads, -1)).permute(2, 0, 3, 1, 4)
        y = functional.scaled_dot_product_attention(q, k, v, scale=self.scale)
        return self.to_out(y.transpose(1, 2).flatten(2))


class MLP(nn.Module):
    def __init__(self, width: int, hidden: int) -> None:
        super().__init__()
        self.l1 = nn.Linear(width, hidden)
        self.l2 = nn.Linear(hidden, width)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.l2(functional.gelu(self.l1(x), approximate="tanh"))


class PreNorm(nn.Module):
    """f(layer norm of x)"""

    def __init__(self, width: int, fn: nn.Module) -> None:
        super().__init__()
        self.norm = nn.LayerNorm(width)
        self.fn = fn

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.fn(self.norm(x))


class Residual(nn.Module):
    """x + f(x)"""

    def __init__(self, fn: nn.Module) -> None:
        super().__init__()
        self.fn = fn

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x + self.fn(x)


class Transformer(nn.Module):
    """Attention and MLP by turns, each normed before and added; no norm at the end, no mask."""

    def __init__(self, config: TransformerConfig) -> None:
        super().__init__()
        parts: list[nn.Module] = []
        for _ in range(config.layers):
            parts += [Attention(config.width, config.heads), MLP(config.width, config.hidden)]
        self.net = nn.Sequential(*(Residual(PreNorm(config.width, part)) for part in parts))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """(B, T, width) -> (B, T, width)"""
        return self.net(x)
