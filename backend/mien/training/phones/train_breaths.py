# SPDX-License-Identifier: GPL-3.0-or-later
"""Trains the breath detector: `mien train breaths CORPUS RUN`.

The phone recogniser that ships analyses a fixed number of examples (`breaths.py`), of voices that train and of those
held out; its output is kept in the run's folder. On that the small network learns, by binary cross-entropy of the
frames whose label is certain.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import torch
from torch.nn import functional

from mien.engines.base import Progress
from mien.files.atomic import write_whole
from mien.files.safetensors import read_tensors, write_tensors
from mien.settings import SettingsError
from mien.speech_analysis.inventory import folding
from mien.speech_analysis.network.breath import INPUTS, BreathNetwork, bands_of, breath_features, save
from mien.speech_analysis.network.features import log_mel, padded
from mien.speech_analysis.network.inference import recogniser
from mien.speech_analysis.network.model import FLAGS
from mien.training.loop import Batch, Training, TrainingConfig, run_training, set_up_torch
from mien.training.model_card import speech_data, write_card
from mien.training.phones.breaths import BreathExample, example
from mien.training.phones.dataset import Dataset
from mien.training.weight_average import WeightAverage

BREATH_WEIGHT = 2.0  # of a frame with a breath: there are ten times as many without


@dataclass(frozen=True)
class BreathConfig(TrainingConfig):
    """Configuration of the training; `examples` of `length` seconds are made, a tenth as many to measure on."""

    steps: int = 3000
    batch: int = 16
    seconds: float = 6.0
    rate: float = 3e-3
    decay: float = 0.01
    examples: int = 1000
    length: float = 12.0
    mean: float = 0.995  # decay of the running mean of the weights


def train(corpus: Path, run: Path, config: BreathConfig, threads: int, progress: Progress) -> Path:
    """Train the network; returns the weights file, with a card beside it. SettingsError where the corpus has no voices
    to train on, and as of `run_training`."""
    run.mkdir(parents=True, exist_ok=True)
    weights_file = run / "breath.safetensors"
    device = set_up_torch(config.seed, threads)
    dataset, held_out = Dataset.read(corpus, held_out=False), Dataset.read(corpus, held_out=True)
    if not dataset.units:
        raise SettingsError(f"{corpus} has no voices to train on; build a corpus first: mien corpus build.")
    known = _examples(run / "heard.safetensors", dataset, config, config.examples, 0, progress)
    unknown = held_out if held_out.units else dataset
    other = _examples(run / "heard_held_out.safetensors", unknown, config, max(1, config.examples // 10), 1, progress)
    network, mean_network = BreathNetwork().to(device), BreathNetwork().to(device)
    average = WeightAverage(mean_network, network, config.mean)

    def losses(batch: Batch, step: int) -> dict[str, torch.Tensor]:
        inputs, target, weight = batch
        weight = weight * (1 + (BREATH_WEIGHT - 1) * target)
        entropy = functional.binary_cross_entropy_with_logits(network(inputs), target, weight, reduction="sum")
        return {"breath": entropy / weight.sum().clamp(min=1)}

    training = Training(
        "breath", network, lambda first: _batches(known, config, first), losses,
        lambda: evaluate(mean_network.eval(), other), average=average, settings={"inputs": INPUTS},
        saved=lambda step: save(mean_network, weights_file, {"steps": f"{step} of {config.steps}"}),
    )  # fmt: skip
    minutes = run_training(training, config, run, progress)
    save(mean_network, weights_file, {"steps": f"{config.steps} of {config.steps}"})
    write_card(
        weights_file, "Weights of Mien's breath detector: recognised phones to where somebody breathes.",
        "docs/phones.md: mien corpus build, then mien train breaths", speech_data(dataset.units),
        {"minutes": round(minutes, 1), "device": device.type, **asdict(config)},
        {f"held_out_{name}": value for name, value in evaluate(mean_network, other).items()},
        {"inputs": INPUTS},
    )  # fmt: skip
    return weights_file


def features_of(made: BreathExample) -> np.ndarray:
    """(T, INPUTS) of the sound of an example, as `inference.probabilities_of` gives them for a whole sound."""
    with torch.inference_mode():
        mel = log_mel(padded(torch.from_numpy(made.samples[None])))
        sounds, flags = recogniser()(mel)
        posteriors = torch.softmax(sounds[0], -1).numpy() @ folding()
        voice = torch.sigmoid(flags[0, :, FLAGS.index("voice")]).numpy()
    return breath_features(bands_of(mel[0].numpy()), posteriors, voice)


def evaluate(network: BreathNetwork, examples: dict[str, np.ndarray]) -> dict[str, float]:
    """Precision and recall of frames at a probability of 0.5, and the share of pause frames taken for a breath."""
    with torch.inference_mode():
        logits = network(torch.from_numpy(examples["inputs"].astype(np.float32)).transpose(1, 2)).numpy()
    found, truth, certain = logits > 0, examples["target"] > 0, examples["weight"] > 0
    hits = float((found & truth & certain).sum())
    return {
        "precision": hits / max(1.0, float((found & certain).sum())),
        "recall": hits / max(1.0, float((truth & certain).sum())),
    }


def _examples(
    path: Path, dataset: Dataset, config: BreathConfig, count: int, which: int, progress: Progress
) -> dict[str, np.ndarray]:
    """inputs (N, T, INPUTS), target and weight (N, T) of `count` examples, made once and kept in a file."""
    if not path.exists():
        rows: list[tuple[np.ndarray, np.ndarray, np.ndarray]] = []
        for i in range(count):
            made = example(dataset, np.random.default_rng([config.seed, which, i]), config.length)
            rows.append((features_of(made).astype(np.float16), made.target, made.weight))
            progress(0.0, f"analysing {i + 1} of {count}")
        inputs, target, weight = (np.stack(column) for column in zip(*rows, strict=True))
        write_whole(path, write_tensors({"inputs": inputs, "target": target, "weight": weight}, {}))
    return read_tensors(path)[0]


def _batches(examples: dict[str, np.ndarray], config: BreathConfig, first: int) -> Iterator[Batch]:
    """Endless (inputs (B, INPUTS, T), target (B, T), weight (B, T)), the same for the same seed and step."""
    count, length = examples["target"].shape
    frames = min(length, int(config.seconds * 100))
    step = first
    while True:
        rng = np.random.default_rng([config.seed, 2, step])
        rows = rng.integers(0, count, config.batch)
        begins = rng.integers(0, length - frames + 1, config.batch)

        def clips(name: str, rows=rows, begins=begins) -> torch.Tensor:
            cut = [examples[name][row, begin : begin + frames] for row, begin in zip(rows, begins, strict=True)]
            return torch.from_numpy(np.stack(cut).astype(np.float32))

        yield clips("inputs").transpose(1, 2), clips("target"), clips("weight")
        step += 1
