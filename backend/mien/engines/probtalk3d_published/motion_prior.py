# SPDX-License-Identifier: GPL-3.0-or-later
"""Stage 1 of ProbTalk3D: motion to codes and back, learnt from motion alone."""

from __future__ import annotations

from dataclasses import dataclass, field

import torch
from torch import nn

from mien.engines.probtalk3d_published.blocks import SLOPE, Embedding, Front, Shape, Transformer
from mien.engines.probtalk3d_published.quantiser import Choose, Layout, Quantised, Quantiser


@dataclass(frozen=True)
class PriorShape:
    """Sizes of the motion prior; the published ones unless said otherwise. Both transformers are equally wide."""

    channels: int = 53  # of a frame of motion (flame_motion.py)
    encoder: Shape = field(default_factory=Shape)
    decoder: Shape = field(default_factory=Shape)
    codes: int = 256
    code_width: int = 128


class MotionEncoder(nn.Module):
    def __init__(self, channels: int, shape: Shape) -> None:
        super().__init__()
        self.feature_mapping = nn.Sequential(nn.Linear(channels, shape.width), nn.LeakyReLU(SLOPE))
        self.squasher = Front(shape.width)
        self.encoder_linear_embedding = Embedding(shape.width)
        self.encoder_transformer = Transformer(shape)

    def forward(self, motion: torch.Tensor) -> torch.Tensor:
        """(B, T, channels) -> (B, T, width)"""
        x = self.squasher(self.feature_mapping(motion))
        return self.encoder_transformer(self.encoder_linear_embedding(x))


class MotionDecoder(nn.Module):
    def __init__(self, channels: int, shape: Shape) -> None:
        super().__init__()
        self.expander = Front(shape.width)
        self.decoder_linear_embedding = Embedding(shape.width)
        self.decoder_transformer = Transformer(shape)
        self.feature_mapping_reverse = nn.Linear(shape.width, channels, bias=False)

    def forward(self, features: torch.Tensor) -> torch.Tensor:
        """(B, T, width) -> (B, T, channels)"""
        x = self.decoder_linear_embedding(self.expander(features))
        return self.feature_mapping_reverse(self.decoder_transformer(x))


class MotionPrior(nn.Module):
    """Motion in scaled numbers (flame_motion.py), in and out. One clip of a batch does not see another."""

    def __init__(self, shape: PriorShape, layout: Layout = Layout.PUBLISHED) -> None:
        super().__init__()
        self.shape = shape
        self.motion_encoder = MotionEncoder(shape.channels, shape.encoder)
        self.quantize = Quantiser(shape.codes, shape.code_width, layout)
        self.motion_decoder = MotionDecoder(shape.channels, shape.decoder)

    def forward(self, motion: torch.Tensor, choose: Choose | None = None) -> tuple[torch.Tensor, Quantised]:
        """(B, T, channels) -> the motion as the codes have it (B, T, channels), and the codes"""
        quantised = self.quantize(self.motion_encoder(motion), choose)
        return self.motion_decoder(quantised.features), quantised
