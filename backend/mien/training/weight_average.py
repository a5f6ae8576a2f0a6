# SPDX-License-Identifier: GPL-3.0-or-later
"""A running mean of a network's weights over its training steps (Polyak and Juditsky 1992), which errs less than the
last weights do."""

from __future__ import annotations

import torch
from torch import nn


class WeightAverage:
    """`network` has the mean weights. It starts with the weights of `source`, a network of the same sizes, and forgets
    faster in the first steps, when weights are far from good."""

    def __init__(self, network: nn.Module, source: nn.Module, decay: float) -> None:
        self.network, self.decay = network, decay
        network.load_state_dict(source.state_dict())
        network.eval()

    @torch.no_grad()
    def update(self, source: nn.Module, step: int) -> None:
        """Take up the weights of `source` after so many steps."""
        decay = min(self.decay, (step + 1) / (step + 10))
        for mean, weights in zip(self.network.parameters(), source.parameters(), strict=True):
            mean.lerp_(weights, 1 - decay)
