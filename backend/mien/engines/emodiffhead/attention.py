# SPDX-License-Identifier: GPL-3.0-or-later
"""Cross-attention to the audio features within some frames of each moment."""

from __future__ import annotations

import torch
from torch import nn
from torch.nn import functional

SPAN = 32  # frames of audio whose queries are computed together


class LocalCrossAttention(nn.Module):
    """x + attention of its frames to the audio within `context` frames.

    One frame of x spans `stride` frames of audio; `context` is 1 to SPAN. Each distance and head has a learnt bias.
    Beyond either end the audio is zero, which may be attended to as well.
    """

    distance: torch.Tensor
    mask: torch.Tensor

    def __init__(self, width: int, audio: int, heads: int, context: int, stride: int) -> None:
        super().__init__()
        self.heads, self.context, self.stride = heads, context, stride
        self.norm = nn.LayerNorm(width)
        self.query = nn.Linear(width, width)
        self.key_value = nn.Linear(audio, 2 * width)
        self.output = nn.Linear(width, width)
        self.distance_bias = nn.Parameter(torch.zeros(heads, 2 * context + stride))
        query, key = torch.arange(SPAN // stride), torch.arange(SPAN + 2 * context)
        distance = key - stride * query[:, None]  # + context, of a key from the query's first frame
        self.register_buffer("distance", distance.clamp(0, 2 * context + stride - 1), persistent=False)
        beyond = (distance < 0) | (distance >= 2 * context + stride)
        self.register_buffer("mask", torch.zeros(distance.shape).masked_fill(beyond, -torch.inf), persistent=False)

    def forward(self, x: torch.Tensor, audio: torch.Tensor) -> torch.Tensor:
        """(B, F / stride, width), (B, F, audio) -> (B, F / stride, width)"""
        spans = -(-audio.shape[1] // SPAN)
        missing = spans * SPAN - audio.shape[1]
        query = functional.pad(self.query(self.norm(x)), (0, 0, 0, missing // self.stride))
        query = query.unflatten(1, (spans, -1)).unflatten(-1, (self.heads, -1)).transpose(2, 3)
        key_value = functional.pad(self.key_value(audio), (0, 0, 0, missing)).unflatten(1, (spans, SPAN))
        # `unfold` trains ten times slower
        before = functional.pad(key_value[:, :-1, -self.context :], (0, 0, 0, 0, 1, 0))
        after = functional.pad(key_value[:, 1:, : self.context], (0, 0, 0, 0, 0, 1))
        key_value = torch.cat([before, key_value, after], 2)
        key, value = key_value.unflatten(-1, (2, self.heads, -1)).permute(3, 0, 1, 4, 2, 5)
        bias = self.distance_bias[:, self.distance] + self.mask
        attended = functional.scaled_dot_product_attention(query, key, value, attn_mask=bias)
        attended = attended.transpose(2, 3).flatten(3).flatten(1, 2)[:, : x.shape[1]]
        return x + self.output(attended)
