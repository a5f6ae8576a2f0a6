# SPDX-License-Identifier: GPL-3.0-or-later
"""The published topology of KFusion (Vo-Thanh, Nguyen and Kim 2024, arXiv 2409.05330), 20,300,730 parameters beside the
audio model; no weights of it are public.

Mended: its Transformers attend over time (those of the released code attend over the batch), and an emotion is a gain
of the context of each example (there it is a softmax over the batch, which is 1 for a batch of one).
"""

from __future__ import annotations

import torch
from torch import nn

from mien.nn.kan import KanLayer

AUDIO_STEPS, AUDIO_SIZE = 49, 768  # of wav2vec 2.0 (base) in one second
FRAMES = 30  # of that second
FACE, MOUTH = 68, 20  # landmarks; those of the mouth are the last ones
HIDDEN = 512  # of the KAN


class IdentityDecoder(nn.Module):
    """A Transformer over audio features, decoded from the landmarks of an identity: (B, 49, 768) and (B, 2 L) to (B,
    49, 2 L)."""

    def __init__(self, landmarks: int, heads: int, dropout: float = 0.2) -> None:
        super().__init__()
        size = 2 * landmarks
        self.encoder = nn.TransformerEncoderLayer(AUDIO_SIZE, heads, 2048, dropout, batch_first=True)
        self.narrow = nn.Linear(AUDIO_SIZE, size)
        self.repeat = nn.Conv1d(1, AUDIO_STEPS, 1)
        self.decoder = nn.TransformerDecoderLayer(size, heads, 2048, dropout, batch_first=True)

    def forward(self, audio: torch.Tensor, identity: torch.Tensor) -> torch.Tensor:
        return self.decoder(self.repeat(identity[:, None]), self.narrow(self.encoder(audio)))


class PublishedKFusion(nn.Module):
    """One second of landmarks: audio features (B, 49, 768), identity (B, 2, 68) and a gain of the context (B,) to
    landmarks (B, 30, 2, 68)."""

    def __init__(self) -> None:
        super().__init__()
        self.context = IdentityDecoder(FACE, 1)
        self.prosody = IdentityDecoder(FACE, 2)
        self.mouth_prosody = IdentityDecoder(MOUTH, 2)
        self.context_lstm = nn.LSTM(AUDIO_SIZE, FACE, batch_first=True, bidirectional=True)
        self.mouth_lstm = nn.LSTM(AUDIO_SIZE, MOUTH, batch_first=True, bidirectional=True)
        self.face_branch = _convolutions(3 * AUDIO_STEPS, 256)
        self.face_gate = nn.Conv2d(3 * AUDIO_STEPS, FRAMES, 1)
        self.mouth_branch = _convolutions(2 * AUDIO_STEPS, 128)
        self.fusion = nn.Sequential(KanLayer(FACE, HIDDEN), KanLayer(HIDDEN, FACE))

    def forward(self, audio: torch.Tensor, identity: torch.Tensor, gain: torch.Tensor) -> torch.Tensor:
        context = audio * gain[:, None, None]
        whole, lips = identity.flatten(1), identity[..., FACE - MOUTH :].flatten(1)
        face = torch.cat(
            [self.context(context, whole), self.prosody(audio, whole), self.context_lstm(context)[0]], 1
        ).unflatten(2, (2, FACE))
        mouth = torch.cat([self.mouth_prosody(audio, lips), self.mouth_lstm(context)[0]], 1).unflatten(2, (2, MOUTH))
        fused = self.face_branch(face) * self.face_gate(face)
        fused = torch.cat([fused[..., : FACE - MOUTH], self.mouth_branch(mouth)], -1)
        return self.fusion(fused)


def _convolutions(steps: int, width: int) -> nn.Sequential:
    """Over (coordinates, landmarks), with time as channels: (B, steps, 2, L) to (B, 30, 2, L)."""
    return nn.Sequential(
        nn.Conv2d(steps, width, 3, padding=1), nn.ReLU(),
        nn.Conv2d(width, width, 1), nn.ReLU(),
        nn.Conv2d(width, FRAMES, 3, padding=1),
    )  # fmt: skip
