# SPDX-License-Identifier: GPL-3.0-or-later
"""Stage 1 of ProbTalk3D: motion to codes and back, learnt from motion alone."""

from __future__ import annotations

from dataclasses import dataclass, field

import torch
from torch import nn

from mien.engines.probtalk3d_published.blocks import SLOPE, Embedding, Front, Transformer, TransformerConfig
from mien.engines.probtalk3d_published.quantiser import Choose, Layout, Quantiser, QuantiserOutput


@dataclass(frozen=True)
class PriorConfig:
    """Sizes of the motion prior; the published ones unless said otherwise. Both transformers are equally wide."""

    channels: int = 53  # of a frame of motion (flame_motion.py)
    encoder: TransformerConfig = field(default_factory=TransformerConfig)
    decoder: TransformerConfig = field(default_factory=TransformerConfig)
    codes: int = 256
    code_width: int = 128


class MotionEncoder(nn.Module):
    def __init__(self, channels: int, config: TransformerConfig) -> None:
        super().__init__()
        self.feature_mapping = nn.Sequential(nn.Linear(channels, config.width), nn.LeakyReLU(SLOPE))
        self.squasher = Front(config.width)
        self.encoder_linear_embedding = Embedding(config.width)
        self.encoder_transformer = Transformer(config)

    def forward(self, motion: torch.Tensor) -> torch.Tensor:
        """(B, T, channels) -> (B, T, width)"""
        x = self.squasher(self.feature_mapping(motion))
        return self.encoder_transformer(self.encoder_linear_embedding(x))


class MotionDecoder(nn.Module):
    def __init__(self, channels: int, config: TransformerConfig) -> None:
        super().__init__()
        self.expander = Front(config.width)
        self.decoder_linear_embedding = Embedding(config.width)
        self.decoder_transformer = Transformer(config)
        self.feature_mapping_reverse = nn.Linear(config.width, channels, bias=False)

    def forward(self, features: torch.Tensor) -> torch.Tensor:
        """(B, T, width) -> (B, T, channels)"""
        x = self.decoder_linear_embedding(self.expander(features))
        return self.feature_mapping_reverse(self.decoder_transformer(x))


class MotionPrior(nn.Module):
    """Motion in scaled numbers (flame_motion.py), in and out. One clip of a batch does not see another."""

    def __init__(self, config: PriorConfig, layout: Layout = Layout.PUBLISHED) -> None:
        super().__init__()
        self.config = config
        self.motion_encoder = MotionEncoder(config.channels, config.encoder)
        self.quantize = Quantiser(config.codes, config.code_width, layout)
        self.motion_decoder = MotionDecoder(config.channels, config.decoder)

    def forward(self, motion: torch.Tensor, choose: Choose | None = None) -> tuple[torch.Tensor, QuantiserOutput]:
        """(B, T, channels) -> the motion as the codes have it (B, T, channels), and the codes"""
        quantised = self.quantize(self.motion_encoder(motion), choose)
        return self.motion_decoder(quantised.features), quantised
