# SPDX-License-Identifier: GPL-3.0-or-later
"""The network: the moved face and the photo's own to a change of its colours.

After EMOdiffhead's denoiser (`photo/image_denoiser.py`): conditional residual blocks and cross-attention to the photo
and to the condition, without noise and in one step.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional

from mien.photo.image_denoiser import GROUPS, PIXELS, ConditionalBlock, ImageAttention
from mien.photo.refinement.condition import SIZE, TURN
from mien.photo.refinement.crop import AREAS

FOLD = 2  # pixels a side that are channels of one pixel inside


@dataclass(frozen=True)
class RefinementConfig:
    """widths: channels by level, each half the size of the one before; the last one attends. inner: of what the
    condition becomes; tokens: of those that stand for it. bound: the most that a colour, 0..1, changes; cell: pixels a
    side over which the change is one, so that it is shade and no texture; taken: how much of it is, by AREAS.
    """

    widths: tuple[int, ...] = (16, 48, 96)
    inner: int = 64
    tokens: int = 4
    bound: float = 0.5
    cell: int = 8
    taken: tuple[float, ...] = (1.0, 0.0, 0.0)

    def as_dict(self) -> dict[str, object]:
        """As JSON has it."""
        return asdict(self)

    @classmethod
    def from_dict(cls, values: dict) -> RefinementConfig:
        """The other way. TypeError, ValueError for what is none."""
        taken = tuple(map(float, values["taken"]))
        return cls(**{**values, "widths": tuple(map(int, values["widths"])), "taken": taken})


class RefinementNetwork(nn.Module):
    """See `forward`. Before it is trained it changes nothing."""

    def __init__(self, config: RefinementConfig) -> None:
        super().__init__()
        self.config, widths, inner = config, config.widths, config.inner
        folded = FOLD * FOLD
        self.pose = nn.Sequential(nn.Linear(SIZE - TURN.start, inner), nn.SiLU())
        self.channels = nn.Sequential(nn.Linear(SIZE, inner), nn.SiLU(), nn.Linear(inner, inner))
        self.tokens = nn.Linear(inner, config.tokens * inner)
        self.enter = nn.Conv2d(folded * (2 * PIXELS + len(AREAS)), widths[0], 3, padding=1)
        self.shrink = nn.ModuleList(
            nn.Conv2d(a, b, 3, stride=2, padding=1) for a, b in zip(widths[:-1], widths[1:], strict=True)
        )
        self.down = nn.ModuleList(ConditionalBlock(width, width, inner, inner) for width in widths)
        self.attention = ImageAttention(widths[-1], inner)
        stages = [nn.Conv2d(folded * PIXELS, widths[0], 3, padding=1)]
        stages += [nn.Conv2d(a, b, 3, stride=2, padding=1) for a, b in zip(widths[:-1], widths[1:], strict=True)]
        self.reference = nn.Sequential(*(layer for stage in stages for layer in (stage, nn.SiLU())))
        up = widths[::-1]
        self.grow = nn.ModuleList(nn.Conv2d(a, b, 1) for a, b in zip(up[:-1], up[1:], strict=True))
        self.up = nn.ModuleList(ConditionalBlock(2 * width, width, inner, inner) for width in up[1:])
        self.norm = nn.GroupNorm(GROUPS, widths[0])
        self.leave = nn.Conv2d(widths[0], folded * (PIXELS + 1), 3, padding=1)
        nn.init.zeros_(self.leave.weight)
        if self.leave.bias is not None:
            nn.init.zeros_(self.leave.bias)

    def forward(self, moved: Tensor, photo: Tensor, areas: Tensor, condition: Tensor, activity: Tensor) -> Tensor:
        """(B, 3, S, S) what is to be added to the colours: 0 outside of the face and where activity is 0.

        moved, photo (B, 3, S, S): the face as drawn and as it is in the photo, colours 0..1; areas (B, 3, S, S) 0..1,
        `AREAS` in `moved`; condition (B, SIZE); activity (B,) 0..1. S is a multiple of two to
        the number of levels.
        """
        pose, channels = self.pose(condition[:, TURN.start :]), self.channels(condition)
        colours = torch.cat([moved - 0.5, photo - 0.5, areas], 1)
        x = self.enter(functional.pixel_unshuffle(colours, FOLD))
        seen = self.reference(functional.pixel_unshuffle(photo - 0.5, FOLD))
        maps = []
        for level, block in enumerate(self.down):
            x = block(x if level == 0 else self.shrink[level - 1](x), pose, channels)
            maps.append(x)
        x = self.attention(maps.pop(), self.tokens(channels).unflatten(1, (self.config.tokens, -1)), seen)
        for grow, block in zip(self.grow, self.up, strict=True):
            x = functional.interpolate(grow(x), scale_factor=2.0)
            x = block(torch.cat([x, maps.pop()], 1), pose, channels)
        out = functional.pixel_shuffle(self.leave(functional.silu(self.norm(x))), FOLD)
        change = self.config.bound * torch.tanh(out[:, :PIXELS]) * torch.sigmoid(out[:, PIXELS:])
        where = self._where(areas)
        return self._smooth(change, where) * where * activity[:, None, None, None]

    def _where(self, areas: Tensor) -> Tensor:
        """(B, 1, S, S) 0..1: how much of the change is taken."""
        face, mouth, eyes = areas.split(1, 1)
        of_face, of_mouth, of_eyes = self.config.taken
        return face * (of_face * (1 - mouth - eyes).clamp(min=0) + of_mouth * mouth + of_eyes * eyes)

    def _smooth(self, change: Tensor, where: Tensor) -> Tensor:
        """The mean over each cell of what is taken, and between the middles of the cells what lies between."""
        cell = self.config.cell
        if cell == 1:
            return change
        mean = functional.avg_pool2d(change * where, cell) / functional.avg_pool2d(where, cell).clamp(min=0.02)
        return functional.interpolate(mean, scale_factor=float(cell), mode="bilinear", align_corners=False)
