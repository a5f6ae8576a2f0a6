# SPDX-License-Identifier: GPL-3.0-or-later
"""The acoustic model of the phone recogniser: log-mel spectrum in, phone posteriors at 100 Hz out.

Two convolutions reduce 100 frames a second to 50. Blocks (`mien.nn.convnext`) see a little ahead and more behind.
Between them the mean over the last seconds is added, which describes voice and room, after ContextNet's squeeze (Han et
al. 2020, section 2.2.2), but of the past only. A transposed convolution returns to 100 frames. All of it has a known,
finite receptive field, so that windows are exact.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass

import numpy as np
import torch
from torch import nn
from torch.nn import functional

from mien.nn.convnext import Block
from mien.speech_analysis.inventory import BILABIAL, LABIODENTAL, NUMBER, SOUNDS
from mien.speech_analysis.network.features import BANDS, HOP, MARGIN, RATE

FLAGS = ("closure", "labiodental", "voice")
SLOW = 50  # frames a second between the blocks
# Names of modules in weights files and checkpoints, by those in the code
FILE_NAMES = {"squeeze": "heard", "excite": "told"}


@dataclass(frozen=True)
class RecogniserConfig:
    """Sizes of the network. The names are the keys of the metadata of its weights, and of the option `--shape`."""

    width: int = 256
    blocks: int = 6
    widening: int = 3
    kernel: int = 9
    ahead: int = 1  # lookahead of each block, frames of 20 ms (the key of the weights' metadata)
    dropout: float = 0.1  # in training, of what a block adds
    contexts: int = 2  # modules between the blocks that add the mean of the past
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
        return ((self.lookahead + 0.5) * HOP + MARGIN) / RATE

    def as_dict(self) -> dict[str, float | bool]:
        return asdict(self)


class Context(nn.Module):
    """x + excite(mean of squeeze(x) over the last seconds), at the beginning over those that there are."""

    def __init__(self, config: RecogniserConfig) -> None:
        super().__init__()
        self.frames = int(config.context * SLOW)
        self.squeeze = nn.Sequential(nn.LayerNorm(config.width), nn.Linear(config.width, config.width // 2), nn.GELU())
        self.excite = nn.Linear(config.width // 2, config.width)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """(B, T, width) -> (B, T, width)"""
        sums = functional.pad(self.squeeze(x).double().cumsum(1), (0, 0, 1, 0))  # double: exact over an hour
        now = torch.arange(1, x.shape[1] + 1, device=x.device)
        begin = (now - self.frames).clamp(min=0)
        mean = (sums[:, now] - sums[:, begin]) / (now - begin)[:, None]
        return x + self.excite(mean.to(x.dtype))


class AcousticModel(nn.Module):
    """forward: (B, T, 80) with an even T -> logits (B, T, sounds) and (B, T, flags)."""

    def __init__(self, config: RecogniserConfig) -> None:
        super().__init__()
        self.config = config
        width = config.width
        self.stem = nn.Conv1d(BANDS, width // 2, 5, padding=2)
        self.down = nn.Conv1d(width // 2, width, 4, stride=2, padding=1)
        self.first = nn.LayerNorm(width)
        layers: list[nn.Module] = []
        for i in range(config.blocks):
            layers.append(Block(width, config.kernel, config.ahead, config.widening, config.dropout))
            if i % 2 == 1 and i // 2 < config.contexts:
                layers.append(Context(config))
        self.body = nn.Sequential(*layers)
        if config.recurrent:
            self.before = nn.LayerNorm(width)
            self.recur = nn.GRU(width, config.recurrent, batch_first=True, bidirectional=config.both_ways)
            self.join = nn.Linear(config.recurrent * (1 + config.both_ways), width)
        self.last = nn.LayerNorm(width)
        self.up = nn.ConvTranspose1d(width, width // 2, 4, stride=2, padding=1)
        self.out = nn.Linear(width // 2, len(SOUNDS) + len(FLAGS))

    def forward(self, mel: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        x = functional.gelu(self.stem(mel.transpose(1, 2)))
        x = self.body(self.first(self.down(x).transpose(1, 2)))
        if self.config.recurrent:
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
