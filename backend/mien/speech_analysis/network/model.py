# SPDX-License-Identifier: GPL-3.0-or-later
"""The ear's network: log-mel in, phone posteriors at 100 Hz out.

Two convolutions bring 100 frames a second down to 50. Blocks (`mien.nn.convnext`) see a little ahead and more behind.
Between them what was heard of the voice and the room in the last seconds is averaged and added, after ContextNet's
squeeze (Han et al. 2020, section 2.2.2), but only of the past. A transposed convolution goes back to 100 frames. All of
it has a known, finite reach, which is what makes windows exact.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass

import numpy as np
import torch
from torch import nn
from torch.nn import functional

from mien.nn.convnext import Block
from mien.speech_analysis.inventory import BILABIAL, LABIODENTAL, NUMBER, SOUNDS
from mien.speech_analysis.network.features import BANDS, HOP, RATE, REACH

FLAGS = ("closure", "labiodental", "voice")
SLOW = 50  # frames a second within


@dataclass(frozen=True)
class Shape:
    """Sizes of a network; kept in the metadata of its weights."""

    width: int = 256
    blocks: int = 6
    widening: int = 3
    kernel: int = 9
    ahead: int = 1  # frames of 20 ms that each block sees of what comes
    dropout: float = 0.1  # in training, of what a block adds
    contexts: int = 2  # places between the blocks where the past is added
    context: float = 3.0  # seconds of it
    recurrent: int = 0  # units of a GRU after the blocks; an ablation
    both_ways: bool = False  # the GRU also looks ahead, without end: an ablation that cannot stream

    @property
    def behind(self) -> int:
        """Frames of 10 ms that a frame depends on before it (with a GRU: all of them)."""
        return 2 * (self.blocks * (self.kernel - 1 - self.ahead) + self.contexts * int(self.context * SLOW)) + 8

    @property
    def lookahead(self) -> int:
        """Frames of 10 ms that a frame depends on after it."""
        return 2 * self.blocks * self.ahead + 5

    @property
    def latency(self) -> float:
        """Seconds from the middle of a frame to the end of the sound that its posteriors depend on."""
        return ((self.lookahead + 0.5) * HOP + REACH) / RATE

    def as_dict(self) -> dict[str, float | bool]:
        return asdict(self)


class Context(nn.Module):
    """x + f(mean of g(x) over the last seconds); where there are fewer, over those there are."""

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.frames = int(shape.context * SLOW)
        self.heard = nn.Sequential(nn.LayerNorm(shape.width), nn.Linear(shape.width, shape.width // 2), nn.GELU())
        self.told = nn.Linear(shape.width // 2, shape.width)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """(B, T, width) -> (B, T, width)"""
        sums = functional.pad(self.heard(x).double().cumsum(1), (0, 0, 1, 0))  # double: exact over an hour
        now = torch.arange(1, x.shape[1] + 1, device=x.device)
        begin = (now - self.frames).clamp(min=0)
        mean = (sums[:, now] - sums[:, begin]) / (now - begin)[:, None]
        return x + self.told(mean.to(x.dtype))


class Network(nn.Module):
    """forward: (B, T, 80) with an even T -> logits (B, T, sounds) and (B, T, flags)."""

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.shape = shape
        width = shape.width
        self.stem = nn.Conv1d(BANDS, width // 2, 5, padding=2)
        self.down = nn.Conv1d(width // 2, width, 4, stride=2, padding=1)
        self.first = nn.LayerNorm(width)
        layers: list[nn.Module] = []
        for i in range(shape.blocks):
            layers.append(Block(width, shape.kernel, shape.ahead, shape.widening, shape.dropout))
            if i % 2 == 1 and i // 2 < shape.contexts:
                layers.append(Context(shape))
        self.body = nn.Sequential(*layers)
        if shape.recurrent:
            self.before = nn.LayerNorm(width)
            self.recur = nn.GRU(width, shape.recurrent, batch_first=True, bidirectional=shape.both_ways)
            self.join = nn.Linear(shape.recurrent * (1 + shape.both_ways), width)
        self.last = nn.LayerNorm(width)
        self.up = nn.ConvTranspose1d(width, width // 2, 4, stride=2, padding=1)
        self.out = nn.Linear(width // 2, len(SOUNDS) + len(FLAGS))

    def forward(self, mel: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        x = functional.gelu(self.stem(mel.transpose(1, 2)))
        x = self.body(self.first(self.down(x).transpose(1, 2)))
        if self.shape.recurrent:
            x = x + self.join(self.recur(self.before(x))[0])
        y = self.up(self.last(x).transpose(1, 2)).transpose(1, 2)
        y = self.out(functional.gelu(y))
        return y[..., : len(SOUNDS)], y[..., len(SOUNDS) :]


def flags_of(labels: np.ndarray) -> np.ndarray:
    """(..., 3) float32 for labels (...): FLAGS."""
    of_sound = np.zeros((len(NUMBER), len(FLAGS)), np.float32)
    of_sound[[NUMBER[s] for s in BILABIAL], 0] = 1
    of_sound[[NUMBER[s] for s in LABIODENTAL], 1] = 1
    of_sound[1:, 2] = 1
    return of_sound[labels]
