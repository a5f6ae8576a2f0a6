# SPDX-License-Identifier: GPL-3.0-or-later
"""The conditional residual block: normalised, scaled and shifted by time step and style, then by the expression.

The paper names it so and no more; around it is a ConvNeXt block, and nothing lies between the expression and its scale
and shift, for faces add up.
"""

from __future__ import annotations

import torch
from torch import nn
from torch.nn import functional

from mien.nn import convnext


class Block(convnext.Block):
    """x + f(x | step and style, expression), each frame by what it was told."""

    def __init__(self, width: int, kernel: int, told: int, expression: int) -> None:
        super().__init__(width, kernel, kernel // 2)
        self.by_told = nn.Linear(told, 2 * width)
        self.by_expression = nn.Linear(expression, 2 * width)
        for layer in (self.by_told, self.by_expression):  # at first a plain block
            nn.init.zeros_(layer.weight)
            nn.init.zeros_(layer.bias)

    def forward(self, x: torch.Tensor, told: torch.Tensor, expression: torch.Tensor) -> torch.Tensor:
        """(B, F, width), (B, F, told), (B, F, expression) -> (B, F, width)"""
        y = self.norm(self.along(x))
        for by in (self.by_told(told), self.by_expression(expression)):
            scale, shift = by.chunk(2, -1)
            y = y * (1 + scale) + shift
        return x + self.dropout(self.narrow(functional.gelu(self.widen(y))))
