# SPDX-License-Identifier: GPL-3.0-or-later
"""Small networks of the motion model, and files in the layout of a published checkpoint."""

from __future__ import annotations

from pathlib import Path

import torch
from mien.engines.diffted.published.tps.network import MotionModel, Sizes

TINY = Sizes(resnet_width=4, motion_width=2, motion_most=8, drawing_width=2, drawing_most=16, avatar=(3, 5))


def model(sizes: Sizes = TINY, seed: int = 0) -> MotionModel:
    torch.manual_seed(seed)
    return MotionModel(sizes).eval()


def parts(network: MotionModel) -> dict[str, dict[str, torch.Tensor]]:
    """Its networks' weights by name, as a published checkpoint has them."""
    return {name: dict(child.state_dict()) for name, child in network.named_children()}


def saved(path: Path, network: MotionModel, **others: object) -> Path:
    """A checkpoint with the optimiser's state that the training leaves in it."""
    optimiser = torch.optim.Adam(network.kp_detector.parameters(), 2e-4, betas=(0.5, 0.999))
    for parameter in network.kp_detector.parameters():
        parameter.grad = torch.ones_like(parameter)
    before = {key: tensor.clone() for key, tensor in network.state_dict().items()}
    optimiser.step()
    network.load_state_dict(before)
    network.zero_grad()
    path.parent.mkdir(parents=True, exist_ok=True)
    torch.save({**parts(network), "optimizer": optimiser.state_dict(), "epoch": 99, **others}, path)
    return path
