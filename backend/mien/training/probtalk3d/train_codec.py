# SPDX-License-Identifier: GPL-3.0-or-later
"""Trains stage 1 on performances: `mien train codec MOTION RUN`.

Two codecs learn beside each other, one of the mouth and one of the rest of the face, each to give back what it was
given through its codes. The books learn as running means, the rest by gradients.
"""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

import torch
from torch import nn

from mien.engines.base import Progress
from mien.engines.neural.motion_space import LIFE, MOUTH, PARTS
from mien.engines.probtalk3d.codec import Codec, Shape
from mien.engines.probtalk3d.weights import save_codecs
from mien.training.examples import some
from mien.training.loop import Batch, Plan, fit
from mien.training.motion_loss import Seen
from mien.training.probtalk3d.dataset import Motions

SHAPES = {
    "mouth": Shape(numbers=len(MOUTH), stride=1, groups=4),
    "life": Shape(numbers=len(LIFE), stride=4, groups=4),
}
PLAN = Plan(steps=2500, batch=24)
COMMIT = 0.25  # weight of the latents' distance to their codes (beta of van den Oord et al. 2017)


def train(motion: Path, run: Path, shapes: dict[str, Shape], plan: Plan, threads: int, progress: Progress) -> Path:
    """Train until plan.steps are done; returns the file of the weights."""
    torch.set_num_threads(threads)
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    torch.manual_seed(plan.seed)
    codecs = nn.ModuleDict({name: Codec(shape) for name, shape in shapes.items()}).to(device)
    seen = nn.ModuleDict({name: Seen(part) for name, part in PARTS.items()}).to(device)
    known = Motions.read(motion, held_out=False)
    examples = [whole.to(device) for (whole,) in some(Motions.read(motion, held_out=True), 8, plan.batch, plan.frames)]

    def losses(batch: Batch) -> tuple[torch.Tensor, dict[str, float]]:
        of = {name: _loss(codecs[name], seen[name], batch[0][..., list(PARTS[name])]) for name in codecs}
        return sum(of.values()), {name: float(value.detach()) for name, value in of.items()}

    fit(
        "codec", run, codecs, plan, lambda first: known.batches(plan.seed, first, plan.batch, plan.frames), losses,
        lambda: check(codecs, seen, examples), progress,
    )  # fmt: skip
    return save_codecs(codecs, run / "codec.safetensors", {"plan": asdict(plan)})


def _loss(codec: Codec, seen: Seen, part: torch.Tensor) -> torch.Tensor:
    z = codec.encode(part)
    codes = codec.book.nearest(z.detach())
    vectors = codec.book.look_up(codes)
    codec.book.learn(z.detach().flatten(0, 1), codes.flatten(0, 1))
    straight = z + (vectors - z).detach()  # the gradient passes the codes by (section 3.2)
    return seen(codec.decode(straight), part) + COMMIT * (z - vectors.detach()).square().mean()


def check(codecs: nn.ModuleDict, seen: nn.ModuleDict, examples: list[torch.Tensor]) -> dict[str, float]:
    """Loss of each part through its codes, and how many codes are in use (the exponential of their entropy)."""
    found = {}
    with torch.inference_mode():
        for name, codec in codecs.items():
            counts = torch.zeros(codec.book.vectors.shape[:2])
            total = 0.0
            for whole in examples:
                part = whole[..., list(PARTS[name])]
                codes = codec.book.nearest(codec.encode(part))
                total += float(seen[name](codec.decode(codec.book.look_up(codes)), part)) / len(examples)
                for group in range(len(counts)):
                    counts[group] += torch.bincount(codes[..., group].flatten().cpu(), minlength=counts.shape[1])
            share = counts / counts.sum(1, keepdim=True).clamp(min=1)
            entropy = -(share * share.clamp(min=1e-9).log()).sum(1)
            found |= {name: total, f"{name} codes": float(entropy.exp().mean())}
    return found
