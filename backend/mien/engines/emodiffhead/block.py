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
    """x + f(x | step and style, expression), conditioned frame by frame."""

    def __init__(self, width: int, kernel: int, condition: int, expression: int) -> None:
        super().__init__(width, kernel, kernel // 2)
        self.style_modulation = nn.Linear(condition, 2 * width)
        self.expression_modulation = nn.Linear(expression, 2 * width)
        for layer in (self.style_modulation, self.expression_modulation):  # at first a plain block
            nn.init.zeros_(layer.weight)
            nn.init.zeros_(layer.bias)

    def forward(self, x: torch.Tensor, condition: torch.Tensor, expression: torch.Tensor) -> torch.Tensor:
        """(B, F, width), (B, F, condition) of step and style, (B, F, expression) -> (B, F, width)"""
        y = self.norm(self.convolve(x))
        for modulation in (self.style_modulation(condition), self.expression_modulation(expression)):
            scale, shift = modulation.chunk(2, -1)
            y = y * (1 + scale) + shift
        return x + self.dropout(self.narrow(functional.gelu(self.widen(y))))
