# SPDX-License-Identifier: GPL-3.0-or-later
"""Trains stage 1 of ProbTalk3D on performances: `mien train codec MOTION RUN`.

Two codecs learn side by side, one of the mouth and one of the rest of the face, each to reconstruct motion from its
codes. The codebooks learn as running means (`Codebook.learn`), the encoders and decoders by gradients.
"""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

import torch
from torch import nn

from mien.engines.base import Progress
from mien.engines.neural.motion_space import MOUTH, NONVERBAL, PARTS
from mien.engines.probtalk3d.codec import FILE_NAMES, Codec, CodecConfig, codec_of
from mien.engines.probtalk3d.weights import load_codecs, save_codecs
from mien.training.examples import held_out_batches
from mien.training.initial_weights import digest_of, load_into
from mien.training.loop import Batch, Training, TrainingConfig, run_training, set_up_torch
from mien.training.motion_loss import MotionLoss, motion_loss_of
from mien.training.probtalk3d.dataset import MotionDataset

SHAPES = {
    "mouth": CodecConfig(numbers=len(MOUTH), stride=1, groups=4),
    "life": CodecConfig(numbers=len(NONVERBAL), stride=4, groups=4),
}
CONFIG = TrainingConfig(steps=2500, batch=24)
COMMITMENT = 0.25  # weight of the latents' distance to their codes (beta of van den Oord et al. 2017)


def train(
    motion: Path, run: Path, shapes: dict[str, CodecConfig], config: TrainingConfig, threads: int, progress: Progress,
    initial: Path | None = None,
) -> Path:  # fmt: skip
    """Train both codecs, from those of the weights `initial` where they are given; returns the weights file."""
    device = set_up_torch(config.seed, threads)
    codecs = nn.ModuleDict({name: Codec(shape) for name, shape in shapes.items()}).to(device)
    if initial is not None:
        load_into(codecs, load_codecs(initial), initial)
        for name in codecs:
            codebook = codec_of(codecs, name).codebook
            codebook.weigh(config.batch * config.frames / shapes[name].stride / shapes[name].codes)
    motion_losses = nn.ModuleDict({name: MotionLoss(part) for name, part in PARTS.items()}).to(device)
    known = MotionDataset.read(motion, held_out=False)
    held_out = held_out_batches(MotionDataset.read(motion, held_out=True), config.batch, config.frames, device)

    def losses(batch: Batch, step: int) -> dict[str, torch.Tensor]:
        (whole,) = batch
        return {
            name: loss_of(codec_of(codecs, name), motion_loss_of(motion_losses, name), whole[..., list(PARTS[name])])
            for name in codecs
        }

    training = Training(
        "codec", codecs, lambda first: known.batches(config.seed, first, config.batch, config.frames), losses,
        lambda: evaluate(codecs, motion_losses, [whole for (whole,) in held_out]),
        file_names=FILE_NAMES.modules,
        settings={"shapes": {name: shape.as_dict() for name, shape in shapes.items()}, "initial": digest_of(initial)},
    )  # fmt: skip
    run_training(training, config, run, progress)
    return save_codecs(codecs, run / "codec.safetensors", {"plan": asdict(config), "initial": digest_of(initial)})


def loss_of(codec: Codec, motion_loss: MotionLoss, part: torch.Tensor) -> torch.Tensor:
    """Reconstruction and commitment loss of one codec on its part of the motion, (B, F, C); its codebook learns too."""
    z = codec.encode(part)
    codes = codec.codebook.nearest(z.detach())
    vectors = codec.codebook.look_up(codes)
    codec.codebook.learn(z.detach().flatten(0, 1), codes.flatten(0, 1))
    quantised = z + (vectors - z).detach()  # straight-through gradient (section 3.2)
    return motion_loss(codec.decode(quantised), part) + COMMITMENT * (z - vectors.detach()).square().mean()


def evaluate(codecs: nn.ModuleDict, motion_losses: nn.ModuleDict, motions: list[torch.Tensor]) -> dict[str, float]:
    """Reconstruction loss of each codec on motions (B, F, 57), and its codes in use: the exponential of their
    entropy."""
    means: dict[str, float] = {}
    with torch.inference_mode():
        for name in codecs:
            codec, motion_loss = codec_of(codecs, name), motion_loss_of(motion_losses, name)
            counts = torch.zeros(codec.codebook.vectors.shape[:2])
            total = 0.0
            for whole in motions:
                part = whole[..., list(PARTS[name])]
                codes = codec.codebook.nearest(codec.encode(part))
                total += float(motion_loss(codec.decode(codec.codebook.look_up(codes)), part)) / len(motions)
                for group in range(len(counts)):
                    counts[group] += torch.bincount(codes[..., group].flatten().cpu(), minlength=counts.shape[1])
            share = counts / counts.sum(1, keepdim=True).clamp(min=1)
            entropy = -(share * share.clamp(min=1e-9).log()).sum(1)
            means |= {name: total, f"{name} codes": float(entropy.exp().mean())}
    return means
