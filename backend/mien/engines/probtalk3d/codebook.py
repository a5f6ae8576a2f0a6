# SPDX-License-Identifier: GPL-3.0-or-later
"""The codes of a VQ-VAE (van den Oord et al. 2017), in several groups a step, learnt as running means.

Unlike the published layout (`probtalk3d_published/quantiser.py`; docs/probtalk3d.md, *Published system*, 2), a code
belongs to one step of time: windows change nothing, and clips of any length can be batched.
"""

from __future__ import annotations

import torch
from torch import nn
from torch.nn import functional

KEEP = 0.99  # of the running means
FEW = 0.03  # of an even share: a code used less is put where the data are


class Codebook(nn.Module):
    """`groups` codebooks of `codes` vectors of `depth` numbers."""

    vectors: torch.Tensor
    counts: torch.Tensor
    sums: torch.Tensor

    def __init__(self, groups: int, codes: int, depth: int) -> None:
        super().__init__()
        self.register_buffer("vectors", torch.randn(groups, codes, depth))
        self.register_buffer("counts", torch.ones(groups, codes))
        self.register_buffer("sums", self.vectors.clone())

    def distances(self, z: torch.Tensor) -> torch.Tensor:
        """(..., groups, depth) -> squared distances (..., groups, codes)."""
        norms = (z**2).sum(-1, keepdim=True) + (self.vectors**2).sum(-1)
        return norms - 2 * torch.einsum("...gd,gcd->...gc", z, self.vectors)

    def distances_within(self, group: int, z: torch.Tensor) -> torch.Tensor:
        """(..., depth) -> squared distances (..., codes) of one group."""
        vectors = self.vectors[group]
        return (z**2).sum(-1, keepdim=True) + (vectors**2).sum(-1) - 2 * z @ vectors.T

    def nearest(self, z: torch.Tensor) -> torch.Tensor:
        """(..., groups, depth) -> codes (..., groups) int64."""
        return self.distances(z).argmin(-1)

    def look_up(self, codes: torch.Tensor) -> torch.Tensor:
        """(..., groups) -> vectors (..., groups, depth)."""
        return self.vectors[torch.arange(self.vectors.shape[0], device=codes.device), codes]

    def learn(self, z: torch.Tensor, codes: torch.Tensor) -> None:
        """Move the vectors towards the latents (N, groups, depth) that chose them; replace those that hardly any
        chose."""
        groups, number, _ = self.vectors.shape
        with torch.no_grad():
            if bool((self.counts == 1).all()):
                self._begin(z)
                codes = self.nearest(z)
            chosen = functional.one_hot(codes, number).to(z.dtype)  # (N, groups, codes)
            self.counts.lerp_(chosen.sum(0), 1 - KEEP)
            self.sums.lerp_(torch.einsum("ngc,ngd->gcd", chosen, z), 1 - KEEP)
            rare = self.counts < FEW * len(z) / number
            for group in range(groups):
                unused = rare[group].nonzero()[:, 0]
                if len(unused):
                    latents = z[torch.randint(len(z), (len(unused),), device=z.device), group]
                    self.sums[group, unused] = latents * len(z) / number
                    self.counts[group, unused] = len(z) / number
            self.vectors.copy_(self.sums / self.counts[..., None].clamp(min=1e-5))

    def weigh(self, count: float) -> None:
        """Give every vector of trained weights, which are stored without their means, the same weight in them."""
        self.counts.fill_(count)
        self.sums.copy_(self.vectors * count)

    def _begin(self, z: torch.Tensor) -> None:
        """Start from latents of the first batch."""
        groups, number, _ = self.vectors.shape
        for group in range(groups):
            self.vectors[group] = z[torch.randint(len(z), (number,), device=z.device), group]
        self.counts.fill_(len(z) / number)
        self.sums.copy_(self.vectors * self.counts[..., None])
