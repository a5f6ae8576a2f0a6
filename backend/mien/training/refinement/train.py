# SPDX-License-Identifier: GPL-3.0-or-later
"""Trains the refinement of portraits on drawn heads: `mien train refinement PAIRS RUN`."""

from __future__ import annotations

from pathlib import Path

from mien.engines.base import Progress
from mien.photo.refinement.network import RefinementConfig, RefinementNetwork
from mien.photo.refinement.weights import save
from mien.training.loop import Batch, Training, TrainingConfig, mean_losses, run_training, set_up_torch
from mien.training.model_card import training_note, write_card
from mien.training.refinement.dataset import PairDataset
from mien.training.refinement.loss import WEIGHTS, losses_of
from mien.training.refinement.sitters import HELD_OUT
from mien.training.weight_average import WeightAverage

CONFIG = TrainingConfig(steps=1600, batch=4, seconds=0.0, rate=1.5e-3, decay=0.01)
AVERAGE = 0.998  # decay of the mean weights
EVALUATED = 4  # every so many-th of the pairs that are held out
NAME = "refinement"
DATA = {"what": "Mixes of Mien's own identities (CC0), drawn by Mien; no picture of a person."}  # of the card


def train(
    pairs: Path, run: Path, shape: RefinementConfig, config: TrainingConfig, threads: int, progress: Progress
) -> Path:
    """Train the network on the pairs in the folder `pairs`; returns the weights file, with a card beside it.
    RefinementTrainingError where there are no pairs."""
    device = set_up_torch(config.seed, threads)
    known, unknown = (PairDataset.of(pairs / part) for part in ("known", "unknown"))
    network = RefinementNetwork(shape).to(device)
    average = WeightAverage(RefinementNetwork(shape).to(device), network, AVERAGE)
    held_out = [tuple(x.to(device) for x in batch) for batch in unknown.in_order(config.batch, EVALUATED)]

    def evaluate() -> dict[str, float]:
        return mean_losses(held_out, lambda batch: losses(average.network, batch))

    training = Training(
        NAME, network, lambda first: known.batches(config.seed, first, config.batch),
        lambda batch, step: losses(network, batch), evaluate, WEIGHTS, average=average,
        settings={"shape": shape.as_dict()},
    )  # fmt: skip
    minutes = run_training(training, config, run, progress)
    trained = average.network
    assert isinstance(trained, RefinementNetwork)
    note = training_note(
        trained, config, device, minutes, held_out_identities=list(HELD_OUT), photos=len(known.photos),
        pairs=sum(map(len, known.photos)),
    )  # fmt: skip
    weights = save(trained, run / f"{NAME}.safetensors", note)
    before = mean_losses(held_out, lambda batch: losses_of(batch[0], batch[2], batch[3], batch[6]))
    write_card(
        weights, "Weights of the refinement of portraits: a moved face to what is to be added to its colours.",
        f"docs/refinement.md: mien train {NAME} PAIRS RUN", DATA, note,
        {"unrefined": before, "refined": evaluate()}, shape.as_dict(), "held_out_losses",
    )  # fmt: skip
    return weights


def losses(network: object, batch: Batch) -> dict:
    """Of a batch of `PairDataset`."""
    assert isinstance(network, RefinementNetwork)
    moved, photo, truth, areas, condition, activity, trust = batch
    return losses_of(moved + network(moved, photo, areas, condition, activity), truth, areas, trust)
