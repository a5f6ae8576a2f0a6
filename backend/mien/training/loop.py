# SPDX-License-Identifier: GPL-3.0-or-later
"""The training loop of every network: AdamW, warm-up and cosine decay of the learning rate, clipped gradients, a
running mean of the weights where one is wanted, checkpoints, a log.

A new training is a dataset (`examples.Dataset`), its losses, and a module in `mien.cli.train`.
"""

from __future__ import annotations

import csv
import functools
import math
import operator
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path

import torch
from torch import nn

from mien.engines.base import Progress
from mien.training.run_checkpoint import RunCheckpoint
from mien.training.weight_average import WeightAverage

EVALUATE, LOG = 200, 20  # steps between evaluations on held-out examples, and between lines of the log
SAVE = 120  # seconds between checkpoints
WARM = 100  # steps in which the learning rate rises
BETAS, CLIP = (0.9, 0.98), 1.0  # of AdamW; largest norm of the gradients
COLUMNS = ("step", "minutes", "what", "value")  # of the log
HELD_OUT = "held out "  # before the name of a loss in the log

Batch = tuple[torch.Tensor, ...]


@dataclass(frozen=True)
class TrainingConfig:
    """Length, batch, learning rate and seed of a training; kept in the weights file and its card."""

    steps: int
    batch: int  # examples
    seconds: float = 6.4  # of an example
    rate: float = 1e-3  # the highest learning rate
    decay: float = 0.01  # weight decay
    seed: int = 0

    @property
    def frames(self) -> int:
        """Frames of an example at 25 a second, a multiple of 4 so that every code of ProbTalk3D is whole."""
        return round(self.seconds * 25) // 4 * 4

    def rate_at(self, step: int) -> float:
        """Learning rate of a step: rises linearly, falls along a cosine."""
        return self.rate * min(1.0, (step + 1) / WARM) * (0.5 + 0.5 * math.cos(math.pi * step / self.steps)) + 1e-6


@dataclass(frozen=True, eq=False)
class Training:
    """What is trained, on what, towards what.

    name: the run has NAME.pt (checkpoint) and NAME.csv (log). network: on its device. batches: from a step on, endless,
    the batch of a step the same in every run. losses: of a batch at a step, by name; their sum, each times its weight
    in `weights` (1 where it has none), is minimised. evaluate: values on held-out examples, by name. average: takes up
    the weights after each step. file_names: of modules in the checkpoint, where they differ from the code's. settings:
    what must not change within a run besides the config, as JSON-like values. renewed: before each step, new batches
    from that step on where the data have changed, else None. saved: called after each checkpoint, with its step.
    """

    name: str
    network: nn.Module
    batches: Callable[[int], Iterator[Batch]]
    losses: Callable[[Batch, int], dict[str, torch.Tensor]]
    evaluate: Callable[[], dict[str, float]]
    weights: Mapping[str, float] = field(default_factory=dict)
    average: WeightAverage | None = None
    file_names: Mapping[str, str] = field(default_factory=dict)
    settings: Mapping[str, object] = field(default_factory=dict)
    renewed: Callable[[int], Iterator[Batch] | None] = lambda step: None
    saved: Callable[[int], None] = lambda step: None


def set_up_torch(seed: int, threads: int) -> torch.device:
    """Seed and threads of a training; returns the device to train on, the GPU where there is one."""
    torch.set_num_threads(threads)
    torch.manual_seed(seed)
    return torch.device("cuda" if torch.cuda.is_available() else "cpu")


def run_training(training: Training, config: TrainingConfig, run: Path, progress: Progress) -> float:
    """Train until config.steps are done, from the checkpoint in the folder `run` where there is one; returns the
    minutes that all steps took.

    A run that was stopped goes on with the batches and the random numbers of one that was not. SettingsError where its
    checkpoint is damaged, was begun with other settings, or has more steps.
    """
    run.mkdir(parents=True, exist_ok=True)
    network, checkpoint = training.network, RunCheckpoint(run / f"{training.name}.pt", training.file_names)
    device = next(network.parameters()).device
    optimiser = torch.optim.AdamW(network.parameters(), lr=config.rate, weight_decay=config.decay, betas=BETAS)
    settings = {**asdict(config), **training.settings}
    step, spent = checkpoint.resume(network, optimiser, training.average, settings)
    batches = training.batches(step)
    checkpoint.restore_random_state()  # last: a DataLoader draws a number when it starts
    began = saved = time.monotonic()
    while step < config.steps:
        if (renewed := training.renewed(step)) is not None:
            batches = renewed
        for group in optimiser.param_groups:
            group["lr"] = config.rate_at(step)
        network.train()
        losses = training.losses(tuple(tensor.to(device) for tensor in next(batches)), step)
        optimiser.zero_grad(set_to_none=True)
        weighted_sum(losses, training.weights).backward()
        torch.nn.utils.clip_grad_norm_(network.parameters(), CLIP)
        optimiser.step()
        step += 1
        if training.average is not None:
            training.average.update(network, step)
        seconds = spent + time.monotonic() - began
        values = {name: float(loss.detach()) for name, loss in losses.items()}
        progress(step / config.steps, ", ".join(f"{name} {value:.3f}" for name, value in values.items()))
        last = step == config.steps
        if step % LOG == 0 or last:
            network.eval()
            held_out = training.evaluate() if step % EVALUATE == 0 or last else {}
            values |= {HELD_OUT + name: value for name, value in held_out.items()}
            _log(run / f"{training.name}.csv", step, seconds / 60, values)
        if time.monotonic() - saved > SAVE or last:
            saved = time.monotonic()
            checkpoint.save(step, seconds, network, optimiser, training.average, settings)
            training.saved(step)
    network.eval()
    return (spent + time.monotonic() - began) / 60


def weighted_sum(losses: Mapping[str, torch.Tensor], weights: Mapping[str, float]) -> torch.Tensor:
    """Sum of the losses, each times its weight, 1 where it has none."""
    return functools.reduce(operator.add, (weights.get(name, 1.0) * loss for name, loss in losses.items()))


def mean_losses(batches: Iterable[Batch], losses: Callable[[Batch], Mapping[str, torch.Tensor]]) -> dict[str, float]:
    """Means of the losses over some batches, without gradients; {} where there are none."""
    batches = list(batches)
    means: dict[str, float] = {}
    with torch.inference_mode():
        for batch in batches:
            for name, loss in losses(batch).items():
                means[name] = means.get(name, 0.0) + float(loss) / len(batches)
    return means


def _log(path: Path, step: int, minutes: float, values: Mapping[str, float]) -> None:
    """Append a row for each value."""
    with path.open("a", newline="", encoding="utf-8") as file:
        if file.tell() == 0:
            csv.writer(file).writerow(COLUMNS)
        csv.writer(file).writerows((step, round(minutes, 2), name, round(value, 4)) for name, value in values.items())
