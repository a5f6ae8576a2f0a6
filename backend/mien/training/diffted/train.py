# SPDX-License-Identifier: GPL-3.0-or-later
"""Trains the denoiser of gestures on performances of the grammar: `mien train diffted CORPUS MOTION RUN`.

The network predicts the motion itself at diffusion times spread evenly, by squared error; the change from frame to
frame counts besides (Tevet et al. 2023, section 3: geometric losses), so that hands at rest are still.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch

from mien.engines.base import Progress
from mien.engines.diffted.denoiser.motion_space import END, HAND, SIZE
from mien.engines.diffted.denoiser.network import FRAMES, SEED, GestureConfig, GestureDenoiser
from mien.engines.diffted.denoiser.noise_schedule import START, diffused
from mien.engines.diffted.denoiser.weights import save
from mien.training.diffted.dataset import GestureDataset
from mien.training.examples import held_out_batches
from mien.training.loop import Batch, Training, TrainingConfig, mean_losses, run_training, set_up_torch
from mien.training.model_card import corpus_data, training_note, write_card
from mien.training.weight_average import WeightAverage

CONFIG = TrainingConfig(steps=2640, batch=32, seconds=FRAMES / 25, rate=8e-4, decay=0.01)
LEAST = 0.02  # smallest deviation that a number is divided by
WEIGHTS = {"numbers": 1.0, "change": 4.0}  # of the losses
WRISTS, CURLS = 2.0, 0.4  # weight of these numbers beside the others
AVERAGE = 0.998  # decay of the mean weights


def train(
    corpus: Path, motion: Path, run: Path, shape: GestureConfig, config: TrainingConfig, threads: int,
    progress: Progress,
) -> Path:  # fmt: skip
    """Train the network; returns the weights file, with a card beside it. `motion` has the gestures of the speech
    corpus `corpus` (`dataset.perform`)."""
    device = set_up_torch(config.seed, threads)
    known, unknown = (GestureDataset.read(corpus, motion, held_out) for held_out in (False, True))
    network = new_network(shape, known).to(device)
    average = WeightAverage(new_network(shape, known).to(device), network, AVERAGE)
    held_out = held_out_batches(unknown, config.batch, FRAMES, device)

    def evaluate() -> dict[str, float]:
        return mean_losses(
            held_out, lambda batch: losses_of(average.network, batch) | from_noise(average.network, batch)
        )

    name = "diffted"
    training = Training(
        name, network, lambda first: known.batches(config.seed, first, config.batch, FRAMES),
        lambda batch, step: losses_of(network, batch), evaluate, WEIGHTS, average=average,
        settings={"shape": shape.as_dict()},
    )  # fmt: skip
    minutes = run_training(training, config, run, progress)
    trained = average.network
    assert isinstance(trained, GestureDenoiser)
    performances = sum(len(unit.numbers) for unit in known.units)
    note = training_note(trained, config, device, minutes, performances=performances)
    weights = save(trained, run / f"{name}.safetensors", note)
    write_card(
        weights, "Weights of the gestures' denoiser: a voice, a person and a direction to two moving hands.",
        "docs/gestures.md: mien corpus build, train diffted",
        corpus_data(corpus), note,
        evaluate(), shape.as_dict(),
    )  # fmt: skip
    return weights


def new_network(shape: GestureConfig, known: GestureDataset) -> GestureDenoiser:
    """A network of these sizes, with the mean and deviation of the numbers as the dataset has them."""
    network = GestureDenoiser(shape)
    mean, deviation = known.mean_and_deviation()
    network.mean.copy_(torch.from_numpy(mean))
    network.scale.copy_(torch.from_numpy(np.maximum(deviation, LEAST)))
    return network


def losses_of(network: torch.nn.Module, batch: Batch) -> dict[str, torch.Tensor]:
    """Of a batch of `GestureDataset.batches`."""
    assert isinstance(network, GestureDenoiser)
    numbers, features, times, noise, use_sound = batch
    motion = (numbers - network.mean) / network.scale
    predicted = network(diffused(motion, times, noise), times, features, motion[:, :SEED], use_sound)
    return _errors(predicted, motion)


def from_noise(network: torch.nn.Module, batch: Batch) -> dict[str, torch.Tensor]:
    """What the first step of sampling errs by: what sound and seed say of the motion."""
    assert isinstance(network, GestureDenoiser)
    numbers, features, times, noise, _ = batch
    motion, start = (numbers - network.mean) / network.scale, torch.full_like(times, START)
    predicted = network(noise, start, features, motion[:, :SEED], torch.ones_like(times, dtype=torch.bool))
    return {f"{name} from noise": value for name, value in _errors(predicted, motion).items()}


def _errors(predicted: torch.Tensor, motion: torch.Tensor) -> dict[str, torch.Tensor]:
    weight = torch.ones(HAND)
    weight[:3], weight[9:END] = WRISTS, CURLS
    weight = weight.repeat(SIZE // HAND).to(motion.device)
    apart = predicted - motion
    return {
        "numbers": (weight * apart.square()).mean(),
        "change": (weight * apart.diff(dim=1).square()).mean(),
    }
