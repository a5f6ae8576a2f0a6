# SPDX-License-Identifier: GPL-3.0-or-later
"""Vector quantisation: features to the nearest codes of a codebook, or to sampled ones, which makes takes vary."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum

import numpy as np
import torch
from torch import nn
from torch.nn import functional

BETA = 0.25  # weight of the commitment term (van den Oord et al. 2017, section 3.2)

Choose = Callable[[torch.Tensor], torch.Tensor]
"""(R, codes) squared distances -> (R,) chosen codes."""


class Layout(Enum):
    """How features (B, T, D) are cut into rows (B T D / C, C) as wide as a code."""

    PUBLISHED = "published"
    """Runs of C numbers of the channel-major array (D, T): a row mixes times and channels, and every code depends on
    the length of the clip. The published weights know no other."""
    FRAME = "frame"
    """D / C codes a frame, each of C neighbouring channels."""

    def rows(self, features: torch.Tensor, width: int) -> torch.Tensor:
        """(B, T, D) -> (B T D / width, width)"""
        if self is Layout.PUBLISHED:
            features = features.transpose(1, 2)
        return features.reshape(-1, width)

    def features(self, rows: torch.Tensor, frames: int, channels: int) -> torch.Tensor:
        """The inverse of `rows`: (B T D / C, C) -> (B, T, D)"""
        if self is Layout.PUBLISHED:
            return rows.reshape(-1, channels, frames).transpose(1, 2)
        return rows.reshape(-1, frames, channels)


@dataclass(frozen=True)
class QuantiserOutput:
    """`features` (B, T, D) of the chosen codes, with the gradient of those that came in; `codes` (R,) in the order of
    the layout's rows; `loss` () to train the codebook and its encoder; `perplexity` (): how many codes are in use."""

    features: torch.Tensor
    codes: torch.Tensor
    loss: torch.Tensor
    perplexity: torch.Tensor


class Quantiser(nn.Module):
    """A codebook of `codes` vectors of `width` numbers."""

    def __init__(self, codes: int = 256, width: int = 128, layout: Layout = Layout.PUBLISHED) -> None:
        super().__init__()
        self.layout = layout
        self.embedding = nn.Embedding(codes, width)
        nn.init.uniform_(self.embedding.weight, -1 / codes, 1 / codes)

    def distances(self, features: torch.Tensor) -> torch.Tensor:
        """(B, T, D) -> (R, codes): squared distance of each row to each code."""
        codebook = self.embedding.weight
        rows = self.layout.rows(features, codebook.shape[1])
        return rows.square().sum(1, keepdim=True) + codebook.square().sum(1) - 2 * rows @ codebook.T

    def forward(self, features: torch.Tensor, choose: Choose | None = None) -> QuantiserOutput:
        """(B, T, D) -> QuantiserOutput; `choose` is `nearest` unless given."""
        codes = (choose or nearest)(self.distances(features.detach()))
        quantised = self.layout.features(self.embedding(codes), *features.shape[1:])
        loss = BETA * functional.mse_loss(features, quantised.detach()) + functional.mse_loss(
            quantised, features.detach()
        )
        share = torch.bincount(codes, minlength=self.embedding.num_embeddings) / len(codes)
        return QuantiserOutput(
            features=features + (quantised - features).detach(),
            codes=codes,
            loss=loss,
            perplexity=torch.exp(-(share * torch.log(share + 1e-10)).sum()),
        )


def nearest(distances: torch.Tensor) -> torch.Tensor:
    """(R, codes) -> (R,)"""
    return distances.argmin(1)


def sample_codes(distances: torch.Tensor, noise: torch.Tensor, temperature: float, k: int = 1) -> torch.Tensor:
    """(R,) codes drawn with probability softmax(-distances / temperature), for `noise` (R, codes) from Exp(1).

    The code with the k-th largest probability / noise is the k-th of a draw without replacement; so `k` above 1 makes
    the likeliest codes rarer, as published, and is no top-k. In logarithms, where no probability vanishes.
    """
    scores = torch.log_softmax(-distances / temperature, 1) - torch.log(noise)
    return scores.topk(k, dim=1).indices[:, -1]


def sampling(stream: np.random.Generator, temperature: float = 0.2, k: int = 1) -> Choose:
    """Draws with noise from `stream` (mien.numeric.random_streams): the same stream, the same codes on every device.

    ValueError for a temperature that is not above 0 or a `k` below 1.
    """
    if not (temperature > 0 and np.isfinite(temperature)) or k < 1:
        raise ValueError(f"codes are drawn at a temperature above 0 and k from 1 on, not at {temperature!r} and {k!r}.")

    def choose(distances: torch.Tensor) -> torch.Tensor:
        noise = stream.standard_exponential(distances.shape)
        return sample_codes(distances, torch.from_numpy(noise).to(distances), temperature, min(k, distances.shape[1]))

    return choose
