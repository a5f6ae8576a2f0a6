# SPDX-License-Identifier: GPL-3.0-or-later
"""Trains EMOdiffhead on performances of both kinds: `mien train emodiffhead CORPUS MOTION RUN`.

The network predicts the motion itself (Ramesh et al. 2022, section 2.2) at diffusion times spread evenly, by squared
error, whose minimum is the mean that the solver needs. A number counts as far as it moves the face; the change from
frame to frame and the lip aperture count besides (Tevet et al. 2023, section 3: geometric losses).
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from pathlib import Path

import numpy as np
import torch

from mien.engines.base import Progress
from mien.engines.emodiffhead.flame_space import FlameRetargeter, space_of
from mien.engines.emodiffhead.network import FILE_NAMES, Denoiser, DenoiserConfig
from mien.engines.emodiffhead.noise_schedule import START, diffused
from mien.engines.emodiffhead.weights import load, save
from mien.engines.neural.motion_space import MotionSpace, channel_space
from mien.heads.flame import Flame
from mien.training.emodiffhead.dataset import ExpressionDataset
from mien.training.examples import held_out_batches
from mien.training.initial_weights import digest_of, load_into
from mien.training.loop import Batch, Training, TrainingConfig, mean_losses, run_training, set_up_torch
from mien.training.model_card import corpus_data, write_card
from mien.training.motion_loss import MotionLoss, motion_loss_of

CONFIG = TrainingConfig(steps=2600, batch=12, rate=6e-4, decay=0.01)
WEIGHTS = {"numbers": 1.0, "change": 3.0, "gap": 0.1}  # of the losses: at the start the first is most of the sum
APERTURE = 3.0  # mm: about the standard deviation of the lip aperture
LEAST = 0.1  # smallest deviation that a number is divided by: one that is still in speech may move in an expression


@dataclass(frozen=True)
class Ablation:
    """What of the data a training does without: on emotional speech alone where `emotion_free` is False; on only every
    so many units of emotional speech."""

    emotion_free: bool = True
    every: int = 1


WHOLE = Ablation()


def train(
    corpus: Path, motion: Path, run: Path, shape: DenoiserConfig, config: TrainingConfig, threads: int,
    progress: Progress, ablation: Ablation = WHOLE, flame: Flame | None = None, initial: Path | None = None,
) -> Path:  # fmt: skip
    """Train the denoiser, from the weights `initial` where they are given; returns the weights file, with a card
    beside it.

    `motion` are the performances of the speech corpus `corpus` and their audio features. With `flame` the network
    learns its parameters in place of the channels; FlameError where that has no landmarks.
    """
    device = set_up_torch(config.seed, threads)
    space, retarget = (channel_space(), None) if flame is None else (space_of(flame), FlameRetargeter(flame))
    known = ExpressionDataset.read(motion, False, ablation.emotion_free, retarget, ablation.every)
    network = new_denoiser(replace(shape, motion=space.size), known).to(device)
    if initial is not None:
        load_into(network, load(initial, space.flame), initial, without=("mean", "scale", "lift"))
    unknown = ExpressionDataset.read(motion, held_out=True, emotion_free=False, retarget=retarget)
    held_out = held_out_batches(unknown, config.batch, config.frames, device)
    loss = DenoisingLoss(space).to(device)

    def evaluate() -> dict[str, float]:
        return mean_losses(held_out, lambda batch: loss(network, batch) | from_noise(network, loss, batch))

    settings = {
        "shape": network.config.as_dict(),
        **asdict(ablation),
        "flame": space.flame,
        "initial": digest_of(initial),
    }
    training = Training(
        "emodiffhead", network, lambda first: known.batches(config.seed, first, config.batch, config.frames),
        lambda batch, step: loss(network, batch), evaluate, WEIGHTS, file_names=FILE_NAMES.modules,
        settings=settings,
    )  # fmt: skip
    run_training(training, config, run, progress)
    notes = {
        "device": device.type, "emotion_free": ablation.emotion_free, "emotional_units": len(known.units),
        "initial": digest_of(initial), **asdict(config),
    }  # fmt: skip
    if retarget is not None:
        notes |= {"flame": space.flame, "targets_error_m": round(retarget.error, 6)}
    weights = save(network, run / "emodiffhead.safetensors", notes, space.flame)
    head = "the 52 channels" if flame is None else f"{flame.name}'s expressions and jaw"
    write_card(
        weights, f"Weights of EMOdiffhead on {head}: what is heard, a style and an expression to motion.",
        "docs/emodiffhead.md: mien corpus build, corpus perform, train emodiffhead",
        corpus_data(corpus), notes,
        evaluate(), network.config.as_dict(),
    )  # fmt: skip
    return weights


def new_denoiser(shape: DenoiserConfig, known: ExpressionDataset) -> Denoiser:
    """A network of these sizes, with the mean and deviation of the motion, and the motion of an expression, as the
    dataset has them."""
    network = Denoiser(shape)
    mean, deviation = known.mean_and_deviation()
    network.mean.copy_(torch.from_numpy(mean))
    network.scale.copy_(torch.from_numpy(np.maximum(deviation, LEAST)))
    network.lift.copy_(torch.from_numpy(known.expression_basis()))
    return network


class DenoisingLoss(torch.nn.Module):
    """Three means over a batch: the squared error of the network's numbers, weighted by how far each moves the face, of
    its change from frame to frame, and of the lip aperture in units of APERTURE."""

    mm: torch.Tensor

    def __init__(self, space: MotionSpace | None = None) -> None:
        """In a motion space, by default that of the default head's channels."""
        super().__init__()
        self.space = space or channel_space()
        self.parts = torch.nn.ModuleDict(
            {name: MotionLoss(part, self.space) for name, part in self.space.parts.items()}
        )
        self.register_buffer("mm", torch.from_numpy(self.space.mm))

    def forward(self, network: Denoiser, batch: Batch) -> dict[str, torch.Tensor]:
        """By the names of WEIGHTS, of a batch of `ExpressionDataset.batches`."""
        motion, audio, style, expression, t, noise, use_audio, use_expression = batch
        target = (motion - network.mean) / network.scale
        features = network.encode_audio(audio, style)
        noisy = diffused(target, t, noise)
        predicted = network(noisy, t, features, style, expression, use_audio, use_expression)
        size = network.scale * self.mm
        error = (predicted - target) * (size / size.mean()).sqrt()
        mouth, mouth_loss = list(self.space.parts["mouth"]), motion_loss_of(self.parts, "mouth")
        predicted_gap, true_gap = (
            mouth_loss.aperture(numbers[..., mouth]) for numbers in (network.scale * predicted + network.mean, motion)
        )
        return {
            "numbers": error.square().mean(),
            "change": error.diff(dim=1).square().mean(),
            "gap": ((predicted_gap - true_gap) / APERTURE).square().mean(),
        }


def from_noise(network: Denoiser, loss: DenoisingLoss, batch: Batch) -> dict[str, torch.Tensor]:
    """`MotionLoss`, mm, of each part of a motion predicted from noise alone: the measure of ProbTalk3D and of the
    regression."""
    motion, audio, style, expression, t, noise, _, _ = batch
    use = torch.ones_like(t, dtype=torch.bool)
    features = network.encode_audio(audio, style)
    predicted = network(noise, torch.full_like(t, START), features, style, expression, use, use)
    predicted = network.scale * predicted + network.mean
    return {
        f"{name} mm": loss.parts[name](predicted[..., list(part)], motion[..., list(part)])
        for name, part in loss.space.parts.items()
    }
