# SPDX-License-Identifier: GPL-3.0-or-later
"""KFusion's network in Mien's own sizes: two domains of the sound and a face at rest become moving landmarks.

The topology is the published one (`published.py`, arXiv 2409.05330): a Transformer hears the prosody, a bidirectional
LSTM and a Transformer hear the phones, a KAN fuses them, and the mouth has a branch of its own. Unlike there, attention
is over time and reaches `reach` frames, emotions are gains that change over time, and what enters a KAN is normalised
to its grid. Noise enters the fusion of the face, whose motion the sound does not decide, and not that of the mouth.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import torch
from torch import nn

from mien.engines.kfusion.landmark_space import FACE_NUMBERS, MOUTH_NUMBERS, MOVED, SIZE
from mien.engines.kfusion.sound_domains import PHONES, PROSODY
from mien.engines.neural import style_features
from mien.nn.convnext import Block
from mien.nn.film import FiLM
from mien.nn.kan import KanLayer

EMOTIONS = len(style_features.EMOTIONS)  # the last of the style features
FUSIONS = ("kan", "mlp", "concat")
KERNEL = 9  # frames of the convolution that tells a Transformer where frames are
LARGEST = 2.0  # of noise: beyond, a KAN has not learnt


@dataclass(frozen=True)
class KFusionConfig:
    """Sizes of the network. fusion: 'kan', or what it is compared with: an MLP of as many parameters, or 'concat'."""

    prosody: int = PROSODY
    phones: int = PHONES
    style: int = style_features.SIZE
    width: int = 160
    mouth_width: int = 96
    heads: int = 4
    layers: int = 2
    reach: int = 48  # frames to either side that are attended to
    identity: int = 16  # numbers that a face at rest becomes
    stream: int = 48  # numbers of each domain that are fused
    hidden: int = 64  # of the KAN
    noise: int = 8  # curves of noise
    fusion: str = "kan"

    @classmethod
    def from_dict(cls, fields: Mapping[str, Any]) -> KFusionConfig:
        """TypeError for an unknown field, ValueError for an unknown fusion."""
        config = cls(**fields)
        if config.fusion not in FUSIONS:
            raise ValueError(f"its fusion is {config.fusion!r}, none of {', '.join(FUSIONS)}")
        return config

    def as_dict(self) -> dict[str, object]:
        return asdict(self)


class Attention(nn.Module):
    """A convolution, which knows before from after, then Transformer layers that see `reach` frames to either side."""

    def __init__(self, width: int, config: KFusionConfig, layers: int) -> None:
        super().__init__()
        self.reach = config.reach
        self.near = Block(width, KERNEL, KERNEL // 2)
        self.layers = nn.ModuleList(
            nn.TransformerEncoderLayer(width, config.heads, 2 * width, 0.05, "gelu", batch_first=True, norm_first=True)
            for _ in range(layers)
        )

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """(B, F, width) -> (B, F, width)"""
        x = self.near(x)
        at = torch.arange(x.shape[1], device=x.device)
        hidden = (at[:, None] - at).abs() > self.reach
        for layer in self.layers:
            x = layer(x, src_mask=hidden)
        return x


class Streams(nn.Module):
    """Streams (B, F, w), each projected to `stream` numbers and normalised to the grid of a KAN, side by side."""

    def __init__(self, widths: tuple[int, ...], stream: int) -> None:
        super().__init__()
        self.projections = nn.ModuleList(
            nn.Sequential(nn.Linear(width, stream), nn.LayerNorm(stream)) for width in widths
        )

    def forward(self, *streams: torch.Tensor) -> torch.Tensor:
        return torch.cat([project(x) for project, x in zip(self.projections, streams, strict=True)], -1).tanh()


class KFusion(nn.Module):
    """prosody (B, F, 85), phones (B, F, 86), style features (B, F, 30) and a face at rest (B, 204) become numbers of
    `landmark_space` (B, F, 209): mm and radians."""

    mean: torch.Tensor
    scale: torch.Tensor

    def __init__(self, config: KFusionConfig) -> None:
        super().__init__()
        self.config = config
        width, mouth, condition = config.width, config.mouth_width, config.style + config.identity
        self.identity = nn.Linear(MOVED, config.identity)
        self.hear_prosody = FiLM(config.prosody, condition, width)
        self.prosody = Attention(width, config, config.layers)
        self.hear_phones = FiLM(config.phones, condition, width)
        self.lstm = nn.LSTM(width, width // 2, batch_first=True, bidirectional=True)
        self.context = Attention(width, config, config.layers)
        self.hear_mouth_prosody = FiLM(config.prosody, condition, mouth)
        self.mouth_prosody = Attention(mouth, config, 1)
        self.hear_mouth_phones = FiLM(config.phones, condition, width)
        self.mouth_lstm = nn.LSTM(width, width // 2, batch_first=True, bidirectional=True)
        self.mouth_near = Block(width, KERNEL, KERNEL // 2)
        known = EMOTIONS + config.identity
        self.face_streams = Streams((width, width, width), config.stream)
        self.mouth_streams = Streams((mouth, width, width), config.stream)
        self.face_fusion = fusion(config, 3 * config.stream + known + config.noise, len(FACE_NUMBERS))
        self.mouth_fusion = fusion(config, 3 * config.stream + known, len(MOUTH_NUMBERS))
        self.register_buffer("mean", torch.zeros(SIZE))
        self.register_buffer("scale", torch.ones(SIZE))

    def forward(
        self, prosody: torch.Tensor, phones: torch.Tensor, style: torch.Tensor, rest: torch.Tensor, noise: torch.Tensor
    ) -> torch.Tensor:
        """`noise` (B, F, 8), or 0 for the likeliest motion."""
        face, mouth = self.encode(prosody, phones, style, rest)
        return self.decode(face, mouth, noise)

    def encode(
        self, prosody: torch.Tensor, phones: torch.Tensor, style: torch.Tensor, rest: torch.Tensor
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """What the fusions of face and mouth are given, (B, F, n) each, noise excepted."""
        identity = self.identity(rest).tanh()[:, None].expand(-1, prosody.shape[1], -1)
        condition = torch.cat([style, identity], -1)
        entered = self.hear_phones(phones, condition)
        spoken = entered + self.lstm(entered)[0]
        context = self.context(spoken)
        lips = self.hear_mouth_phones(phones, condition)
        lips = self.mouth_near(lips + self.mouth_lstm(lips)[0])
        known = torch.cat([style[..., -EMOTIONS:], identity], -1)
        face = self.face_streams(self.prosody(self.hear_prosody(prosody, condition)), context, spoken)
        mouth = self.mouth_streams(self.mouth_prosody(self.hear_mouth_prosody(prosody, condition)), lips, context)
        return torch.cat([face, known], -1), torch.cat([mouth, known], -1)

    def decode(self, face: torch.Tensor, mouth: torch.Tensor, noise: torch.Tensor) -> torch.Tensor:
        """Numbers (B, F, 209)"""
        face = self.face_fusion(torch.cat([face, noise.clamp(-LARGEST, LARGEST) / LARGEST], -1))
        moved = MOVED - len(MOUTH_NUMBERS)
        numbers = torch.cat([face[..., :moved], self.mouth_fusion(mouth), face[..., moved:]], -1)
        return self.mean + self.scale * numbers


def fusion(config: KFusionConfig, inputs: int, outputs: int) -> nn.Module:
    """What fuses the streams: (..., inputs) -> (..., outputs)."""
    kan = KanFusion(inputs, config.hidden, outputs)
    if config.fusion == "kan":
        return kan
    if config.fusion == "concat":
        return nn.Linear(inputs, outputs)
    hidden = round((sum(p.numel() for p in kan.parameters()) - outputs) / (inputs + outputs + 1))
    return nn.Sequential(nn.Linear(inputs, hidden), nn.SiLU(), nn.Linear(hidden, outputs))


class KanFusion(nn.Module):
    """Two layers of a KAN; what enters the second is normalised as what enters the first was."""

    def __init__(self, inputs: int, hidden: int, outputs: int) -> None:
        super().__init__()
        self.first, self.norm, self.last = KanLayer(inputs, hidden), nn.LayerNorm(hidden), KanLayer(hidden, outputs)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.last(self.norm(self.first(x)).tanh())
