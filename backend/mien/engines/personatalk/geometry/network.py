# SPDX-License-Identifier: GPL-3.0-or-later
"""GeometryNetwork: a voice and what is known of a speaker's mouth to features of the voice in that speaker's style.

Tokens of style come from statistics of the mouth's coefficients and from what it did at which sounds; audio features
attend to them (section 3 of the paper). A linear layer makes a mouth of the features for speakers in general; a ridge
regression in closed form, which training differentiates through, moves it to this speaker's.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from mien.engines.personatalk.geometry.audio_features import SIZE
from mien.nn.convnext import Block
from mien.speech_analysis.track import RATE

PAIR = 2  # audio frames at 100 Hz that become one
QUANTILES = (0.02, 0.1, 0.3, 0.5, 0.7, 0.9, 0.98)
LEAST = 1e-6
STYLES = 10  # numbers that a synthetic speaker is drawn by, which training foretells from the tokens


@dataclass(frozen=True)
class GeometryConfig:
    """coefficients: of the mouth of everybody; features: that the ridge regression has; tokens: of statistics and of
    what was seen; blocks: convolutions before the style and after it."""

    audio: int = SIZE
    coefficients: int = 12
    features: int = 24
    width: int = 64
    heads: int = 4
    tokens: tuple[int, int] = (4, 8)
    blocks: tuple[int, int] = (3, 1)
    kernel: int = 9

    def as_dict(self) -> dict[str, object]:
        return asdict(self)

    @classmethod
    def from_dict(cls, fields: Mapping[str, Any]) -> GeometryConfig:
        """Of `as_dict`, read from JSON. TypeError for other fields."""
        read: dict[str, Any] = {
            name: tuple(value) if isinstance(value, list) else value for name, value in fields.items()
        }
        return cls(**read)


class GeometryNetwork(nn.Module):
    """See the module. `basis` (K, P * 3): principal components of synthetic mouths, whose coefficients it speaks of;
    `opening` (K,): what each adds to the lip gap; mean, scale (audio,) of the audio features."""

    basis: Tensor
    opening: Tensor
    mean: Tensor
    scale: Tensor

    def __init__(self, config: GeometryConfig | None = None, points: int = 0) -> None:
        super().__init__()
        self.config = config = config or GeometryConfig()
        width, count = config.width, config.coefficients
        self.register_buffer("basis", torch.zeros(count, 3 * points))
        self.register_buffer("opening", torch.zeros(count))
        self.register_buffer("mean", torch.zeros(config.audio))
        self.register_buffer("scale", torch.ones(config.audio))
        self.project = nn.Linear(PAIR * config.audio, width)
        self.listen = nn.Sequential(*(self._block() for _ in range(config.blocks[0])))
        self.statistics = nn.Sequential(
            nn.Linear(statistics_size(count), width), nn.GELU(), nn.Linear(width, config.tokens[0] * width)
        )
        self.seen = nn.Linear(width + count, width)
        self.queries = nn.Parameter(torch.randn(config.tokens[1], width))
        self.look = nn.MultiheadAttention(width, config.heads, batch_first=True)
        self.inject = nn.MultiheadAttention(width, config.heads, batch_first=True)
        self.norms = nn.ModuleList(nn.LayerNorm(width) for _ in range(3))
        self.speak = nn.Sequential(*(self._block() for _ in range(config.blocks[1])))
        self.features = nn.Linear(width, config.features)
        self.general = nn.Linear(config.features, count, bias=False)
        self.foretell = nn.Linear(width, STYLES)
        self.penalty = nn.Parameter(torch.tensor([-2.0, -2.0]))

    def _block(self) -> Block:
        return Block(self.config.width, self.config.kernel, self.config.kernel // 2)

    def encode(self, audio: Tensor) -> Tensor:
        """(B, T, audio) features at 100 Hz, T even, to (B, T / 2, width)."""
        scaled = (audio - self.mean) / self.scale
        return self.listen(self.project(scaled.unflatten(1, (-1, PAIR)).flatten(2)))

    def style(self, encoded: Tensor, mouth: Tensor, known: Tensor) -> Tensor:
        """(B, tokens, width) of the audio at frames (B, F, width) and the mouth there (B, F, K), of spread 1, where it
        is known (B, F) bool."""
        of_statistics = self.statistics(mouth_statistics(mouth, known)).unflatten(1, (-1, self.config.width))
        pairs = self.norms[0](self.seen(torch.cat([encoded, mouth], -1)))
        queries = self.queries.expand(len(mouth), -1, -1)
        looked = self.look(queries, pairs, pairs, key_padding_mask=~known, need_weights=False)[0]
        return torch.cat([of_statistics, queries + looked], 1)

    def tokens(self, audio: Tensor, at: Tensor, mouth: Tensor, known: Tensor) -> Tensor:
        """(B, tokens, width) of style: of audio (B, T, audio) and of the mouth, of spread 1, in frames at (B, F) s."""
        return self.style(at_times(self.encode(audio), at), mouth, known)

    def spoken(self, audio: Tensor, at: Tensor, tokens: Tensor) -> Tensor:
        """Features (B, F, features) of audio (B, T, audio) in the style of the tokens, at (B, F) seconds of it."""
        encoded = self.encode(audio)
        normed = self.norms[1](encoded)
        encoded = encoded + self.inject(normed, tokens, tokens, need_weights=False)[0]
        return at_times(self.features(self.norms[2](self.speak(encoded))), at)

    def forward(self, audio: Tensor, at: Tensor, mouth: Tensor, known: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """The mouth (B, F, K) in frames at (B, F) s, of a speaker as known (B, F) bool in some of them, whose mouth
        (B, F, K) counts from their mean there and has spread 1; without the ridge regression; styles (B, STYLES)."""
        tokens = self.tokens(audio, at, mouth, known)
        features = self.spoken(audio, at, tokens)
        features = features - mean_of(features, known)[:, None]
        general = self.general(features)
        weights = self.adapted(features, mouth - general, known)
        return general + features @ weights, general, self.foretell(tokens.mean(1))

    def adapted(self, features: Tensor, left: Tensor, known: Tensor) -> Tensor:
        """(B, features, K) weights by ridge regression of what is left (B, F, K) where the mouth is known."""
        share = known.to(features) / known.sum(1, keepdim=True).clamp(min=1)
        weighted = (features * share[..., None]).transpose(1, 2)
        fixed, per_frame = functional.softplus(self.penalty)
        penalty = fixed + per_frame * 100 / known.sum(1).clamp(min=1).to(features)
        normal = weighted @ features + penalty[:, None, None] * torch.eye(features.shape[-1])
        return torch.linalg.solve(normal, weighted @ left)


def mean_of(values: Tensor, known: Tensor) -> Tensor:
    """(B, D) over the frames of values (B, F, D) that are known (B, F)."""
    share = known.to(values)[..., None]
    return (values * share).sum(1) / share.sum(1).clamp(min=1)


def statistics_size(count: int) -> int:
    return count * (3 + len(QUANTILES)) + 1


def mouth_statistics(mouth: Tensor, known: Tensor) -> Tensor:
    """(B, statistics_size) of coefficients (B, F, K) in known frames (B, F): spreads, skewness, speeds, quantiles and
    how long they are."""
    rows = []
    for values, where in zip(mouth, known, strict=True):
        seen = values[where]
        spread = seen.std(0, unbiased=False).clamp(min=LEAST)
        scaled = (seen - seen.mean(0)) / spread
        speed = seen.diff(dim=0).std(0, unbiased=False) / spread
        quantiles = torch.quantile(seen, torch.tensor(QUANTILES).to(seen), dim=0).flatten()
        length = torch.log(where.sum().to(seen) / 100)[None]
        rows.append(torch.cat([spread.log().clamp(-4, 2), (scaled**3).mean(0).clamp(-3, 3), speed, quantiles, length]))
    return torch.stack(rows)


def at_times(values: Tensor, at: Tensor) -> Tensor:
    """(B, F, D): values (B, T, D), PAIR audio frames each, between which it is interpolated, at (B, F) seconds."""
    place = (at * RATE / PAIR - (PAIR - 1) / (2 * PAIR)).clamp(0, values.shape[1] - 1)
    before = place.floor().long().clamp(max=max(values.shape[1] - 2, 0))
    after = (before + 1).clamp(max=values.shape[1] - 1)
    share = (place - before)[..., None]

    def rows(indices: Tensor) -> Tensor:
        return values.gather(1, indices[..., None].expand(-1, -1, values.shape[-1]))

    return rows(before) * (1 - share) + rows(after) * share
