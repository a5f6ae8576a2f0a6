# SPDX-License-Identifier: GPL-3.0-or-later
"""How far one motion is from another, as it is seen: millimetres on the default head."""

from __future__ import annotations

import torch

from mien.engines.neural.motion_space import Space, channels

GAP = 1.0  # weight of the lips' opening beside all that the mouth does
SPEED = 1.0  # weight of the change between frames


class Seen(torch.nn.Module):
    """Mean absolute difference of motion (B, F, C) in the numbers of one part."""

    def __init__(self, part: tuple[int, ...], space: Space | None = None) -> None:
        """Of the default head's numbers unless of another space's."""
        super().__init__()
        space = space or channels()
        self.register_buffer("mm", torch.from_numpy(space.mm[list(part)]))
        self.of_mouth = part == space.parts["mouth"]
        self.register_buffer("gains", torch.from_numpy(space.gains[list(space.parts["mouth"])]))
        self.register_buffer("pairs", torch.from_numpy(space.pairs))

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
