# SPDX-License-Identifier: GPL-3.0-or-later
"""Stage 1 of Mien's own ProbTalk3D: motion as codes, and back (docs/probtalk3d.md, *Published system*, 2;
`CodecConfig` says what differs)."""

from __future__ import annotations

from dataclasses import asdict, dataclass

import torch
from torch import nn

from mien.engines.probtalk3d.codebook import Codebook
from mien.files.weights_file import FileNames
from mien.nn.convnext import Block

FILE_NAMES = FileNames(
    modules={
        "embed": "enter", "encoder": "up", "to_latent": "choose", "codebook": "book", "from_latent": "take",
        "decoder": "down", "upsample": "unfold", "refine": "fine", "output": "leave",
    },
    sizes={},
)  # fmt: skip


@dataclass(frozen=True)
class CodecConfig:
    """Sizes of one codec. Convolutions of finite receptive field stand where the published network has attention and
    norms over the whole clip, and codes are those of one step, so that windows change nothing."""

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

    def __init__(self, config: CodecConfig) -> None:
        super().__init__()
        self.config = config
        stacked, latent = config.numbers * config.stride, config.groups * config.depth
        self.embed = nn.Linear(stacked, config.width)
        self.encoder = self._blocks(config.blocks)
        self.to_latent = nn.Linear(config.width, latent)
        self.codebook = Codebook(config.groups, config.codes, config.depth)
        self.from_latent = nn.Linear(latent, config.width)
        self.decoder = self._blocks(config.blocks)
        self.upsample = nn.Linear(config.width, config.width * config.stride)
        self.refine = self._blocks(1)
        self.output = nn.Linear(config.width, config.numbers)

    def _blocks(self, count: int) -> nn.Sequential:
        kernel = self.config.kernel
        return nn.Sequential(*(Block(self.config.width, kernel, kernel // 2, widening=2) for _ in range(count)))

    @property
    def context(self) -> int:
        """Frames on either side that a decoded frame depends on."""
        config = self.config
        return (config.blocks * (config.kernel // 2) + 1) * config.stride + config.kernel // 2

    def encode(self, motion: torch.Tensor) -> torch.Tensor:
        """(B, F, numbers) -> latents (B, F / stride, groups, depth), not yet quantised"""
        batch, frames, _ = motion.shape
        stacked = motion.reshape(batch, frames // self.config.stride, -1)
        z = self.to_latent(self.encoder(self.embed(stacked)))
        return z.unflatten(-1, (self.config.groups, self.config.depth))

    def decode(self, vectors: torch.Tensor) -> torch.Tensor:
        """(B, F / stride, groups, depth) -> (B, F, numbers)"""
        batch, steps = vectors.shape[:2]
        x = self.decoder(self.from_latent(vectors.flatten(2)))
        x = self.upsample(x).reshape(batch, steps * self.config.stride, self.config.width)
        return self.output(self.refine(x))


def codec_of(codecs: nn.ModuleDict, part: str) -> Codec:
    """The codec of a part of the motion, 'mouth' or 'life'."""
    codec = codecs[part]
    assert isinstance(codec, Codec)
    return codec
