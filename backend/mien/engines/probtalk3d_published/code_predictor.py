# SPDX-License-Identifier: GPL-3.0-or-later
"""Stage 2 of ProbTalk3D behind its audio model: audio features and a style to codes of the prior, and to motion."""

from __future__ import annotations

from dataclasses import dataclass, field

import torch
from torch import nn

from mien.engines.probtalk3d_published.blocks import Embedding, Front, Transformer, TransformerConfig
from mien.engines.probtalk3d_published.motion_prior import MotionPrior
from mien.engines.probtalk3d_published.quantiser import Choose, QuantiserOutput


@dataclass(frozen=True)
class PredictorConfig:
    """Sizes of the predictor; the published ones unless said otherwise."""

    audio: int = 1536  # audio features a frame of 40 ms
    style: int = 43
    transformer: TransformerConfig = field(default_factory=lambda: TransformerConfig(layers=12))


class FeaturePredictor(nn.Module):
    def __init__(self, config: PredictorConfig) -> None:
        super().__init__()
        width = config.transformer.width
        self.audio_feature_map = nn.Linear(config.audio, width)
        self.style_embedding = nn.Linear(config.style, width, bias=False)
        self.squasher = Front(width)
        self.encoder_linear_embedding = Embedding(width)
        self.encoder_transformer = Transformer(config.transformer)

    def forward(self, audio: torch.Tensor, style: torch.Tensor) -> torch.Tensor:
        """(B, T, audio) and (B, style), or (B, T, style) for one that changes -> (B, T, width), not yet codes"""
        if style.dim() == 2:
            style = style[:, None]
        x = self.squasher(self.audio_feature_map(audio) * self.style_embedding(style))
        return self.encoder_transformer(self.encoder_linear_embedding(x))


class Predictor(nn.Module):
    """The predictor with the prior it was trained on."""

    def __init__(self, config: PredictorConfig, prior: MotionPrior) -> None:
        super().__init__()
        self.feature_predictor = FeaturePredictor(config)
        self.motion_prior = prior

    def forward(
        self, audio: torch.Tensor, style: torch.Tensor, choose: Choose | None = None
    ) -> tuple[torch.Tensor, QuantiserOutput]:
        """(B, T, audio) and (B, style) -> scaled motion (B, T, channels), and the codes it was decoded from"""
        quantised = self.motion_prior.quantize(self.feature_predictor(audio, style), choose)
        return self.motion_prior.motion_decoder(quantised.features), quantised
