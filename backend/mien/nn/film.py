# SPDX-License-Identifier: GPL-3.0-or-later
"""FiLM conditioning: features scaled and shifted by a condition (Perez et al. 2018)."""

from __future__ import annotations

import torch
from torch import nn


class Listening(nn.Module):
    """What is heard times what is told, plus what is told: (B, F, heard), (B, F, told) -> (B, F, width)."""

    def __init__(self, heard: int, told: int, width: int) -> None:
        super().__init__()
        self.hear = nn.Linear(heard, width)
        self.times, self.plus = nn.Linear(told, width, bias=False), nn.Linear(told, width, bias=False)

    def forward(self, heard: torch.Tensor, told: torch.Tensor) -> torch.Tensor:
        return self.hear(heard) * (1 + self.times(told)) + self.plus(told)
