# SPDX-License-Identifier: GPL-3.0-or-later
"""EMOdiffhead's image denoiser as far as it is known: a module to train, without weights, which no command uses.

After Wang et al. 2024 (arXiv 2409.07255): a UNet with cross-attention and conditional residual blocks, identity by a
ReferenceNet. Sizes, depths and what the condition holds are inferred, not stated by the paper.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn
from torch.nn import functional

PIXELS = 3
PICTURES = 4  # noisy, reference, two before it
EXPRESSION = 56  # FLAME: expression 50, jaw 3, pose 3
AUDIO_TOKENS, EXPRESSION_TOKENS = 9, 4  # t - 4 to t + 4; of the expression vector
GROUPS, HEADS = 8, 4


class ConditionalBlock(nn.Module):
    """GroupNorm, scale and shift by the time step, SiLU, convolution; the same by the condition; a skip."""

    def __init__(self, inputs: int, outputs: int, time: int, condition: int) -> None:
        super().__init__()
        self.norm_time, self.norm_condition = nn.GroupNorm(GROUPS, inputs), nn.GroupNorm(GROUPS, outputs)
        self.by_time, self.by_condition = nn.Linear(time, 2 * inputs), nn.Linear(condition, 2 * outputs)
        self.first = nn.Conv2d(inputs, outputs, 3, padding=1)
        self.second = nn.Conv2d(outputs, outputs, 3, padding=1)
        self.skip = nn.Conv2d(inputs, outputs, 1) if inputs != outputs else nn.Identity()

    def forward(self, x: Tensor, time: Tensor, condition: Tensor) -> Tensor:
        """(B, outputs, H, W) of x (B, inputs, H, W), time (B, T), condition (B, C)."""
        hidden = self.first(functional.silu(_modulated(self.norm_time(x), self.by_time(time))))
        hidden = self.second(functional.silu(_modulated(self.norm_condition(hidden), self.by_condition(condition))))
        return hidden + self.skip(x)


class ImageAttention(nn.Module):
    """Pixels attend to themselves and to those of the reference, then to the tokens of sound and expression."""

    def __init__(self, channels: int, tokens: int) -> None:
        super().__init__()
        self.norms = nn.ModuleList(nn.GroupNorm(GROUPS, channels) for _ in range(2))
        self.to_pixels = nn.MultiheadAttention(channels, HEADS, batch_first=True)
        self.to_tokens = nn.MultiheadAttention(channels, HEADS, kdim=tokens, vdim=tokens, batch_first=True)

    def forward(self, x: Tensor, tokens: Tensor, reference: Tensor | None) -> Tensor:
        """x (B, C, H, W), tokens (B, N, T), reference (B, C, H, W) or None."""
        query = self.norms[0](x).flatten(2).transpose(1, 2)
        keys = query if reference is None else torch.cat([query, reference.flatten(2).transpose(1, 2)], 1)
        x = x + self.to_pixels(query, keys, keys, need_weights=False)[0].transpose(1, 2).view_as(x)
        query = self.norms[1](x).flatten(2).transpose(1, 2)
        return x + self.to_tokens(query, tokens, tokens, need_weights=False)[0].transpose(1, 2).view_as(x)


class _Encoder(nn.Module):
    """The half that shrinks: a block and, at the lower levels, attention at each level, then half the size."""

    def __init__(self, inputs: int, widths: tuple[int, ...], attended: tuple[bool, ...], time: int, token: int) -> None:
        super().__init__()
        self.enter = nn.Conv2d(inputs, widths[0], 3, padding=1)
        before = (widths[0], *widths[:-1])
        self.blocks = nn.ModuleList(ConditionalBlock(a, b, time, time) for a, b in zip(before, widths, strict=True))
        self.attentions = nn.ModuleList(
            ImageAttention(width, token) if here else nn.Identity()
            for width, here in zip(widths, attended, strict=True)
        )
        self.shrink = nn.ModuleList(nn.Conv2d(width, width, 3, stride=2, padding=1) for width in widths[:-1])

    def forward(
        self, x: Tensor, time: Tensor, condition: Tensor, tokens: Tensor, references: list[Tensor] | None
    ) -> list[Tensor]:
        x, maps = self.enter(x), []
        for level, block in enumerate(self.blocks):
            x = block(x, time, condition)
            attention = self.attentions[level]
            if isinstance(attention, ImageAttention):
                x = attention(x, tokens, None if references is None else references[level])
            maps.append(x)
            if level < len(self.shrink):
                x = self.shrink[level](x)
        return maps


class ImageDenoiser(nn.Module):
    """The noise in a picture of a talking face.

    widths: channels by level, each half the size of the one before; attended: at which of them there is attention (the
    paper's drawing: the lower ones); audio, token: sizes of a frame of sound and of what is attended to.
    """

    def __init__(
        self,
        widths: tuple[int, ...] = (64, 128, 256, 256),
        attended: tuple[bool, ...] = (False, False, True, True),
        audio: int = 128,
        token: int = 128,
    ) -> None:
        super().__init__()
        time = 4 * widths[0]
        self._time = widths[0]
        self.time = nn.Sequential(nn.Linear(widths[0], time), nn.SiLU(), nn.Linear(time, time))
        self.condition = nn.Linear(EXPRESSION + audio, time)
        self.audio_tokens = nn.Linear(audio, token)
        self.expression_tokens = nn.Linear(EXPRESSION, EXPRESSION_TOKENS * token)
        self.encoder = _Encoder(PICTURES * PIXELS, widths, attended, time, token)
        self.reference = _Encoder(PIXELS, widths, attended, time, token)
        down = widths[::-1]
        self.grow = nn.ModuleList(nn.Conv2d(a, b, 3, padding=1) for a, b in zip(down[:-1], down[1:], strict=True))
        self.blocks = nn.ModuleList(ConditionalBlock(2 * width, width, time, time) for width in down[1:])
        self.leave = nn.Sequential(
            nn.GroupNorm(GROUPS, widths[0]), nn.SiLU(), nn.Conv2d(widths[0], PIXELS, 3, padding=1)
        )

    def forward(
        self, noisy: Tensor, step: Tensor, reference: Tensor, before: Tensor, expression: Tensor, audio: Tensor
    ) -> Tensor:
        """(B, 3, H, W) the noise. noisy, reference (B, 3, H, W); step (B,); before (B, 6, H, W): the two pictures
        before; expression (B, 56); audio (B, 9, A). H and W are multiples of two to the number of levels less one."""
        time = self.time(_sinusoid(step, self._time))
        condition = self.condition(torch.cat([expression, audio[:, AUDIO_TOKENS // 2]], 1))
        own = self.expression_tokens(expression).view(len(expression), EXPRESSION_TOKENS, -1)
        tokens = torch.cat([self.audio_tokens(audio), own], 1)
        references = self.reference(reference, time, condition, tokens, None)
        maps = self.encoder(torch.cat([noisy, reference, before], 1), time, condition, tokens, references)
        x = maps.pop()
        for grow, block in zip(self.grow, self.blocks, strict=True):
            x = grow(functional.interpolate(x, scale_factor=2.0))
            x = block(torch.cat([x, maps.pop()], 1), time, condition)
        return self.leave(x)


def _modulated(x: Tensor, scale_and_shift: Tensor) -> Tensor:
    scale, shift = scale_and_shift[..., None, None].chunk(2, 1)
    return x * (1 + scale) + shift


def _sinusoid(step: Tensor, size: int) -> Tensor:
    half = size // 2
    rates = torch.exp(torch.arange(half, device=step.device) * (-math.log(10000.0) / half))
    angles = step.float()[:, None] * rates
    return torch.cat([angles.sin(), angles.cos()], 1)
