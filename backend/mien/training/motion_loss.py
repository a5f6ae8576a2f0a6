# SPDX-License-Identifier: GPL-3.0-or-later
"""The distance of two motions in millimetres on the head that they move."""

from __future__ import annotations

import torch

from mien.engines.neural.motion_space import MotionSpace, channel_space

GAP = 1.0  # weight of the lip aperture beside the other numbers of the mouth
SPEED = 1.0  # weight of the change between frames


class MotionLoss(torch.nn.Module):
    """Mean absolute difference, mm, of motions (B, F, C) in the C numbers of one part of a motion space."""

    mm: torch.Tensor
    gains: torch.Tensor
    pairs: torch.Tensor

    def __init__(self, part: tuple[int, ...], space: MotionSpace | None = None) -> None:
        """`part` has the indices of the C numbers in `space`, by default that of the default head's channels."""
        super().__init__()
        space = space or channel_space()
        self.register_buffer("mm", torch.from_numpy(space.mm[list(part)]))
        self.is_mouth = part == space.parts["mouth"]
        self.register_buffer("gains", torch.from_numpy(space.gains[list(space.parts["mouth"])]))
        self.register_buffer("pairs", torch.from_numpy(space.pairs))

    def forward(self, predicted: torch.Tensor, target: torch.Tensor) -> torch.Tensor:
        """Mean over numbers and frames of the difference and of its change from frame to frame, and, of the mouth, the
        difference of the lip aperture."""
        difference = (predicted - target) * self.mm
        loss = difference.abs().mean() + SPEED * (difference[:, 1:] - difference[:, :-1]).abs().mean()
        if self.is_mouth:
            aperture = (self.aperture(predicted) - self.aperture(target)).abs().mean()
            loss = loss + GAP * aperture / len(self.mm) ** 0.5
        return loss

    def aperture(self, motion: torch.Tensor) -> torch.Tensor:
        """(B, F) mm between the lips, of the numbers of the mouth (B, F, C): linear in them for each pair of opposite
        lip vertices, least over the pairs."""
        return (self.pairs + motion @ self.gains).amin(-1)


def motion_loss_of(losses: torch.nn.ModuleDict, part: str) -> MotionLoss:
    """The loss of a part of the motion, 'mouth' or 'life'."""
    loss = losses[part]
    assert isinstance(loss, MotionLoss)
    return loss
