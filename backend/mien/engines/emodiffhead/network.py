# SPDX-License-Identifier: GPL-3.0-or-later
"""The network that predicts a motion from a noisy one, the time step, what is heard, a style and an expression.

A UNet in time: levels at 25, 12.5 and 6.25 frames a second, each of conditional residual blocks and a look at the
sound nearby. Every frame depends on frames within `reach` alone, so that windows of a long sound, computed apart, are
the whole.
"""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass

import torch
from torch import nn

from mien.engines.emodiffhead import expression
from mien.engines.emodiffhead.attention import Nearby
from mien.engines.emodiffhead.block import Block
from mien.engines.neural import audio_features as heard
from mien.engines.neural import style_features as told
from mien.engines.neural.motion_space import SIZE
from mien.nn import convnext
from mien.nn.film import Listening

STYLE = told.SIZE - len(told.EMOTIONS)  # of what ProbTalk3D is told, the style comes first
WAVES = 64  # sines and cosines of a time step


@dataclass(frozen=True)
class Shape:
    """Sizes."""

    heard: int = heard.SIZE
    style: int = STYLE
    expression: int = expression.SIZE
    width: int = 160  # at 25 frames a second; each level below is `wider` times as wide
    wider: float = 1.4
    blocks: tuple[int, ...] = (2, 2, 2)  # at each level, down and up again
    kernel: int = 7
    listening: int = 3  # blocks that listen, once for all steps
    heads: int = 4
    near: int = 10  # frames of 40 ms to either side that are looked at
    told: int = 128  # numbers that time step and style become
    motion: int = SIZE

    def as_dict(self) -> dict[str, object]:
        return asdict(self)

    @property
    def widths(self) -> tuple[int, ...]:
        """Of the levels: multiples of 8 for each head."""
        unit = 8 * self.heads
        return tuple(round(self.width * self.wider**level / unit) * unit for level in range(len(self.blocks)))

    @property
    def stride(self) -> int:
        """Frames must be a multiple of this."""
        return 2 ** (len(self.blocks) - 1)


class Level(nn.Module):
    """Blocks, then a look at the sound."""

    def __init__(self, shape: Shape, level: int) -> None:
        super().__init__()
        width, told_and_felt = shape.widths[level], (shape.told, shape.expression + 1)
        self.blocks = nn.ModuleList(Block(width, shape.kernel, *told_and_felt) for _ in range(shape.blocks[level]))
        self.look = Nearby(width, shape.widths[0], shape.heads, shape.near, 2**level)

    def forward(
        self, x: torch.Tensor, sound: torch.Tensor, told: torch.Tensor, expression: torch.Tensor
    ) -> torch.Tensor:
        for block in self.blocks:
            x = block(x, told, expression)
        return self.look(x, sound)


class Denoiser(nn.Module):
    """Predicts motion in units of `scale` around `mean`, both (57,), in which the training's has variance 1: what is
    between it and the expression, which `lift` (52, 57) says in the numbers of the motion. So a face that was never
    seen is shown from the first step of training on, and the blocks learn what speech does to it."""

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.shape = shape
        widths, last = shape.widths, len(shape.blocks) - 1
        self.listening = Listening(shape.heard, shape.style, widths[0])
        self.listened = nn.Sequential(
            *(convnext.Block(widths[0], shape.kernel, shape.kernel // 2) for _ in range(shape.listening))
        )
        self.silence = nn.Parameter(torch.zeros(widths[0]))  # what is heard where nothing is told of the sound
        self.step = nn.Sequential(nn.Linear(WAVES, shape.told), nn.SiLU(), nn.Linear(shape.told, shape.told))
        self.style = nn.Linear(shape.style, shape.told)
        self.enter = nn.Linear(shape.motion + widths[0] + shape.expression + 1, widths[0])
        self.down = nn.ModuleList(Level(shape, level) for level in range(last))
        self.coarser = nn.ModuleList(nn.Linear(2 * widths[i], widths[i + 1]) for i in range(last))
        self.bottom = Level(shape, last)
        self.finer = nn.ModuleList(nn.Linear(widths[i + 1], 2 * widths[i]) for i in range(last))
        self.merge = nn.ModuleList(nn.Linear(2 * widths[i], widths[i]) for i in range(last))
        self.up = nn.ModuleList(Level(shape, level) for level in range(last))
        self.leave = nn.Sequential(nn.LayerNorm(widths[0]), nn.Linear(widths[0], shape.motion))
        self.register_buffer("mean", torch.zeros(shape.motion))
        self.register_buffer("scale", torch.ones(shape.motion))
        self.register_buffer("lift", torch.zeros(shape.expression, shape.motion))

    @property
    def reach(self) -> int:
        """Frames to either side that a frame depends on."""
        half, shape = self.shape.kernel // 2, self.shape
        along = sum((2 if level < len(shape.blocks) - 1 else 1) * (number * half + 1) * 2**level
                    for level, number in enumerate(shape.blocks))  # fmt: skip
        return along + shape.near + shape.stride + shape.listening * half

    def listen(self, heard: torch.Tensor, style: torch.Tensor) -> torch.Tensor:
        """(B, F, heard), (B, F, style) -> (B, F, width): the same at every step."""
        return self.listened(self.listening(heard, style))

    def forward(
        self, noisy: torch.Tensor, t: torch.Tensor, listened: torch.Tensor, style: torch.Tensor,
        expression: torch.Tensor, hears: torch.Tensor, feels: torch.Tensor,
    ) -> torch.Tensor:  # fmt: skip
        """The motion (B, F, 57) behind a noisy one at times t (B,), F being a multiple of the stride.

        `listened` is of `listen`, `expression` (B, F, 52); what an example does not hear or feel, by hears (B,) and
        feels (B,) of bool, it is told nothing of.
        """
        sound = torch.where(hears[:, None, None], listened, self.silence)
        felt = torch.cat([expression, torch.ones_like(expression[..., :1])], -1) * feels[:, None, None]
        told = torch.nn.functional.silu(self.step(waves(t))[:, None] + self.style(style))
        x = self.enter(torch.cat([noisy, sound, felt], -1))
        kept = []
        for level, coarser in zip(self.down, self.coarser, strict=True):
            x = level(x, sound, told, felt)
            kept.append((x, told, felt))
            x, told, felt = coarser(x.unflatten(1, (-1, 2)).flatten(2)), halved(told), halved(felt)
        x = self.bottom(x, sound, told, felt)
        for finer, merge, level in zip(*map(reversed, (self.finer, self.merge, self.up)), strict=True):
            before, told, felt = kept.pop()
            x = merge(torch.cat([finer(x).unflatten(2, (2, -1)).flatten(1, 2), before], -1))
            x = level(x, sound, told, felt)
        return self.leave(x) + felt[..., :-1] @ self.lift / self.scale


def halved(x: torch.Tensor) -> torch.Tensor:
    """(B, F, C) -> (B, F / 2, C): means of pairs of frames."""
    return x.unflatten(1, (-1, 2)).mean(2)


def waves(t: torch.Tensor) -> torch.Tensor:
    """(B,) times from 0 to 1 -> (B, WAVES): sines and cosines of 1 to 1000 rad (Vaswani et al. 2017, section 3.5)."""
    rates = torch.exp(torch.linspace(0, math.log(1000), WAVES // 2, device=t.device))
    angles = t[:, None] * rates
    return torch.cat([angles.sin(), angles.cos()], 1)
