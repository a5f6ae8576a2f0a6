# SPDX-License-Identifier: GPL-3.0-or-later
"""The network that predicts a motion from a noisy one, the time step, audio features, a style and an expression.

A UNet in time: levels at 25, 12.5 and 6.25 frames a second, each of conditional residual blocks and local attention to
the audio. Every frame depends on frames within `context` alone, so that windows of a long sound, computed apart, are
the whole.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import torch
from torch import nn

from mien.engines.emodiffhead import expression
from mien.engines.emodiffhead.attention import LocalCrossAttention
from mien.engines.emodiffhead.block import Block
from mien.engines.neural import audio_features, style_features
from mien.engines.neural.motion_space import SIZE
from mien.files.weights_file import FileNames
from mien.nn import convnext
from mien.nn.film import FiLM

STYLE = style_features.SIZE - len(style_features.EMOTIONS)  # of the style features, those before the emotions
WAVES = 64  # sines and cosines of a time step
FILE_NAMES = FileNames(
    modules={
        "film": "listening", "project": "hear", "gain": "times", "shift": "plus", "audio_blocks": "listened",
        "attention": "look", "query": "ask", "key_value": "offer", "output": "leave", "distance_bias": "near",
        "style_modulation": "by_told", "expression_modulation": "by_expression",
    },
    sizes={"audio": "heard", "audio_blocks": "listening", "attention_context": "near", "condition": "told",
           "widening": "wider"},
)  # fmt: skip


@dataclass(frozen=True)
class DenoiserConfig:
    """Sizes of the network."""

    audio: int = audio_features.SIZE
    style: int = STYLE
    expression: int = expression.SIZE
    width: int = 160  # at 25 frames a second; each level below is `widening` times as wide
    widening: float = 1.4
    blocks: tuple[int, ...] = (2, 2, 2)  # at each level, down and up again
    kernel: int = 7
    audio_blocks: int = 3  # that encode the audio features, once for all steps
    heads: int = 4
    attention_context: int = 10  # frames of 40 ms to either side that are attended to
    condition: int = 128  # numbers that time step and style become
    motion: int = SIZE

    def as_dict(self) -> dict[str, object]:
        """Under the names of the weights file."""
        return FILE_NAMES.to_file(asdict(self))

    @classmethod
    def from_dict(cls, fields: Mapping[str, Any]) -> DenoiserConfig:
        """Of fields under the names of the weights file. TypeError for other ones."""
        named: dict[str, Any] = FILE_NAMES.from_file(fields)
        if "blocks" in named:
            named["blocks"] = tuple(named["blocks"])
        return cls(**named)

    @property
    def widths(self) -> tuple[int, ...]:
        """Of the levels: multiples of 8 for each head."""
        unit = 8 * self.heads
        return tuple(round(self.width * self.widening**level / unit) * unit for level in range(len(self.blocks)))

    @property
    def stride(self) -> int:
        """Frames must be a multiple of this."""
        return 2 ** (len(self.blocks) - 1)


class Level(nn.Module):
    """Blocks, then attention to the audio."""

    def __init__(self, config: DenoiserConfig, level: int) -> None:
        super().__init__()
        width, conditions = config.widths[level], (config.condition, config.expression + 1)
        self.blocks = nn.ModuleList(Block(width, config.kernel, *conditions) for _ in range(config.blocks[level]))
        self.attention = LocalCrossAttention(width, config.widths[0], config.heads, config.attention_context, 2**level)

    def forward(
        self, x: torch.Tensor, audio: torch.Tensor, condition: torch.Tensor, expression: torch.Tensor
    ) -> torch.Tensor:
        for block in self.blocks:
            x = block(x, condition, expression)
        return self.attention(x, audio)


class Denoiser(nn.Module):
    """Predicts motion in units of `scale` around `mean`, both (57,), in which the training's has variance 1: the
    difference between it and the expression, which `lift` (52, 57) turns into numbers of the motion. So a face that was
    never seen is shown from the first step of training on, and the blocks learn what speech does to it."""

    mean: torch.Tensor
    scale: torch.Tensor
    lift: torch.Tensor

    def __init__(self, config: DenoiserConfig) -> None:
        super().__init__()
        self.config = config
        widths, last = config.widths, len(config.blocks) - 1
        self.film = FiLM(config.audio, config.style, widths[0])
        self.audio_blocks = nn.Sequential(
            *(convnext.Block(widths[0], config.kernel, config.kernel // 2) for _ in range(config.audio_blocks))
        )
        self.silence = nn.Parameter(torch.zeros(widths[0]))  # in the place of the audio where it is not used
        self.step = nn.Sequential(
            nn.Linear(WAVES, config.condition), nn.SiLU(), nn.Linear(config.condition, config.condition)
        )
        self.style = nn.Linear(config.style, config.condition)
        self.enter = nn.Linear(config.motion + widths[0] + config.expression + 1, widths[0])
        self.down = nn.ModuleList(Level(config, level) for level in range(last))
        self.coarser = nn.ModuleList(nn.Linear(2 * widths[i], widths[i + 1]) for i in range(last))
        self.bottom = Level(config, last)
        self.finer = nn.ModuleList(nn.Linear(widths[i + 1], 2 * widths[i]) for i in range(last))
        self.merge = nn.ModuleList(nn.Linear(2 * widths[i], widths[i]) for i in range(last))
        self.up = nn.ModuleList(Level(config, level) for level in range(last))
        self.output = nn.Sequential(nn.LayerNorm(widths[0]), nn.Linear(widths[0], config.motion))
        self.register_buffer("mean", torch.zeros(config.motion))
        self.register_buffer("scale", torch.ones(config.motion))
        self.register_buffer("lift", torch.zeros(config.expression, config.motion))

    @property
    def context(self) -> int:
        """Frames to either side that a frame depends on."""
        half, config = self.config.kernel // 2, self.config
        levels = sum((2 if level < len(config.blocks) - 1 else 1) * (blocks * half + 1) * 2**level
                     for level, blocks in enumerate(config.blocks))  # fmt: skip
        return levels + config.attention_context + config.stride + config.audio_blocks * half

    def encode_audio(self, audio: torch.Tensor, style: torch.Tensor) -> torch.Tensor:
        """(B, F, audio), (B, F, style) -> (B, F, width): the same at every step."""
        return self.audio_blocks(self.film(audio, style))

    def forward(
        self, noisy: torch.Tensor, t: torch.Tensor, encoded: torch.Tensor, style: torch.Tensor,
        expression: torch.Tensor, use_audio: torch.Tensor, use_expression: torch.Tensor,
    ) -> torch.Tensor:  # fmt: skip
        """The motion (B, F, 57) behind a noisy one at times t (B,), F being a multiple of the stride.

        `encoded` is of `encode_audio`, `expression` (B, F, 52); an example is conditioned on them where `use_audio`
        and `use_expression`, (B,) of bool, are true.
        """
        audio = torch.where(use_audio[:, None, None], encoded, self.silence)
        face = torch.cat([expression, torch.ones_like(expression[..., :1])], -1) * use_expression[:, None, None]
        condition = torch.nn.functional.silu(self.step(waves(t))[:, None] + self.style(style))
        x = self.enter(torch.cat([noisy, audio, face], -1))
        skips = []
        for level, coarser in zip(self.down, self.coarser, strict=True):
            x = level(x, audio, condition, face)
            skips.append((x, condition, face))
            x, condition, face = coarser(x.unflatten(1, (-1, 2)).flatten(2)), halved(condition), halved(face)
        x = self.bottom(x, audio, condition, face)
        for finer, merge, level in zip(*map(reversed, (self.finer, self.merge, self.up)), strict=True):
            before, condition, face = skips.pop()
            x = merge(torch.cat([finer(x).unflatten(2, (2, -1)).flatten(1, 2), before], -1))
            x = level(x, audio, condition, face)
        return self.output(x) + face[..., :-1] @ self.lift / self.scale


def halved(x: torch.Tensor) -> torch.Tensor:
    """(B, F, C) -> (B, F / 2, C): means of pairs of frames."""
    return x.unflatten(1, (-1, 2)).mean(2)


def waves(t: torch.Tensor) -> torch.Tensor:
    """(B,) times from 0 to 1 -> (B, WAVES): sines and cosines of 1 to 1000 rad (Vaswani et al. 2017, section 3.5)."""
    rates = torch.exp(torch.linspace(0, math.log(1000), WAVES // 2, device=t.device))
    angles = t[:, None] * rates
    return torch.cat([angles.sin(), angles.cos()], 1)
