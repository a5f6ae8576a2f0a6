# SPDX-License-Identifier: GPL-3.0-or-later
"""A residual block of convolution in time, after ConvNeXt (Liu et al. 2022, section 2)."""

from __future__ import annotations

import torch
from torch import nn
from torch.nn import functional


class Block(nn.Module):
    """x + f(x): depthwise convolution in time, layer norm, two linear layers.

    Each frame sees `lookahead` frames after it and `kernel` - 1 - `lookahead` before it.
    """

    def __init__(self, width: int, kernel: int, lookahead: int, widening: int = 3, dropout: float = 0.0) -> None:
        super().__init__()
        self.pad = (kernel - 1 - lookahead, lookahead)
        self.depthwise = nn.Conv2d(width, width, (1, kernel), groups=width)
        self.norm = nn.LayerNorm(width)
        self.widen = nn.Linear(width, widening * width)
        self.narrow = nn.Linear(widening * width, width)
        self.dropout = nn.Dropout(dropout)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """(B, T, width) -> (B, T, width)"""
        y = self.norm(self.convolve(x))
        return x + self.dropout(self.narrow(functional.gelu(self.widen(y))))

    def convolve(self, x: torch.Tensor) -> torch.Tensor:
        """The convolution alone: (B, T, width) -> (B, T, width)"""
        # channels-last: three times as fast on a CPU as Conv1d
        y = functional.pad(x, (0, 0, *self.pad)).transpose(1, 2).unsqueeze(2)
        y = self.depthwise(y.contiguous(memory_format=torch.channels_last))
        return y.squeeze(2).transpose(1, 2)
