# SPDX-License-Identifier: GPL-3.0-or-later
"""Cross-attention to what is heard around each moment, and to nothing farther away."""

from __future__ import annotations

import torch
from torch import nn
from torch.nn import functional

SPAN = 32  # frames of sound whose queries are computed together


class Nearby(nn.Module):
    """x + what its frames find among the sounds within `reach` frames.

    One frame of x spans `stride` frames of sound; `reach` is 1 to SPAN. How far away a sound is counts by a learnt
    number for each distance and head. Beyond either end lies nothing, which may be looked at too.
    """

    def __init__(self, width: int, sound: int, heads: int, reach: int, stride: int) -> None:
        super().__init__()
        self.heads, self.reach, self.stride = heads, reach, stride
        self.norm = nn.LayerNorm(width)
        self.ask = nn.Linear(width, width)
        self.offer = nn.Linear(sound, 2 * width)
        self.leave = nn.Linear(width, width)
        self.near = nn.Parameter(torch.zeros(heads, 2 * reach + stride))
        query, key = torch.arange(SPAN // stride), torch.arange(SPAN + 2 * reach)
        away = key - stride * query[:, None]  # + reach, of a key from the query's first frame
        self.register_buffer("away", away.clamp(0, 2 * reach + stride - 1), persistent=False)
        beyond = (away < 0) | (away >= 2 * reach + stride)
        self.register_buffer("beyond", torch.zeros(away.shape).masked_fill(beyond, -torch.inf), persistent=False)

    def forward(self, x: torch.Tensor, sound: torch.Tensor) -> torch.Tensor:
        """(B, F / stride, width), (B, F, sound) -> (B, F / stride, width)"""
        spans = -(-sound.shape[1] // SPAN)
        missing = spans * SPAN - sound.shape[1]
        query = functional.pad(self.ask(self.norm(x)), (0, 0, 0, missing // self.stride))
        query = query.unflatten(1, (spans, -1)).unflatten(-1, (self.heads, -1)).transpose(2, 3)
        offered = functional.pad(self.offer(sound), (0, 0, 0, missing)).unflatten(1, (spans, SPAN))
        before = functional.pad(offered[:, :-1, -self.reach :], (0, 0, 0, 0, 1, 0))  # `unfold` learns ten times slower
        after = functional.pad(offered[:, 1:, : self.reach], (0, 0, 0, 0, 0, 1))
        offered = torch.cat([before, offered, after], 2)
        key, value = offered.unflatten(-1, (2, self.heads, -1)).permute(3, 0, 1, 4, 2, 5)
        bias = self.near[:, self.away] + self.beyond
        found = functional.scaled_dot_product_attention(query, key, value, attn_mask=bias)
        found = found.transpose(2, 3).flatten(3).flatten(1, 2)[:, : x.shape[1]]
        return x + self.leave(found)
