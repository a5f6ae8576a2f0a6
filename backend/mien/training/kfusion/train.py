# SPDX-License-Identifier: GPL-3.0-or-later
"""Trains KFusion on performances and both domains of their sound: `mien train kfusion CORPUS MOTION RUN`."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch

from mien.engines.base import Progress
from mien.engines.kfusion.landmark_space import REST_MM
from mien.engines.kfusion.network import KFusion, KFusionConfig
from mien.engines.kfusion.weights import save
from mien.heads.landmark_track import default_rest
from mien.training.examples import held_out_batches
from mien.training.kfusion.dataset import LandmarkDataset
from mien.training.kfusion.faces import HELD_OUT
from mien.training.kfusion.loss import face_losses, mouth_losses
from mien.training.loop import Batch, Training, TrainingConfig, mean_losses, run_training, set_up_torch
from mien.training.model_card import corpus_data, training_note, write_card
from mien.training.weight_average import WeightAverage

CONFIG = TrainingConfig(steps=1200, batch=8, seconds=5.12, rate=1e-3, decay=0.01)
LEAST = 0.05  # mm, or rad / ROTATION_MM: smallest deviation that a number is divided by
WEIGHTS = {"mouth": 1.5, "contour": 0.5, "brows": 0.5, "eyes": 0.5, "head": 0.15, "gaze": 0.15}  # of the losses
AVERAGE = 0.995  # decay of the mean weights


def train(
    corpus: Path, motion: Path, run: Path, shape: KFusionConfig, config: TrainingConfig, threads: int,
    progress: Progress,
) -> Path:  # fmt: skip
    """Train the network; returns the weights file, with a card beside it. `motion` are the performances of the speech
    corpus `corpus` and their audio features."""
    device = set_up_torch(config.seed, threads)
    known = LandmarkDataset.read(corpus, motion, held_out=False)
    network = new_network(shape, known).to(device)
    average = WeightAverage(new_network(shape, known).to(device), network, AVERAGE)
    unknown = LandmarkDataset.read(corpus, motion, held_out=True)
    held_out = held_out_batches(unknown, config.batch, config.frames, device)
    rest = torch.from_numpy(default_rest()).to(device)

    def evaluate() -> dict[str, float]:
        return mean_losses(held_out, lambda batch: losses_of(average.network, batch, rest))

    name = "kfusion"
    training = Training(
        name, network, lambda first: known.batches(config.seed, first, config.batch, config.frames),
        lambda batch, step: losses_of(network, batch, rest), evaluate, WEIGHTS, average=average,
        settings={"shape": shape.as_dict()},
    )  # fmt: skip
    minutes = run_training(training, config, run, progress)
    trained = average.network
    assert isinstance(trained, KFusion)
    note = training_note(trained, config, device, minutes, held_out_identities=list(HELD_OUT))
    weights = save(trained, run / f"{name}.safetensors", note)
    write_card(
        weights, "Weights of KFusion: sound, a style, emotions and a face at rest to 68 moving landmarks.",
        "docs/kfusion.md: mien corpus build, corpus perform, train kfusion",
        corpus_data(corpus), note,
        evaluate(), shape.as_dict(),
    )  # fmt: skip
    return weights


def new_network(shape: KFusionConfig, known: LandmarkDataset) -> KFusion:
    """A network of these sizes, with the mean and deviation of the numbers as the dataset has them."""
    network = KFusion(shape)
    mean, deviation = known.mean_and_deviation()
    network.mean.copy_(torch.from_numpy(mean))
    least = np.full_like(deviation, LEAST)
    least[-5:] /= 100
    network.scale.copy_(torch.from_numpy(np.maximum(deviation, least)))
    return network


def losses_of(network: torch.nn.Module, batch: Batch, default: torch.Tensor) -> dict[str, torch.Tensor]:
    """Of a batch of `LandmarkDataset.batches`; `default` (68, 3) are the default head's landmarks."""
    assert isinstance(network, KFusion)
    target, prosody, phones, style, rest, noise = batch
    face, mouth = network.encode(prosody, phones, style, rest)
    draws = torch.stack([network.decode(face, mouth, curves) for curves in noise])
    points = default + REST_MM * rest.unflatten(-1, (-1, 3))
    return mouth_losses(draws[0], target, points) | face_losses(draws, target)
