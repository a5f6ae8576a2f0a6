# SPDX-License-Identifier: GPL-3.0-or-later
"""Trains the network of stage 1 on synthetic speakers: `mien train personatalk CORPUS CLIPS RUN`."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch

from mien.engines.base import Progress
from mien.engines.personatalk.geometry.audio_features import PHONETIC
from mien.engines.personatalk.geometry.network import GeometryConfig, GeometryNetwork
from mien.engines.personatalk.geometry.weights import save
from mien.engines.personatalk.mouth_space import POINTS
from mien.training.loop import Batch, Training, TrainingConfig, mean_losses, run_training, set_up_torch
from mien.training.model_card import corpus_data, training_note, write_card
from mien.training.personatalk.clips import Clip, read_clips
from mien.training.personatalk.dataset import SpeakerDataset, voice_rows
from mien.training.personatalk.speakers import lip_gap_of
from mien.training.weight_average import WeightAverage

CONFIG = TrainingConfig(steps=3000, batch=6, seconds=16.0, rate=1.5e-3, decay=0.02)
WEIGHTS = {"mouth": 1.0, "general": 0.3, "opening": 0.3, "speed": 0.15, "style": 0.03}  # of the losses
AVERAGE = 0.995  # decay of the mean weights
HELD_OUT_BATCHES = 8
SEED = 1000  # of the speakers that are held out
LEAST = 0.05  # smallest deviation that a feature is divided by
NAME = "personatalk"


def losses_of(network: torch.nn.Module, batch: Batch) -> dict[str, torch.Tensor]:
    """Mean distances on the frames that are wanted for, in the speaker's spread."""
    assert isinstance(network, GeometryNetwork)
    audio, at, mouth, known, wanted, style = batch
    made, general, predicted = network(audio, at, mouth, known)
    both = wanted[:, 1:] & wanted[:, :-1]

    def distance(values: torch.Tensor, where: torch.Tensor) -> torch.Tensor:
        return ((values.square().sum(-1) + 1e-6).sqrt() * where).sum() / where.sum()

    gap = network.opening / network.opening.norm()
    return {
        "mouth": distance(made - mouth, wanted),
        "general": distance(general - mouth, wanted),
        "opening": distance(((made - mouth) @ gap)[..., None], wanted),
        "speed": distance((made - mouth).diff(dim=1), both),
        "style": (predicted - style).square().mean(),
    }


def scores_of(network: torch.nn.Module, batch: Batch) -> dict[str, torch.Tensor]:
    """Errors over that of the mean mouth, as `mien evaluate dub` counts them."""
    assert isinstance(network, GeometryNetwork)
    audio, at, mouth, known, wanted, style = batch
    made, general, predicted = network(audio, at, mouth, known)
    mean = (mouth.norm(dim=-1) * wanted).sum(1)
    return {
        "error": (((made - mouth).norm(dim=-1) * wanted).sum(1) / mean).mean(),
        "error without ridge": (((general - mouth).norm(dim=-1) * wanted).sum(1) / mean).mean(),
        "style": (predicted - style).square().mean(),
    }


def new_network(config: GeometryConfig, clips: Sequence[Clip], dataset: SpeakerDataset) -> GeometryNetwork:
    """A network with the basis of the dataset, which is set, and the scale of the clips' features."""
    dataset.basis = dataset.find_basis(config.coefficients)
    network = GeometryNetwork(config, len(POINTS))
    rows = np.concatenate([voice_rows(clip) for clip in clips])
    network.basis.copy_(torch.from_numpy(dataset.basis))
    network.opening.copy_(torch.from_numpy(lip_gap_of(dataset.basis)))
    network.mean.copy_(torch.from_numpy(rows.mean(0)))
    network.mean[PHONETIC:] = 0  # what is not known is 0
    network.scale.copy_(torch.from_numpy(np.maximum(rows.std(0), LEAST)))
    return network


def train(
    corpus: Path, folder: Path, run: Path, shape: GeometryConfig, config: TrainingConfig, threads: int,
    progress: Progress,
) -> Path:  # fmt: skip
    """Train on the clips in `folder`, made of the speech of `corpus`; returns the weights file, with a card beside it.
    CorpusError where there are no clips."""
    device = set_up_torch(config.seed, threads)
    clips = read_clips(folder)
    known = [clip for clip in clips if not clip.held_out]
    dataset = SpeakerDataset(known, config.seed, config.seconds)
    network = new_network(shape, known, dataset).to(device)
    average = WeightAverage(GeometryNetwork(shape, len(POINTS)).to(device), network, AVERAGE)
    unknown = [clip for clip in clips if clip.held_out] or known
    others = SpeakerDataset(unknown, SEED, config.seconds, dataset.basis, augmented=False).batches(0, config.batch)
    held_out = [tuple(x.to(device) for x in next(others)) for _ in range(HELD_OUT_BATCHES)]

    def evaluate() -> dict[str, float]:
        return mean_losses(held_out, lambda batch: scores_of(average.network, batch))

    training = Training(
        NAME, network, lambda first: dataset.batches(first, config.batch),
        lambda batch, step: losses_of(network, batch), evaluate, WEIGHTS, average=average,
        settings={"shape": shape.as_dict()},
    )  # fmt: skip
    minutes = run_training(training, config, run, progress)
    trained = average.network
    assert isinstance(trained, GeometryNetwork)
    weights = save(trained, run / f"{NAME}.safetensors")
    write_card(
        weights, "Weights of stage 1 of PersonaTalk: a voice and a speaker's style to that speaker's mouth.",
        f"docs/dubbing.md: mien train {NAME} CORPUS CLIPS RUN", corpus_data(corpus),
        training_note(trained, config, device, minutes, clips=len(known)), evaluate(),
        shape.as_dict(),
    )  # fmt: skip
    return weights
