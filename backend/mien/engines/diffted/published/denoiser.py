# SPDX-License-Identifier: GPL-3.0-or-later
"""The denoiser of DiffTED (section 3; released code): the noise in key points of 34 frames, by sound and a seed.

Attributes carry the names of the published weights.
"""

from __future__ import annotations

import torch
from torch import nn
from torch.nn import functional

from mien.engines.diffted.published.noise_schedule import NoiseSchedule

FRAMES, SEED_FRAMES = 34, 4
COORDINATES = 100  # 50 key points
SAMPLES = 36_265  # of sound for a window, at 26,666 Hz
AUDIO = 32  # numbers a frame that the audio encoder gives
CONTEXT = COORDINATES + 1 + AUDIO
WIDTH, BLOCKS, HEADS = 256, 4, 8
GUIDANCE = 1.15


class AudioEncoder(nn.Module):
    """Sound (B, 36265) -> (B, 34, 32)."""

    def __init__(self) -> None:
        super().__init__()
        layers: list[nn.Module] = []
        for before, after, stride, padding in ((1, 16, 5, 1600), (16, 32, 6, 0), (32, 64, 6, 0)):
            convolution = nn.Conv1d(before, after, 15, stride, padding)
            layers += [convolution, nn.BatchNorm1d(after), nn.LeakyReLU(0.3)]
        self.feat_extractor = nn.Sequential(*layers, nn.Conv1d(64, AUDIO, 15, 6))

    def forward(self, sound: torch.Tensor) -> torch.Tensor:
        return self.feat_extractor(sound[:, None]).transpose(1, 2)


class Attention(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.qkv = nn.Linear(WIDTH, 3 * WIDTH)
        self.proj = nn.Linear(WIDTH, WIDTH)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        q, k, v = self.qkv(x).unflatten(2, (3, HEADS, -1)).permute(2, 0, 3, 1, 4)
        return self.proj(functional.scaled_dot_product_attention(q, k, v).transpose(1, 2).flatten(2))


class MLP(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.fc1 = nn.Linear(WIDTH, 4 * WIDTH)
        self.fc2 = nn.Linear(4 * WIDTH, WIDTH)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.fc2(functional.gelu(self.fc1(x)))


class Block(nn.Module):
    """A block of a vision Transformer: attention and MLP, each normed before and added. (B, T, 256) -> the same."""

    def __init__(self) -> None:
        super().__init__()
        self.norm1, self.attn = nn.LayerNorm(WIDTH), Attention()
        self.norm2, self.mlp = nn.LayerNorm(WIDTH), MLP()

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = x + self.attn(self.norm1(x))
        return x + self.mlp(self.norm2(x))


class NoiseTransformer(nn.Module):
    """Noisy key points (B, 34, 100), beta (B,) and context (B, 34, 133) -> noise (B, 34, 100); 6,434,276 parameters."""

    def __init__(self) -> None:
        super().__init__()
        self.pos_embedding = nn.Parameter(torch.randn(1, FRAMES, WIDTH))
        self.linear = nn.Linear(COORDINATES + 3 + CONTEXT, WIDTH)
        self.blocks = nn.Sequential(*(Block() for _ in range(BLOCKS)))
        self.norm = nn.LayerNorm(WIDTH)
        self.decoder_blocks = nn.Sequential(*(Block() for _ in range(BLOCKS)))
        self.decoder_norm = nn.LayerNorm(WIDTH)
        # the published activation has a slope of 1 below 0, so it is none
        self.out = nn.Sequential(nn.Linear(WIDTH, 128), nn.Identity(), nn.Linear(128, COORDINATES))

    def forward(self, x: torch.Tensor, beta: torch.Tensor, context: torch.Tensor) -> torch.Tensor:
        beta = beta[:, None, None].expand(-1, x.shape[1], -1)
        features = self.linear(torch.cat([x, beta, beta.sin(), beta.cos(), context], 2))
        features = self.norm(self.blocks(features + self.pos_embedding[:, : x.shape[1]]))
        return self.out(self.decoder_norm(self.decoder_blocks(features)))


class Diffusion(nn.Module):
    """Denoiser and schedule, under the names of the published weights."""

    def __init__(self) -> None:
        super().__init__()
        self.net = NoiseTransformer()
        self.var_sched = NoiseSchedule()


class PublishedDiffTed(nn.Module):
    """The whole network, 6,504,137 parameters. Key points are normalised (mean 0, deviation 1 for each coordinate)."""

    def __init__(self) -> None:
        super().__init__()
        self.null_cond_emb = nn.Parameter(torch.randn(1, CONTEXT))
        self.audio_encoder = AudioEncoder()
        self.diffusion_net = Diffusion()

    @property
    def schedule(self) -> NoiseSchedule:
        return self.diffusion_net.var_sched

    def context(self, sound: torch.Tensor, seed: torch.Tensor) -> torch.Tensor:
        """Sound (B, 36265) and what `seed_of` gives -> (B, 34, 133)."""
        return torch.cat([seed, self.audio_encoder(sound)], 2)

    def noise(self, x: torch.Tensor, step: torch.Tensor, context: torch.Tensor | None) -> torch.Tensor:
        """The noise in key points (B, 34, 100) at steps (B,); without a context, under the learnt null context."""
        if context is None:
            context = self.null_cond_emb.expand(*x.shape[:2], -1)
        return self.diffusion_net.net(x, self.schedule.betas[step], context)

    def guided_noise(
        self, x: torch.Tensor, step: torch.Tensor, context: torch.Tensor, guidance: float = GUIDANCE
    ) -> torch.Tensor:
        """As `noise`, guided without a classifier: null + guidance (conditional - null)."""
        null = self.noise(x, step, None)
        return null + guidance * (self.noise(x, step, context) - null)


def seed_of(key_points: torch.Tensor) -> torch.Tensor:
    """The first frames of a window (B, 4, 100) -> (B, 34, 101): with a 1 behind each, then zeros."""
    with_bit = functional.pad(key_points, (0, 1), value=1.0)
    return functional.pad(with_bit, (0, 0, 0, FRAMES - key_points.shape[1]))
