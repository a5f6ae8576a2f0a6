# SPDX-License-Identifier: GPL-3.0-or-later
"""The losses that the motion model was trained on, but for the perceptual one, which needs VGG-19."""

from __future__ import annotations

import torch

from mien.engines.diffted.published.tps.background import BackgroundPredictor
from mien.engines.diffted.published.tps.dense_motion import DenseMotion
from mien.engines.diffted.published.tps.grid import sample
from mien.engines.diffted.published.tps.inpainting import Drawing, InpaintingNetwork, occlude
from mien.engines.diffted.published.tps.key_points import KeyPointDetector
from mien.engines.diffted.published.tps.thin_plate import ThinPlate

WEIGHT = 10.0  # of each


def equivariance_loss(
    detector: KeyPointDetector, driving: torch.Tensor, key_points: torch.Tensor, spline: ThinPlate
) -> torch.Tensor:
    """Key points of a warped picture, warped back, against those of the picture (B, 3, H, W) itself (B, N, 2)."""
    warped = sample(driving, spline.grid(driving.shape[2], driving.shape[3]), "reflection")
    return WEIGHT * (key_points - spline.warp(detector(warped))).abs().mean()


def warp_loss(network: InpaintingNetwork, driving: torch.Tensor, drawing: Drawing, motion: DenseMotion) -> torch.Tensor:
    """Features of the source, moved and masked, against those of the driving picture, masked."""
    losses = [
        (occlude(theirs, occlusion) - moved).abs().mean()
        for theirs, occlusion, moved in zip(
            reversed(network.encode(driving)), motion.occlusion, drawing.features, strict=True
        )
    ]
    return WEIGHT * torch.stack(losses).sum()


def background_loss(predictor: BackgroundPredictor, source: torch.Tensor, driving: torch.Tensor) -> torch.Tensor:
    """The background's motion there and back again is none."""
    round_trip = predictor(source, driving) @ predictor(driving, source)
    return WEIGHT * (torch.eye(3, device=source.device) - round_trip).abs().mean()
