# SPDX-License-Identifier: GPL-3.0-or-later
"""FiLM conditioning: features scaled and shifted by a condition (Perez et al. 2018)."""

from __future__ import annotations

import torch
from torch import nn


class FiLM(nn.Module):
    """Projected features, each scaled by 1 + gain and shifted, both linear in the condition."""

    def __init__(self, features: int, condition: int, width: int) -> None:
        super().__init__()
        self.project = nn.Linear(features, width)
        self.gain, self.shift = nn.Linear(condition, width, bias=False), nn.Linear(condition, width, bias=False)

    def forward(self, features: torch.Tensor, condition: torch.Tensor) -> torch.Tensor:
        """(B, F, features), (B, F, condition) -> (B, F, width)"""
        return self.project(features) * (1 + self.gain(condition)) + self.shift(condition)
