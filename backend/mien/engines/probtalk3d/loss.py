# SPDX-License-Identifier: GPL-3.0-or-later
"""How far one motion is from another, as it is seen: millimetres on the default head."""

from __future__ import annotations

import numpy as np
import torch

from mien.engines.articulation.gap import lip_gap
from mien.engines.probtalk3d.space import LIFE, MOUTH, visible

GAP = 1.0  # weight of the lips' opening beside all that the mouth does
SPEED = 1.0  # weight of the change between frames


class Seen(torch.nn.Module):
    """Mean absolute difference of motion (B, F, C) in the numbers of one part, MOUTH or LIFE."""

    def __init__(self, part: tuple[int, ...]) -> None:
        super().__init__()
        self.register_buffer("mm", torch.from_numpy(visible()[list(part)]))
        self.of_mouth = part == MOUTH
        gap = lip_gap()
        self.register_buffer("gains", torch.from_numpy((1000 * gap.gains[list(MOUTH)]).astype(np.float32)))
        self.register_buffer("pairs", torch.from_numpy((1000 * gap.pairs).astype(np.float32)))

    def forward(self, made: torch.Tensor, wanted: torch.Tensor) -> torch.Tensor:
        """Mean over numbers and frames of |mm| and of its change, and of the lips' gap where there are lips."""
        off = (made - wanted) * self.mm
        loss = off.abs().mean() + SPEED * (off[:, 1:] - off[:, :-1]).abs().mean()
        if self.of_mouth:
            loss = loss + GAP * (self.gap(made) - self.gap(wanted)).abs().mean() / len(self.mm) ** 0.5
        return loss

    def gap(self, motion: torch.Tensor) -> torch.Tensor:
        """(B, F) mm between the lips."""
        return (self.pairs + motion @ self.gains).amin(-1)


PARTS = {"mouth": MOUTH, "life": LIFE}
