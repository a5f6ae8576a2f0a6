# SPDX-License-Identifier: GPL-3.0-or-later
"""What a refined face is judged by: colours, edges, and how much fine texture there is."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional

MOUTH, EYES = 4.0, 2.0  # how much more a pixel counts there
WEIGHTS = {"colour": 1.0, "edges": 1.0, "texture": 0.5}
CELL = 8  # pixels a side over which texture is averaged


def losses_of(refined: Tensor, truth: Tensor, areas: Tensor, trust: Tensor) -> dict[str, Tensor]:
    """refined, truth (B, 3, S, S), areas (B, 3, S, S), trust (B,): means over the face, by name."""
    face, mouth, eyes = areas.unbind(1)
    weight = (face * (1 + MOUTH * mouth + EYES * eyes) * trust[:, None, None])[:, None]
    total = (weight.sum() * refined.shape[1]).clamp(min=1e-6)
    edges = _edges(refined - truth, weight, 2) + _edges(refined - truth, weight, 3)
    cells = functional.avg_pool2d(weight, CELL)
    texture = ((_texture(refined) - _texture(truth)).abs() * cells).sum() / (cells.sum() * refined.shape[1]).clamp(1e-6)
    return {"colour": ((refined - truth).abs() * weight).sum() / total, "edges": edges / total, "texture": texture}


def _edges(error: Tensor, weight: Tensor, way: int) -> Tensor:
    """How the error changes from pixel to pixel along one way, summed."""
    return (torch.diff(error, dim=way).abs() * weight.narrow(way, 1, weight.shape[way] - 1)).sum()


def _texture(pictures: Tensor) -> Tensor:
    """(B, 3, S / CELL, S / CELL) the spread of what is finer than three pixels."""
    smooth = functional.avg_pool2d(functional.pad(pictures, (1, 1, 1, 1), mode="replicate"), 3, 1)
    return functional.avg_pool2d((pictures - smooth) ** 2, CELL).clamp(min=1e-7).sqrt()
