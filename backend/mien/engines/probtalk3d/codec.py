# SPDX-License-Identifier: GPL-3.0-or-later
"""Stage 1 of Mien's own ProbTalk3D: motion as codes, and back (docs/probtalk3d.md, *Published system*, 2;
`Shape` says what differs)."""

from __future__ import annotations

from dataclasses import asdict, dataclass

import torch
from torch import nn

from mien.engines.probtalk3d.codebook import Codebook
from mien.nn.convnext import Block


@dataclass(frozen=True)
class Shape:
    """Sizes of one codec. Convolutions of finite reach stand where the published network has attention and norms over
    the whole clip, and codes are those of one step, so that windows change nothing."""

    numbers: int  # of motion, a frame
    stride: int  # frames a code
    groups: int  # codes a step
    codes: int = 256
    depth: int = 16  # numbers of a code's vector
    width: int = 192
    blocks: int = 3  # at the rate of the codes, on either side
    kernel: int = 7

    def as_dict(self) -> dict[str, int]:
        return asdict(self)


class Codec(nn.Module):
    """encode: (B, F, numbers) -> latents (B, F / stride, groups, depth); decode: the other way."""

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.shape = shape
        stacked, latent = shape.numbers * shape.stride, shape.groups * shape.depth
        self.enter = nn.Linear(stacked, shape.width)
        self.up = self._blocks(shape.blocks)
        self.choose = nn.Linear(shape.width, latent)
        self.book = Codebook(shape.groups, shape.codes, shape.depth)
        self.take = nn.Linear(latent, shape.width)
        self.down = self._blocks(shape.blocks)
        self.unfold = nn.Linear(shape.width, shape.width * shape.stride)
        self.fine = self._blocks(1)
        self.leave = nn.Linear(shape.width, shape.numbers)

    def _blocks(self, number: int) -> nn.Sequential:
        kernel = self.shape.kernel
        return nn.Sequential(*(Block(self.shape.width, kernel, kernel // 2, widening=2) for _ in range(number)))

    @property
    def reach(self) -> int:
        """Frames on either side that a decoded frame depends on."""
        shape = self.shape
        return (shape.blocks * (shape.kernel // 2) + 1) * shape.stride + shape.kernel // 2

    def encode(self, motion: torch.Tensor) -> torch.Tensor:
        batch, frames, _ = motion.shape
        stacked = motion.reshape(batch, frames // self.shape.stride, -1)
        z = self.choose(self.up(self.enter(stacked)))
        return z.unflatten(-1, (self.shape.groups, self.shape.depth))

    def decode(self, vectors: torch.Tensor) -> torch.Tensor:
        batch, steps = vectors.shape[:2]
        x = self.down(self.take(vectors.flatten(2)))
        x = self.unfold(x).reshape(batch, steps * self.shape.stride, self.shape.width)
        return self.leave(self.fine(x))
