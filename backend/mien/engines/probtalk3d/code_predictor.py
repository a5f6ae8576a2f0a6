# SPDX-License-Identifier: GPL-3.0-or-later
"""Stage 2 of Mien's own ProbTalk3D: audio, style and emotion features to codes of the frozen stage 1.

As published (docs/probtalk3d.md, *Published system*, 3), audio times style gives features, the distances of a feature
to the codes of the prior give their probabilities, and sampling those gives takes. The mouth's codes depend on audio
and style alone. The codes of the rest of the face follow one another (a blink that began has to end), so a recurrent
unit remembers those that were drawn; and since a blink begins or does not, but nothing between, a code's probability
there is not a matter of its distance alone.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import torch
from torch import nn
from torch.nn import functional

from mien.engines.probtalk3d.codebook import Codebook
from mien.files.weights_file import FileNames
from mien.nn.convnext import Block
from mien.nn.film import FiLM

FILE_NAMES = FileNames(
    modules={
        "film": "listening", "project": "hear", "gain": "times", "shift": "plus", "audio_trunk": "trunk",
        "mouth_head": "say", "downsample": "gather", "face_trunk": "live", "recurrent": "remember",
        "face_heads": "heads",
    },
    sizes={"audio": "heard", "style": "told", "face_blocks": "life_blocks"},
)  # fmt: skip


@dataclass(frozen=True)
class PredictorConfig:
    """Sizes of the code predictor."""

    audio: int  # audio features a frame
    style: int  # style and emotion features a frame
    width: int = 256
    blocks: int = 5  # for the mouth
    face_blocks: int = 2  # more, for the rest of the face
    kernel: int = 9
    memory: int = 256  # units of the recurrent part
    dropout: float = 0.1

    def as_dict(self) -> dict[str, float]:
        """Under the names of the weights file."""
        return FILE_NAMES.to_file(asdict(self))

    @classmethod
    def from_dict(cls, fields: Mapping[str, Any]) -> PredictorConfig:
        """Of what `as_dict` gave. TypeError for other fields."""
        return cls(**FILE_NAMES.from_file(fields))


class CodePredictor(nn.Module):
    """`mouth` and `face` are the codebooks of stage 1, which are read and never trained here."""

    def __init__(self, config: PredictorConfig, mouth: Codebook, face: Codebook, stride: int) -> None:
        super().__init__()
        self.config, self.stride = config, stride
        width = config.width
        groups, codes, depth = face.vectors.shape
        self.film = FiLM(config.audio, config.style, width)
        self.audio_trunk = self._blocks(config.blocks)
        self.mouth_head = nn.Sequential(
            nn.LayerNorm(width), nn.Linear(width, mouth.vectors.shape[0] * mouth.vectors.shape[2])
        )
        self.downsample = nn.Linear(stride * width, width)
        self.face_trunk = self._blocks(config.face_blocks)
        self.recurrent = nn.GRU(width + groups * depth, config.memory, batch_first=True)
        # each code of a step also depends on those of the step that were drawn before it
        known = [config.memory + width + group * depth for group in range(groups)]
        self.face_heads = nn.ModuleList(
            nn.Sequential(nn.Linear(size, width), nn.GELU(), nn.Linear(width, depth + codes)) for size in known
        )
        self.sharpness = nn.Parameter(torch.tensor([0.0, -1.0]))  # log of 1 / temperature of mouth and face
        self.mouth_groups = mouth.vectors.shape[0]

    def _blocks(self, count: int) -> nn.Sequential:
        kernel, drop = self.config.kernel, self.config.dropout
        return nn.Sequential(*(Block(self.config.width, kernel, kernel // 2, dropout=drop) for _ in range(count)))

    @property
    def context(self) -> int:
        """Frames on either side that a step depends on (backwards also through the recurrent part)."""
        half = self.config.kernel // 2
        return self.config.blocks * half + (self.config.face_blocks * half + 1) * self.stride

    def encode_audio(self, audio: torch.Tensor, style: torch.Tensor) -> torch.Tensor:
        """(B, F, audio), (B, F, style) -> (B, F, width)"""
        return self.audio_trunk(self.film(audio, style))

    def mouth_features(self, encoded: torch.Tensor) -> torch.Tensor:
        """(B, F, width) -> features (B, F, groups, depth)"""
        return self.mouth_head(encoded).unflatten(-1, (self.mouth_groups, -1))

    def face_features(self, encoded: torch.Tensor) -> torch.Tensor:
        """(B, F, width) -> (B, N, width): the input of the rest of the face, a step."""
        batch, frames, _ = encoded.shape
        return self.face_trunk(self.downsample(encoded.reshape(batch, frames // self.stride, -1)))

    def face_logits(
        self, features: torch.Tensor, before: torch.Tensor, now: torch.Tensor, codebook: Codebook
    ) -> torch.Tensor:
        """Logits (B, N, groups, codes) where the vectors of the steps `before` (B, N, groups, depth) and of the step
        itself, `now`, are known: for training."""
        memory, _ = self.recurrent(torch.cat([features, before.flatten(2)], -1))
        context = torch.cat([memory, features], -1)
        return torch.stack([self.group_logits(g, torch.cat([context, now[:, :, :g].flatten(2)], -1), codebook)
                            for g in range(len(self.face_heads))], 2)  # fmt: skip

    def group_logits(self, group: int, known: torch.Tensor, codebook: Codebook) -> torch.Tensor:
        """Logits (..., codes) of one group of the face, of all that is known before it (..., memory + width + ...)."""
        _, codes, depth = codebook.vectors.shape
        feature, free = self.face_heads[group](known).split([depth, codes], -1)
        return free - codebook.distances_within(group, feature) * self.sharpness[1].exp()


def logits(features: torch.Tensor, codebook: Codebook, sharpness: torch.Tensor) -> torch.Tensor:
    """(..., groups, depth) -> (..., groups, codes): log of the probabilities but for a constant."""
    return -codebook.distances(features) * sharpness.exp()


def draw(logit: torch.Tensor, temperature: float, noise: torch.Tensor | None) -> torch.Tensor:
    """Codes of logits (..., codes): those of softmax(logit / temperature), drawn by Gumbel `noise` of the same shape
    (Gumbel 1954: the greatest of logits plus such noise is a sample); the most probable without noise or at 0."""
    if noise is None or temperature == 0:
        return logit.argmax(-1)
    return (logit / temperature + noise).argmax(-1)


class FaceSampler:
    """Draws the codes of the rest of the face step by step; its state is kept between windows."""

    def __init__(self, predictor: CodePredictor, codebook: Codebook, takes: int) -> None:
        self.predictor, self.codebook = predictor, codebook
        groups, _, depth = codebook.vectors.shape
        self.state = torch.zeros(1, takes, predictor.config.memory)
        self.last = torch.zeros(takes, groups * depth)

    def __call__(self, features: torch.Tensor, temperature: float, noise: torch.Tensor | None) -> torch.Tensor:
        """(takes, N, width) and Gumbel noise (takes, N, groups, codes) -> vectors (takes, N, groups, depth)."""
        predictor, codebook = self.predictor, self.codebook
        steps = []
        for n in range(features.shape[1]):
            now = features[:, n]
            memory, self.state = predictor.recurrent(torch.cat([now, self.last], -1)[:, None], self.state)
            context = torch.cat([memory[:, 0], now], -1)
            drawn: list[torch.Tensor] = []
            for g in range(len(predictor.face_heads)):
                logit = predictor.group_logits(g, torch.cat([context, *drawn], -1), codebook)
                code = draw(logit, temperature, None if noise is None else noise[:, n, g])
                drawn.append(codebook.vectors[g][code])
            self.last = torch.cat(drawn, -1)
            steps.append(torch.stack(drawn, 1))
        return torch.stack(steps, 1)


def code_loss(logit: torch.Tensor, codes: torch.Tensor) -> torch.Tensor:
    """Mean cross-entropy of logits (..., codes) and codes (...)."""
    return functional.cross_entropy(logit.flatten(0, -2), codes.flatten())
