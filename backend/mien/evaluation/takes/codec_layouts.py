# SPDX-License-Identifier: GPL-3.0-or-later
"""Which layout of codes fits long sound: codes of one frame, or the published ones, which mix the times of a clip.

The published stage 1 is trained in both layouts, alike in everything else, and then reconstructs clips of other lengths
than it was trained on, and the same frames within two windows. Mien's own stage 1 does the same.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import nn

from mien.engines.base import Progress
from mien.engines.neural.motion_space import FPS, PARTS, SIZE, visible
from mien.engines.probtalk3d.codec import codec_of
from mien.engines.probtalk3d.weights import load_codecs
from mien.engines.probtalk3d_published.blocks import TransformerConfig
from mien.engines.probtalk3d_published.motion_prior import MotionPrior, PriorConfig
from mien.engines.probtalk3d_published.quantiser import Layout
from mien.training.probtalk3d.dataset import MotionDataset

SHAPE = TransformerConfig(width=256, layers=2, heads=4, hidden=512)
CODES, WIDTH = 256, 64  # four codes a frame
CLIP = 160  # frames that are trained on
LENGTHS = (80, 160, 320, 640)  # frames that are reconstructed
BATCH, RATE = 8, 3e-4
EXAMPLES = 4  # held-out batches

Reconstruct = Callable[[torch.Tensor], torch.Tensor]
"""Motion (B, T, 57) in mm, through codes and back."""


@dataclass(frozen=True)
class LayoutResult:
    """Of a layout. errors: mm, mean over numbers and frames as `visible` weighs them, by length in seconds. moved: mm
    by which the same frames differ between a window of CLIP frames and one twice as long."""

    layout: str
    errors: dict[float, float]
    moved: float


def compare_layouts(motion: Path, weights: Path, steps: int, progress: Progress) -> list[LayoutResult]:
    """Train both layouts for so many steps; measure them, and Mien's own weights, on held-out performances."""
    known, other = (MotionDataset.read(motion, held_out=held_out) for held_out in (False, True))
    results = []
    for number, layout in enumerate(Layout):
        prior = _trained(known, layout, steps, lambda done, n=number: progress((n + done) / len(Layout), "training"))
        results.append(_measured(f"published network, {layout.value} layout", lambda x, of=prior: of(x)[0], other))
    codecs = load_codecs(weights)
    return [*results, _measured("Mien's network, as it ships", lambda x: _coded(codecs, x), other)]


def _measured(name: str, reconstruct: Reconstruct, other: MotionDataset) -> LayoutResult:
    errors = {length / FPS: _error(reconstruct, other, length) for length in LENGTHS}
    return LayoutResult(name, errors, _moved(reconstruct, other))


def _coded(codecs: nn.ModuleDict, scaled: torch.Tensor) -> torch.Tensor:
    """(B, T, 57) in mm through Mien's codes."""
    mm = torch.from_numpy(visible())
    coded = torch.empty_like(scaled)
    for name in codecs:
        codec, part = codec_of(codecs, name), list(PARTS[name])
        codes = codec.codebook.nearest(codec.encode((scaled / mm)[..., part]))
        coded[..., part] = codec.decode(codec.codebook.look_up(codes))
    return coded * mm


def _trained(known: MotionDataset, layout: Layout, steps: int, progress) -> MotionPrior:
    torch.manual_seed(0)
    prior = MotionPrior(PriorConfig(SIZE, SHAPE, SHAPE, CODES, WIDTH), layout)
    optimiser = torch.optim.AdamW(prior.parameters(), lr=RATE)
    batches = known.batches(0, 0, BATCH, CLIP)
    for step in range(steps):
        progress(step / steps)
        motion = _scaled(next(batches)[0])
        reconstructed, codes = prior(motion)
        loss = (reconstructed - motion).abs().mean() + codes.loss
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
    return prior.eval()


@torch.inference_mode()
def _error(reconstruct: Reconstruct, other: MotionDataset, frames: int) -> float:
    errors = [(reconstruct(motion) - motion).abs().mean() for motion in _examples(other, frames)]
    return float(torch.stack(errors).mean())


@torch.inference_mode()
def _moved(reconstruct: Reconstruct, other: MotionDataset) -> float:
    middle = slice(CLIP // 4, 3 * CLIP // 4)
    moved = [
        (reconstruct(motion)[:, middle] - reconstruct(motion[:, :CLIP])[:, middle]).abs().mean()
        for motion in _examples(other, 2 * CLIP)
    ]
    return float(torch.stack(moved).mean())


def _examples(other: MotionDataset, frames: int) -> Iterator[torch.Tensor]:
    batches = other.batches(1, 0, BATCH, frames)
    for _ in range(EXAMPLES):
        yield _scaled(next(batches)[0])


def _scaled(motion: torch.Tensor) -> torch.Tensor:
    """In mm on the face."""
    return motion * torch.from_numpy(visible())
