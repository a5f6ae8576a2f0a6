# SPDX-License-Identifier: GPL-3.0-or-later
"""Animation via disentanglement: one person's shape in another's pose, as key points."""

from __future__ import annotations

import torch
from torch import nn


class AvatarMotion(nn.Module):
    """Key points of a person (B, N, 2) in the pose of others (B, N, 2) -> (B, N, 2)."""

    def __init__(self, numbers: int = 100, identity: int = 128, pose: int = 128) -> None:
        super().__init__()
        self.id_encoder = _perceptron(numbers, 256, 512, 1024, identity)
        self.pose_encoder = _perceptron(numbers, 256, 512, 1024, pose)
        self.decoder = _perceptron(pose + identity, 1024, 512, 256, numbers)

    def forward(self, person: torch.Tensor, posed: torch.Tensor) -> torch.Tensor:
        code = torch.cat([self.pose_encoder(posed.flatten(1)), self.id_encoder(person.flatten(1))], 1)
        return self.decoder(code).view_as(posed)


def _perceptron(*widths: int) -> nn.Sequential:
    layers: list[nn.Module] = []
    for before, after in zip(widths[:-2], widths[1:-1], strict=True):
        layers += [nn.Linear(before, after), nn.BatchNorm1d(after), nn.ReLU()]
    return nn.Sequential(*layers, nn.Linear(widths[-2], widths[-1]))
