# SPDX-License-Identifier: GPL-3.0-or-later
"""What KFusion minimises, mm: of the mouth the distance and the velocity difference that are also measured, of the rest
of the face the energy score, so that draws of noise become draws of motion."""

from __future__ import annotations

import torch

from mien.engines.kfusion.landmark_space import GAZE, MOUTH, MOVED, ROTATION
from mien.engines.neural.motion_space import GAZE_MM, ROTATION_MM
from mien.heads.landmark_track import INNER_LIPS

BLOCK = 16  # frames that are scored together: how motion goes on counts, and not only where it is
TINY = 1e-4  # mm^2
GROUPS = {
    "contour": (*range(17), *range(27, 36)), "brows": tuple(range(17, 27)), "eyes": tuple(range(36, 48)),
}  # fmt: skip
VELOCITY, GAP = 2.0, 1.0  # weights of these of the mouth
FALLOFF = 4.0  # mm: lips nearer to each other count for more


def mouth_losses(predicted: torch.Tensor, target: torch.Tensor, rest: torch.Tensor) -> dict[str, torch.Tensor]:
    """Of numbers (B, F, 209) on landmarks at rest (B, 68, 3) mm: mean distance of the mouth's points, of their change
    from frame to frame, and the difference of the gap between the inner lips."""
    one, other = (numbers[..., :MOVED].unflatten(-1, (-1, 3))[..., MOUTH, :] for numbers in (predicted, target))
    apart = one - other
    gaps = []
    for points in (one, other):
        upper, lower = ([pair[side] - MOUTH.start for pair in INNER_LIPS] for side in (0, 1))
        still = rest[:, None, MOUTH]
        gaps.append((points + still)[..., upper, 1] - (points + still)[..., lower, 1])
    near = 1 + FALLOFF / (gaps[1].clamp(min=0) + 1)
    return {
        "mouth": _size(apart).mean(),
        "mouth velocity": VELOCITY * _size(apart.diff(dim=1)).mean(),
        "lip gap": GAP * (near * (gaps[0] - gaps[1]).abs()).mean() / 4,
    }


def face_losses(draws: torch.Tensor, target: torch.Tensor) -> dict[str, torch.Tensor]:
    """Energy scores (Gneiting and Raftery 2007, section 4.3) of draws (2, B, F, 209), by group: the distance to the
    target less half of the distance between the draws, which is least where draws are distributed as motion is."""
    one, two = (groups_of(numbers) for numbers in draws)
    true = groups_of(target)
    return {
        name: 0.5 * (distance(one[name], true[name]) + distance(two[name], true[name]) - distance(one[name], two[name]))
        for name in true
    }


def groups_of(numbers: torch.Tensor) -> dict[str, torch.Tensor]:
    """(B, F, n) mm each."""
    points = numbers[..., :MOVED].unflatten(-1, (-1, 3))
    groups = {name: points[..., list(those), :].flatten(-2) for name, those in GROUPS.items()}
    return groups | {"head": ROTATION_MM * numbers[..., ROTATION], "gaze": GAZE_MM * numbers[..., GAZE]}


def distance(one: torch.Tensor, other: torch.Tensor) -> torch.Tensor:
    """Mean over blocks of frames of the root mean square of two (B, F, n), and of their changes times VELOCITY."""
    apart = one - other
    return _of_blocks(apart) + VELOCITY * _of_blocks(apart.diff(dim=1))


def _of_blocks(apart: torch.Tensor) -> torch.Tensor:
    whole = apart[:, : apart.shape[1] // BLOCK * BLOCK].unflatten(1, (-1, BLOCK)).flatten(2)
    return (whole.square().mean(-1) + TINY).sqrt().mean()


def _size(apart: torch.Tensor) -> torch.Tensor:
    return (apart.square().sum(-1) + TINY).sqrt()
